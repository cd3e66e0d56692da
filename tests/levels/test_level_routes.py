"""The byte routes with `?level=`: columns, pictures, tags and CSV of the parts, and the ways between levels."""

import csv
import io

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import loaders
from app.wire import routes
from app.wire.identity import identity

HEADERS = {"X-HEM-Token": routes.token("a-session")}


@pytest.fixture
def client(own, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(own))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


def get(client, what, **query):
    return client.get(f"/hem/{what}/few", params=query)


def post(client, name, what="tags", **body):
    shown = loaders.level("few", name)
    usual = {**identity(shown), "fingerprint": shown.fingerprint, "who": "anna", "client": "page", "sequence": 1}
    return client.post(f"/hem/{what}", json={**usual, **({"tag": "hard"} if what == "tags" else {}), **body})


def test_columns_and_rows_are_those_of_the_level(client):
    found = get(client, "columns", level="halves").json()
    assert (found["n"], get(client, "columns").json()["n"]) == (800, 400)
    assert found["columns"]["side"]["names"] == ["left", "right"]
    assert "example" not in found["columns"]
    loss = np.frombuffer(get(client, "column", level="halves", name="loss").content, "<f4")
    assert loss.tolist() == loaders.level("few", "halves").table(["loss"])["loss"].tolist()
    assert get(client, "ids", level="halves", rows="0,3").json() == ["0#p0", "1#p1"]
    assert get(client, "thumbs", level="halves", rows="0").content != get(client, "thumbs", rows="0").content
    assert get(client, "image", level="halves", rows="1").headers["content-type"] == "image/webp"
    missing = get(client, "columns", level="boxes")
    assert (missing.status_code, "there are: examples, halves" in missing.json()["error"]) == (404, True)


def test_a_tag_on_parts_leaves_the_examples_alone(client):
    rule = {"all": [{"column": "side", "in": ["left"]}, {"column": "difficulty", "min": 99, "max": None}]}
    stored = post(client, "halves", rule=rule).json()
    n = len(loaders.level("few", "halves").rows(rule))
    assert stored["count"] == n > 0
    assert np.count_nonzero(np.frombuffer(get(client, "verdicts", level="halves").content, np.uint8)) == n
    assert not np.frombuffer(get(client, "verdicts").content, np.uint8).any()
    tagged = get(client, "mask", level="halves", rule='{"all": [{"tag": ["hard"]}]}').content
    assert sum(tagged) == n
    assert post(client, "examples", what="undo", sequence=2).json()["undone"] is None
    undone = post(client, "halves", what="undo", sequence=3).json()
    assert undone["undone"]["n"] == n
    assert undone["message"].endswith(f"“hard” on {n} halves.")


def test_a_post_of_one_level_is_not_stored_on_another(client):
    wrong = post(client, "examples", ids=["0#p0"])
    assert (wrong.status_code, "has no example '0#p0'" in wrong.json()["error"]) == (409, True)
    on_parts = post(client, "halves", ids=["0"])
    assert (on_parts.status_code, "'0'; nothing was stored" in on_parts.json()["error"]) == (409, True)
    other = {**identity(loaders.level("few", "halves")), "level": "examples"}
    refused = post(client, "examples", ids=["0"], **other)
    assert (refused.status_code, "was scored again with other examples" in refused.json()["error"]) == (409, True)
    assert post(client, "halves", ids=["0#p0"]).status_code == 200
    assert "another action" in post(client, "examples", ids=["0"]).json()["error"]  # the same number of the same page


def test_csv_holds_the_parts_that_match(client):
    post(client, "halves", ids=["7#p1"])
    answer = post(client, "halves", what="csv", rule={"all": [{"column": "example", "in": ["7"]}]})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["id"], row["tags"]) for row in rows] == [("7#p0", ""), ("7#p1", "hard")]


def test_details_lead_from_a_part_to_its_example_and_back(client):
    (part,) = get(client, "detail", level="halves", rows="15").json()
    assert part["relatives"] == [{"words": "part of 7", "address": "review?run=few&example=7"}]
    assert [one["id"] for one in part["neighbours"]] == ["8#p0", "8#p1"]
    (example,) = get(client, "detail", rows="7").json()
    (link,) = example["relatives"]
    assert link["words"] == "2 halves"
    assert link["address"].startswith("explore?run=few&level=halves&rule=")
