"""What a post is about: a verdict never lands on another workspace's examples, nor on other examples of one name."""

import json
import os
import shutil
import sqlite3

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import loaders
from app.wire import routes
from app.wire.identity import identity
from hem_core.store.atomic import write_json, write_table
from hem_core.store.fingerprint import fingerprint
from hem_core.store.workspace import open_workspace

HEADERS = {"X-HEM-Token": routes.token("a-session")}


@pytest.fixture
def served(workspace, monkeypatch):
    """The folder of a workspace of one's own and a client of its server; `show` makes it serve another folder."""
    folder = workspace()
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    return folder, TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


def page():
    """What the page of the run `tiny` sends with a verdict."""
    run = loaders.run("tiny")
    about = {**identity(run.examples), "fingerprint": run.fingerprint}
    return {**about, "who": "anna", "client": "page-1", "sequence": 1, "tag": "hard", "ids": ["e00"]}


def said(folder):
    home = open_workspace(folder)
    return home.tags().state(home.run("tiny").data).set_index("id")["tag"].to_dict()


def test_a_verdict_of_another_workspace_is_refused_and_nothing_is_written(served, tmp_path, monkeypatch):
    folder, client = served
    verdict = page()
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path / "copy"))
    for what, more in (("tags", {}), ("tags", {"ids": None, "rule": {"all": [{"tag": []}]}}), ("undo", {})):
        answer = client.post(f"/hem/{what}", json={**verdict, **more})
        assert (answer.status_code, "another workspace" in answer.json()["error"]) == (409, True)
    assert said(tmp_path / "copy") == {}
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    assert client.post("/hem/tags", json=verdict).status_code == 200
    assert said(folder) == {"e00": "hard"}


def test_a_workspace_keeps_its_name_when_moved_and_a_copy_gets_another(workspace, tmp_path):
    folder = workspace()
    name = open_workspace(folder).identity()
    shutil.copytree(folder, tmp_path / "copy")
    folder.rename(tmp_path / "moved")
    assert open_workspace(tmp_path / "moved").identity() == name
    assert open_workspace(tmp_path / "copy").identity() != name
    assert (
        json.loads((tmp_path / "moved" / "workspace.json").read_text())["id"] != name
    )  # what is on disk is no address


def score_again(folder, *, order=None, **changes):
    """Write the run `tiny` anew as `hem score` would: its rows in another order, or with other facts."""
    home = folder / "runs" / "tiny"
    if order is not None:
        for name in ("scores", "catalog"):
            table = pq.read_table(home / f"{name}.parquet").to_pandas()
            ids = table["id"].tolist()
            table = table.iloc[order].reset_index(drop=True).assign(id=ids)  # ids are positions: they stay
            write_table(home / f"{name}.parquet", table)
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", {**info, "fingerprint": "again", **changes})
    later = (home / "run.json").stat().st_mtime_ns + 10**9
    os.utime(home / "run.json", ns=(later, later))


def test_a_verdict_given_before_the_rows_changed_their_order_is_refused(served):
    folder, client = served
    verdict = page()
    score_again(folder, order=np.arange(60)[::-1])
    answer = client.post("/hem/tags", json=verdict)
    assert (answer.status_code, "in another order" in answer.json()["error"]) == (409, True)
    assert said(folder) == {}
    assert client.post("/hem/tags", json=page()).status_code == 200


def test_a_verdict_on_ids_survives_another_model_on_the_same_examples_and_a_rule_does_not(served):
    folder, client = served
    verdict = page()
    score_again(folder)
    rule = {"all": [{"column": "difficulty", "min": 90}]}
    answer = client.post("/hem/tags", json={**verdict, "sequence": 2, "ids": None, "rule": rule})
    assert (answer.status_code, "scored again" in answer.json()["error"]) == (409, True)
    assert client.post("/hem/tags", json=verdict).status_code == 200
    assert said(folder) == {"e00": "hard"}


def test_a_rule_given_while_the_map_appears_is_stored(served):
    folder, client = served
    home = folder / "runs" / "tiny"
    score_again(folder, fingerprint=fingerprint(home, has_map=False), pending=["map"])
    before = page()
    score_again(folder, fingerprint=fingerprint(home))
    rule = {"all": [{"column": "difficulty", "min": 90}]}
    assert client.post("/hem/tags", json={**before, "ids": None, "rule": rule}).status_code == 200
    assert len(said(folder)) == 6


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"status": "running"}, "is not complete"), ({"data": {"name": "other"}}, "is over the data 'other' now")],
)
def test_a_run_that_is_being_made_or_is_over_other_data_takes_no_verdict(served, changes, words):
    folder, client = served
    verdict = page()
    score_again(folder, **changes)
    answer = client.post("/hem/tags", json=verdict)
    assert (answer.status_code, words in answer.json()["error"]) == (409, True)


