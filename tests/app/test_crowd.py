"""What a page asks of a run with very many rows: pages, counts, masks and the density of a map."""

import json
import struct

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import loaders
from app.wire import density, masks, routes
from app.wire.identity import identity

HEADERS = {"X-HEM-Token": routes.token("a-session")}
RULES = [
    {"column": "difficulty", "min": 10, "max": 50.3},
    {"column": "difficulty", "min": None, "max": None},
    {"column": "duplicate_group", "min": 1, "max": None},
    {"column": "duplicate_group", "in": [1, None]},
    {"column": "label", "in": ["cat", "no such class"]},
    {"column": "suggested_label", "in": [None]},
    {"column": "is_correct", "in": [True]},
    {"column": "evidence", "contains": "DOG"},
    {"rows": ["e03", "gone"]},
    {"tag": ["hard"]},
    {"tag": []},
    {"not": {"column": "reason", "in": ["easy"]}},
    {"polygon": {"x": "x", "y": "y", "points": [[-1, -1], [1, -1], [0.2, 1.5]]}},
]
WINDOW = {"x0": -9, "x1": 9, "y0": -9, "y1": 9, "columns": 6, "lines": 6}
MAP = {"x": "x", "y": "y", "colour": "difficulty", "score": "loss", "filter": None, "selection": None, **WINDOW}


@pytest.fixture
def client(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


@pytest.fixture
def level(client):
    return loaders.level("tiny")


@pytest.fixture
def ask(client, level):
    """ask(what, **body): the answer to a post of the page of the run `tiny`."""
    about = {**identity(level), "fingerprint": level.fingerprint}
    return lambda what, **body: client.post(f"/hem/{what}", json={**about, **body})


def taken_apart(content):
    (length,) = struct.unpack_from("<I", content)
    head = json.loads(content[4 : 4 + length])
    parts = {
        name: np.frombuffer(content, type_, count, 4 + length + at) for name, type_, count, at in head.pop("parts")
    }
    return head, parts


@pytest.mark.parametrize("clause", RULES, ids=json.dumps)
def test_a_clause_matches_the_rows_that_a_query_gives(level, clause):
    tags = loaders.tags_of(level).state(level.data)
    assert masks.rows(level, {"all": [clause]}).tolist() == level.rows({"all": [clause]}, tags=tags).tolist()


def test_a_rule_matches_what_all_its_clauses_match_and_none_everything(level):
    both = {"all": RULES[:1] + RULES[4:5]}
    assert (masks.count(level, both), masks.mask(level, None)) == (len(level.rows(both)), None)
    assert masks.rows(level, {"all": []}).tolist() == list(range(60))


def test_a_tag_changes_the_rows_that_a_clause_about_tags_matches(workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace()))
    level, rule = loaders.level("tiny"), {"all": [{"tag": ["hard"]}]}
    assert masks.count(level, rule) == 0
    loaders.tags().add(level.data, ["e01"], "hard", who="ann")
    assert masks.rows(level, rule).tolist() == [1]


def test_a_range_is_compared_as_doubles():
    values = np.float32([0.1, 0.2, np.nan])
    assert masks._between(values, 0.1, None).tolist() == [True, True, False]  # float32(0.1) is above 0.1
    assert masks._between(values, None, 0.1).tolist() == [False, False, False]
    assert masks._between(values, None, 1e300).tolist() == [True, True, False]


def test_a_mask_of_bits_has_the_first_row_in_the_lowest_bit(client, ask):
    rule = {"all": [{"rows": ["e00", "e09"]}]}
    expected = [1, 2, 0, 0, 0, 0, 0, 0]
    assert list(ask("mask", rule=rule, bits=True).content) == expected
    assert list(client.get("/hem/mask/tiny", params={"rule": json.dumps(rule), "bits": "1"}).content) == expected


def test_a_page_has_the_rows_their_number_and_their_values(ask):
    rule = {"all": [{"column": "difficulty", "min": None, "max": 50}]}
    columns = ["difficulty", "duplicate_group"]
    page = {"rule": rule, "score": "loss", "is_descending": False, "start": 1, "length": 2, "columns": columns}
    found = ask("page", **page).json()
    assert (found["total"], found["rows"]) == (30, [1, 2])
    assert found["values"]["duplicate_group"] == [1.0, None]
    assert ask("values", rows=[2, 0], columns=["loss"]).json()["values"]["loss"] == pytest.approx([2.5 / 6, 0.5 / 6])


def test_a_page_around_a_row_begins_as_far_before_it(ask):
    page = {"rule": None, "score": "loss", "is_descending": True, "length": 3, "columns": []}
    found = ask("page", **page, around=50, start=-1).json()
    assert (found["start"], found["rows"]) == (8, [51, 50, 49])
    assert ask("page", **page, around=59, start=-5).json()["rows"] == [59, 58, 57]
    assert ask("page", **page, around=60, start=0).json()["error"] == "'around' must be a row from 0 to 59"


def test_bins_count_the_rows_of_each_rule(ask):
    few = {"all": [{"column": "difficulty", "min": None, "max": 25}]}
    found = ask("counts", rules=[None, few], column="difficulty", low=0, width=50, count=2).json()["counts"]
    assert found == [[30, 30], [15, 0]]


def test_bins_have_the_mean_of_another_column(ask):
    bins = {"rules": [None], "column": "difficulty", "low": 0, "width": 50, "count": 2}
    assert ask("counts", **bins, mean_of="is_correct").json()["counts"] == [[3 / 30, 3 / 30]]
    assert ask("counts", **bins, mean_of="difficulty").json()["counts"] == [pytest.approx([25, 75])]


