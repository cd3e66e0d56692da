"""What Explore asks of a group: why it, and what is near a row."""

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import loaders, rule_fitting
from app.wire import explorer_data, routes
from app.wire.identity import identity
from hem_core.runs.why import why
from hem_core.store.atomic import write_array

HARD = {"all": [{"column": "difficulty", "min": 50}]}


@pytest.fixture
def client(workspace, monkeypatch):
    """The run `tiny` with an embedding: e00 … e59 on a half circle, so that the nearest have the next numbers."""
    folder = workspace()
    angle = np.linspace(0, np.pi, 60)
    vectors = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype("f4")
    write_array(folder / "runs" / "tiny" / "embeddings" / "00000.npy", vectors)
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    headers = {"X-HEM-Token": routes.token("a-session")}
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=headers)


def post(client, what, **body):
    run = loaders.run("tiny")
    return client.post(f"/hem/{what}", json={**identity(run.examples), "fingerprint": run.fingerprint, **body})


def test_the_page_gets_the_sentences_of_the_library_with_the_titles_of_its_axes(client):
    read = post(client, "why", filter=None, selection=HARD).json()
    found = why(loaders.level("tiny"), HARD, most=10)
    assert read["comparison"] == found.comparison == "30 examples compared with the 30 others of the run"
    assert [one["rule"] for one in read["statements"]] == [{"all": list(one.clauses)} for one in found.statements]
    assert read["skipped"] == ["difficulty"]
    # Every score of this run follows from the difficulty: they stand behind one of them, with their titles.
    named = {name for one in read["statements"] for name in [one["subject"], *one["also"]]}
    assert {"probability of the label lower", "label suspicion higher"} <= named


def test_a_selection_is_compared_inside_the_filter_and_a_filter_alone_with_the_rest(client):
    cats = {"all": [{"column": "label", "in": ["cat"]}]}
    inside = post(client, "why", filter=cats, selection=HARD).json()
    assert inside["comparison"] == "10 examples compared with the 10 others in the filter"
    alone = post(client, "why", filter=cats, selection={"all": []}).json()
    assert alone["comparison"] == "20 examples compared with the 40 others of the run"


def test_tags_count_and_a_few_rows_are_too_few(client):
    loaders.tags().add("tiny-data", [f"e{k:02d}" for k in range(40, 52)], tag="hard", who="anna")
    read = post(client, "why", selection=HARD).json()
    assert "tagged hard" in [one["subject"] for one in read["statements"]]
    few = post(client, "why", selection={"all": [{"rows": ["e01", "e02", "e03"]}]}).json()
    assert (few["statements"], few["n"]) == ([], 3)
    assert few["verdict"].startswith("3 examples are too few")


def test_the_page_can_have_the_server_read_ahead(client):
    answer = post(client, "why", is_preparing=True)
    assert (answer.status_code, answer.json()) == (200, {})


def test_without_a_group_with_a_bad_rule_or_for_old_scores_the_server_says_why_not(client):
    assert post(client, "why").status_code == 400
    assert "nothing is selected" in post(client, "why", filter={"all": []}).json()["error"]
    assert "a rule is" in post(client, "why", selection={"any": []}).json()["error"]
    assert "no column 'lose'" in post(client, "why", selection={"all": [{"column": "lose", "min": 1}]}).json()["error"]
    old = post(client, "why", selection=HARD, fingerprint="old")
    assert (old.status_code, "scored again" in old.json()["error"]) == (409, True)


def test_the_nearest_and_the_mask_of_the_same_clause_agree(client):
    clause = {"id": "e10", "k": 4}
    read = post(client, "near", near=clause).json()
    assert read["rows"][0] == 10
    assert sorted(read["rows"]) in ([8, 9, 10, 11], [9, 10, 11, 12])
    assert read["distances"] == sorted(read["distances"])
    mask = np.frombuffer(post(client, "mask", rule={"all": [{"near": clause}]}).content, np.uint8)
    assert np.flatnonzero(mask).tolist() == sorted(read["rows"])
    others = post(client, "near", near={**clause, "other": True}).json()["rows"]
    assert 10 not in others
    assert not {row % 3 for row in others} & {10 % 3}


def test_near_what_is_not_there_is_refused(client):
    assert "no example 'e99'" in post(client, "near", near={"id": "e99", "k": 4}).json()["error"]
    for clause in (None, {"id": "e10"}, {"id": "e10", "k": 0}):
        assert post(client, "near", near=clause).status_code == 400


def test_the_page_knows_why_nothing_is_like_a_row(client, workspace):
    assert explorer_data._near(loaders.level("tiny")) == {"missing": None, "other": True, "words": False}
    level = loaders.level("tiny")
    (level.home / "embeddings" / "00000.npy").unlink()
    assert explorer_data._near(level)["missing"] == "This run has no embedding to compare by."


def test_a_near_clause_of_a_row_that_another_run_lacks_is_dropped(client):
    level = loaders.level("tiny")
    kept = {"near": {"id": "e10", "k": 4}}
    found = rule_fitting.fitted(level, {"all": [kept, {"near": {"id": "e99", "k": 4}}]})
    assert found.rule == {"all": [kept]}
    assert "no example 'e99'" in found.dropped[0]


def test_clusters_have_names_and_middles(calibrated, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(calibrated()))
    headers = {"X-HEM-Token": routes.token("a-session")}
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=headers)
    table = loaders.level("tiny").table(["cluster", "x", "y"])
    found = post(client, "clusters").json()["clusters"]
    assert [one["n"] for one in found] == sorted((one["n"] for one in found), reverse=True)
    for one in found:
        rows = table[table["cluster"].astype(str) == one["cluster"]]
        assert (one["n"], one["name"] != "") == (len(rows), True)
        assert (one["x"], one["y"]) == pytest.approx((rows["x"].median(), rows["y"].median()))
        assert set(one["typical"]) <= set(rows.index)


def test_a_level_without_clusters_has_no_names_on_its_map(client):
    assert post(client, "clusters").json() == {"clusters": []}
