"""The byte routes without a server, for a notebook and for pages in one file."""

import asyncio
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

from app import loaders
from app.in_process import place_of
from hem_core.store.run import open_run


def test_a_route_answers_as_the_server_does_also_inside_an_event_loop(whole_workspace):
    place = place_of(open_run(whole_workspace / "runs" / "tiny"))

    async def notebook():
        return place.ask("GET", "/hem/ids/tiny?rows=2,0")

    with ThreadPoolExecutor(1) as thread:  # a loop of its own, also after tests that left one running in this thread
        answer = thread.submit(asyncio.run, notebook()).result()
    assert (answer.status, json.loads(answer.body)) == (200, ["e02", "e00"])
    assert place.ask("GET", "/hem/ids/tiny?rows=x").status == 400
    assert place.ask("GET", "/hem/static/plotly.min.js").body.endswith(b"}));")


def test_a_post_has_its_body_read(whole_workspace):
    run = open_run(whole_workspace / "runs" / "tiny")
    place = place_of(run)
    with place.entered():
        from app.wire.identity import identity

        body = {**identity(run.examples), "fingerprint": run.fingerprint, "rule": {"all": [{"rows": ["e07"]}]}}
    answer = place.ask("POST", "/hem/csv", json.dumps(body).encode())
    assert answer.body.decode().splitlines()[1].startswith("e07,")


def test_two_workspaces_are_read_beside_each_other(whole_workspace, workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    other = place_of(open_run(workspace() / "runs" / "tiny"))
    with other.entered():
        assert loaders.folder() == other.folder.resolve()
    assert loaders.folder() == whole_workspace.resolve()


def test_a_run_in_no_workspace_is_shown_and_nothing_is_written_beside_it(whole_workspace, tmp_path):
    shutil.copytree(whole_workspace / "runs" / "tiny", tmp_path / "alone")
    place = place_of(open_run(tmp_path / "alone"))
    assert not place.is_kept
    assert json.loads(place.ask("GET", "/hem/ids/alone?rows=1").body) == ["e01"]
    assert [path.name for path in tmp_path.iterdir()] == ["alone"]