def test_the_same_number_with_other_content_is_refused_and_with_the_same_is_answered_alike(served):
    folder, client = served
    first = client.post("/hem/tags", json=page()).json()
    assert client.post("/hem/tags", json=page()).json() == first
    for other in ({"ids": ["e01"]}, {"tag": "easy"}, {"who": "ben"}, {"value": "cat"}, {"action": "clear"}):
        answer = client.post("/hem/tags", json={**page(), **other})
        assert (answer.status_code, "stored as another action" in answer.json()["error"]) == (409, True), other
    assert client.post("/hem/undo", json=page()).status_code == 409
    assert said(folder) == {"e00": "hard"}


def test_a_rule_sent_again_after_a_lost_answer_is_not_resolved_again(served):
    _, client = served
    rule = {"all": [{"tag": []}, {"column": "label", "in": ["cat"]}]}  # once it is done, it matches nothing
    post = {**page(), "ids": None, "rule": rule}
    first, again = (client.post("/hem/tags", json=post).json() for _ in range(2))
    assert (first["count"], again) == (20, first)


def test_an_undo_names_what_it_undoes_by_its_number_also_after_a_reload(served):
    folder, client = served
    client.post("/hem/tags", json=page())
    client.post("/hem/tags", json={**page(), "client": "page-2", "ids": ["e07"], "who": "anna"})
    undo = {**page(), "sequence": 2, "batch": 1}
    assert client.post("/hem/undo", json=undo).json()["rows"] == [0]
    assert client.post("/hem/undo", json=undo).json()["rows"] == [0]  # sent twice
    assert said(folder) == {"e07": "hard"}
    answer = client.post("/hem/undo", json={**undo, "sequence": 3, "batch": 99})
    assert (answer.status_code, answer.json()["error"]) == (409, "the action to undo was never stored")


def test_a_repeated_id_counts_once(served):
    _, client = served
    assert client.post("/hem/tags", json={**page(), "ids": ["e00", "e00", "e01"]}).json()["count"] == 2


def test_a_log_that_is_locked_answers_that_it_may_pass(served, monkeypatch):
    from hem_core.store import tag_events

    folder, client = served
    client.post("/hem/tags", json=page())
    monkeypatch.setattr(tag_events, "BUSY_SECONDS", 0.05)
    locker = sqlite3.connect(folder / "tags.sqlite", isolation_level=None)
    with open_workspace(folder).tags()._engine.connect() as connection:  # its own wait is ten seconds
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    locker.execute("BEGIN EXCLUSIVE")
    answer = client.post("/hem/tags", json={**page(), "sequence": 2, "ids": ["e05"]})
    assert (answer.status_code, "locked" in answer.json()["error"]) == (503, True)
    locker.execute("ROLLBACK")
    locker.close()
    assert client.post("/hem/tags", json={**page(), "sequence": 2, "ids": ["e05"]}).status_code == 200


def test_a_column_is_found_by_any_name(workspace, monkeypatch):
    folder = workspace()
    names = [".", "..", "a/../b", "%2F", " ", "x" * 300, 'quote"d', "'; --", "😀", "?name=loss&v=1", "a\nb"]
    home = folder / "runs" / "tiny"
    catalog = pd.read_parquet(home / "catalog.parquet")
    odd = {name: np.arange(60) * 1.0 + k for k, name in enumerate(names)}
    write_table(home / "catalog.parquet", pd.concat([catalog, pd.DataFrame(odd)], axis=1))
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    for k, name in enumerate(names):
        found = client.get("/hem/column/tiny", params={"name": name})
        assert (found.status_code, np.frombuffer(found.content, "<f4")[1]) == (200, 1 + k), name


def test_a_column_that_cannot_be_asked_for_is_skipped_and_said(workspace, monkeypatch):
    folder = workspace()
    home = folder / "runs" / "tiny"
    catalog = pd.read_parquet(home / "catalog.parquet")
    write_table(home / "catalog.parquet", catalog.assign(**{"": 1.0, "a\0b": 2.0, "night": 2.0}))
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    answer = client.get("/hem/columns/tiny").json()
    assert "night" in answer["columns"]
    assert answer["skipped"] == {
        "number 5 of catalog.parquet": "it has no name; rename it and score again",
        "a\\0b": "it has a NUL character in its name; rename it and score again",
    }
