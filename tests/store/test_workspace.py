import shutil

import pytest

from hem_core.errors import RunError
from hem_core.store.workspace import open_workspace


def test_runs_are_newest_first_and_growing_ones_are_among_them(fresh, edit_info, tmp_path):
    newer, growing = (shutil.copytree(fresh, tmp_path / "runs" / name) for name in ("newer", "growing"))
    edit_info(newer, created="2026-05-01T00:00:00Z")
    edit_info(growing, created="2026-04-01T00:00:00Z", status="running", n=None)
    workspace = open_workspace(tmp_path)
    assert [(run.name, run.is_complete, run.n) for run in workspace.runs()] == [
        ("newer", True, 60),
        ("growing", False, 0),
        ("tiny", True, 60),
    ]
    assert workspace.run("newer").info["created"] == "2026-05-01T00:00:00Z"
    with pytest.raises(RunError, match="is not complete"):
        workspace.run("growing")
    with pytest.raises(RunError, match=r"no run 'old' in .*; there are: newer, growing, tiny"):
        workspace.run("old")
    with pytest.raises(RunError, match=r"no run '../tiny'"):
        workspace.run("../tiny")


def test_a_broken_run_does_not_hide_the_others(fresh, tmp_path):
    (tmp_path / "runs" / "bad").mkdir()
    (tmp_path / "runs" / "bad" / "run.json").write_text("[]")
    workspace = open_workspace(tmp_path)
    assert [run.name for run in workspace.runs()] == ["tiny"]
    assert list(workspace.broken()) == ["bad"]
    with pytest.raises(RunError, match="cannot be read"):
        workspace.run("bad")


def test_an_empty_folder_is_a_workspace_and_a_run_leads_to_its_own(fresh, tmp_path):
    (tmp_path / "empty").mkdir()
    empty = open_workspace(tmp_path / "empty")
    assert (empty.runs(), empty.sets()) == ([], {})
    with pytest.raises(RunError, match="there is none yet"):
        empty.run("any")
    assert open_workspace(fresh).folder == tmp_path.resolve()
    with pytest.raises(RunError, match=r"no folder .*hem demo --workspace"):
        open_workspace(tmp_path / "nowhere")
    alone = shutil.copytree(fresh, tmp_path / "alone")
    with pytest.raises(RunError, match=r"is in no workspace.*move it to WORKSPACE/runs/alone"):
        open_workspace(alone)


def test_the_tag_log_of_a_workspace_is_one_object(tmp_path):
    log = open_workspace(tmp_path).tags()
    log.add("data", ["a"], "hard", who="me")
    assert open_workspace(tmp_path).tags() is log
    assert (tmp_path / "tags.sqlite").exists()
