"""The table of Explore by its routes: columns, pages of a rule in an order, ranges of row numbers, CSV."""

import csv as csv_files
import io

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import loaders
from app.wire import routes, table
from app.wire.identity import identity

HEADERS = {"X-HEM-Token": routes.token("a-session")}


@pytest.fixture
def ask(whole_workspace, monkeypatch):
    """ask(what, **body): the answer to a table's post; the run `tiny` has 60 rows, e00 the easiest."""
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    level = loaders.level("tiny")
    usual = {**identity(level), "fingerprint": level.fingerprint, "rule": {"all": []}, "columns": ["id"], "sort": None,
             "descending": True, "offset": 0, "limit": 3}  # fmt: skip
    return lambda what="table", **body: client.post(f"/hem/{what}", json={**usual, **body})


def test_a_page_of_the_table_is_a_part_of_its_order(ask):
    found = ask(sort="difficulty", columns=["id", "label", "difficulty"], offset=1, limit=2).json()
    assert found["rows"] == [58, 57]
    assert [cells[:2] for cells in found["cells"]] == [["e58", "**dog**"], ["e57", "cat"]]
    assert found["cells"][0][2] == pytest.approx(97.5)


def test_a_text_column_sorts_by_its_letters_and_missing_cells_are_null(ask):
    assert ask(sort="id", descending=False, limit=2).json()["rows"] == [0, 1]
    found = ask(columns=["duplicate_group"], sort="id", descending=False, limit=3).json()
    assert [cells[0] for cells in found["cells"]] == [1, 1, None]


def test_only_the_rows_of_the_rule_are_shown_also_after_tags_changed(ask):
    rule = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
    assert len(ask(rule=rule, limit=100).json()["rows"]) == 6
    tagged = {"all": [{"tag": ["hard"]}]}
    assert ask(rule=tagged).json()["rows"] == []
    loaders.tags().add(loaders.level("tiny").data, ["e07"], "hard", who="anna")
    assert ask(rule=tagged).json()["rows"] == [7]
    loaders.tags().clear(loaders.level("tiny").data, ["e07"], who="anna")


def test_a_range_of_rows_is_numbered_without_cells(ask):
    assert ask("table-rows", sort="difficulty", offset=10, limit=4).json() == {"rows": [49, 48, 47, 46]}


@pytest.mark.parametrize(
    ("what", "body", "words"),
    [
        ("table", {"limit": table.MOST_ROWS + 1}, "at most 500 rows a request"),
        ("table-rows", {"limit": table.MOST_NUMBERS + 1}, "at most 10,000 rows"),
        ("table", {"columns": "id"}, "'columns' must be a list"),
        ("table", {"columns": ["nothing"]}, "no column 'nothing'"),
        ("table", {"sort": 3}, "'sort' must be the name of a column"),
        ("table", {"sort": "nothing"}, "no column 'nothing'"),
        ("table", {"offset": -1}, "'offset' must be a whole number"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(ask, what, body, words):
    answer = ask(what, **body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_the_csv_holds_what_is_shown_and_runs_nothing_in_a_spreadsheet(ask):
    rule = {"all": [{"column": "id", "contains": "e5"}]}
    text = ask("table-csv", rule=rule, columns=["label", "difficulty"], sort="difficulty").text
    header, first, *rest = csv_files.reader(io.StringIO(text))
    assert header == ["id", "label", "difficulty", "tags"]
    assert (first[0], first[1], len(rest)) == ("e59", "<b>fox</b>", 9)


def test_every_column_can_be_shown_texts_too(ask, whole_workspace):
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    found = {one["name"]: one for one in client.get("/hem/fields/tiny").json()}
    assert (found["id"]["kind"], found["evidence"]["kind"], found["loss"]["kind"]) == ("text", "text", "number")
    assert found["difficulty"]["unit"] == "percentile"
    assert "top_classes" not in found