def test_logarithmic_bins_have_small_values_in_the_first(ask):
    axis = {"column": "loss", "low": -1, "width": 1, "count": 2, "is_log": True, "from": 0.1, "to": 10}
    (found,) = ask("counts", rules=[None], **axis).json()["counts"]
    assert found == [6, 54]  # losses are 1/12 to 10 less 1/12 in steps of 1/6: below 1 are six


def test_few_rows_are_points_the_hardest_last(ask, level):
    head, parts = taken_apart(ask("density", **MAP).content)
    assert head == {"kind": "number", "total": 60, "is_points": True}
    assert parts["rows"].tolist() == list(range(60))
    np.testing.assert_array_equal(parts["x"], level.numbers("x"))
    assert parts["level"].tolist() == [int((k + 0.5) / 6) for k in range(60)]


def test_many_rows_are_cells_with_the_hardest_over_them(ask, monkeypatch):
    monkeypatch.setattr(density, "MOST_POINTS", 10)
    monkeypatch.setattr(density, "ONE_OF", 10)
    easy, odd = ({"all": [{"column": "difficulty", **ends}]} for ends in ({"max": 50}, {"min": 25}))
    head, parts = taken_apart(ask("density", **{**MAP, "filter": easy, "selection": odd}).content)
    assert (head["is_points"], head["total"], parts["rows"].tolist()) == (False, 30, [27, 28, 29])
    assert (parts["count"].sum(), parts["selected_count"].sum()) == (30, 15)
    assert parts["cell"][parts["count"] > 0].max() == 4
    assert set(parts["cell"][parts["count"] == 0]) == {255}
    assert 0 < parts["out"].sum() <= 30


def test_a_page_may_want_cells_of_fewer_rows(ask):
    assert [taken_apart(ask("density", **MAP, most_points=most).content)[0]["is_points"] for most in (59, 60)] == [
        False,
        True,
    ]


def test_a_window_is_counted_anew_when_the_tags_that_it_is_filtered_by_change(workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace()))
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)
    level = loaders.level("tiny")
    body = {**identity(level), "fingerprint": level.fingerprint, **MAP, "filter": {"all": [{"tag": ["hard"]}]}}
    totals = []
    for id in ("e01", "e02"):
        loaders.tags().add(level.data, [id], "hard", who="ann")
        totals += [taken_apart(client.post("/hem/density", json=body).content)[0]["total"] for _again in range(2)]
    assert totals == [1, 1, 2, 2]


@pytest.mark.parametrize(("colour", "kind"), [("label", "names"), ("is_correct", "share")])
def test_cells_are_coloured_by_names_and_by_the_share_of_wrong_predictions(ask, monkeypatch, colour, kind):
    monkeypatch.setattr(density, "MOST_POINTS", 10)
    one_cell = {**MAP, "colour": colour, "slots": [1, 0], "columns": 1, "lines": 1}
    head, parts = taken_apart(ask("density", **one_cell).content)
    assert (head["kind"], parts["count"].tolist()) == (kind, [60])
    assert parts["cell"].tolist() == [{"names": 0, "share": round(250 * 6 / 60)}[kind]]


@pytest.mark.parametrize(
    ("what", "body", "sentence"),
    [
        ("page", {"score": "label"}, "'score': run 'tiny' has no column of numbers 'label'"),
        ("page", {"score": "loss", "start": 0, "length": 1002}, "a page has at most 1001 rows; got 1002"),
        ("page", {"score": "loss", "start": 0, "length": 1, "columns": "loss"}, "'columns' must be a list"),
        ("page", {"score": "loss", "start": 0, "length": 1, "rule": {"all": [{"column": "no"}]}}, "no clause has"),
        (
            "values",
            {"rows": [60], "columns": ["loss"]},
            "'rows' must be a list of at most 1,001 whole numbers from 0 to 59",
        ),
        ("counts", {"rules": []}, "'rules' must be a list of 1 to 4 rules"),
        ("counts", {"rules": [None], "column": "loss", "low": 0, "width": 0, "count": 3}, "'count' must be 1 to 250"),
        ("counts", {"rules": [None], "column": "loss", "low": "0", "width": 1, "count": 3}, "'low' must be a number"),
        (
            "counts",
            {"rules": [None], "column": "loss", "low": 0, "width": 1, "count": 3, "is_log": True, "from": 0, "to": 1},
            "'from' and 'to' of a logarithmic axis must be positive",
        ),
        (
            "counts",
            {"rules": [None], "column": "loss", "low": 0, "width": 1, "count": 3, "mean_of": "no"},
            "'mean_of': run 'tiny' has no column 'no'",
        ),
        ("density", {**MAP, "x1": -9}, "the window must have x0 below x1"),
        ("density", {**MAP, "columns": 10_000, "lines": 10_000}, "a window has 1 to 1,000,000 cells; got 100,000,000"),
        ("density", {**MAP, "colour": "no"}, "'colour': run 'tiny' has no column 'no'"),
        ("density", {**MAP, "colour": "label", "slots": [3]}, "'slots' must be at most 64 numbers of names of 'label'"),
        ("density", {**MAP, "fingerprint": "old"}, "run 'tiny' was scored again"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(ask, what, body, sentence):
    answer = ask(what, **body)
    assert answer.status_code in (400, 404, 409)
    assert answer.json()["error"].startswith(sentence)


def test_the_spread_of_a_column_ends_its_colours(client):
    assert client.get("/hem/spread/tiny?name=difficulty").json() == {
        "clip": [0, 100],
        "least": pytest.approx(0.5 / 0.6),
    }
    assert client.get("/hem/spread/tiny?name=label").status_code == 404
