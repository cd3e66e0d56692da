import shutil

import pytest

from hem_core.errors import RunError
from hem_core.store.atomic import write_json
from hem_core.store.run import open_run
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
    runs, broken = workspace.listing()
    assert ([run.name for run in runs], broken) == (["tiny"], workspace.broken())
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


def test_the_arms_of_a_retraining_stay_inside_it(fresh, edit_info, tmp_path):
    for name, created, data in (
        ("hard-v1-control", "2026-05-01", "tiny-data-test"),
        ("hard-v1-curated", "2026-05-02", "tiny-data-test"),
        ("hard-v1-random", "2026-05-03", "tiny-data"),  # somebody's own, over other data
        ("hard-v1", "2026-04-01", "tiny-data"),
    ):
        edit_info(shutil.copytree(fresh, tmp_path / "runs" / name), created=created, data={"name": data})
    write_json(tmp_path / "retrains" / "hard-v1" / "plan.json", {"arms": ["control", "random", "curated"]})
    workspace = open_workspace(tmp_path)
    assert [run.name for run in workspace.runs()] == ["hard-v1-random", "hard-v1", "tiny"]
    assert len(workspace.runs(with_arms=True)) == 5
    assert workspace.retraining_of(workspace.run("hard-v1-curated")) == "hard-v1"
    assert workspace.retraining_of(workspace.run("hard-v1-random")) is None
    with pytest.raises(RunError, match=r"there are: hard-v1-random, hard-v1, tiny$"):
        workspace.run("other")
    with pytest.raises(RunError) as error:
        open_run(tmp_path)
    assert "hard-v1-control" not in str(error.value)


def test_a_plan_that_cannot_be_read_hides_no_run(fresh, tmp_path):
    write_json(tmp_path / "retrains" / "tiny" / "plan.json", ["arms"])
    assert [run.name for run in open_workspace(tmp_path).runs()] == ["tiny"]
