import pandas as pd
import pytest

from app.rule_fitting import fitted, without_places
from hem_core.store.atomic import write_table
from hem_core.store.run import open_run

CATS = {"column": "label", "in": ["cat"]}
MAP = {"polygon": {"x": "x", "y": "y", "points": [[0, 0], [1, 0], [1, 1]]}}
SCORES = {"polygon": {"x": "loss", "y": "margin", "points": [[0, 0], [1, 0], [1, 1]]}}


@pytest.fixture
def run(workspace):
    folder = workspace() / "runs" / "tiny"
    catalog = pd.read_parquet(folder / "catalog.parquet")
    catalog["night"] = [True, False] * 30
    catalog["floor"] = [1.0, 2.0, None] * 20
    catalog["note"] = [f"note {k}" for k in range(60)]
    write_table(folder / "catalog.parquet", catalog)
    return open_run(folder)


@pytest.mark.parametrize(
    "clause",
    [
        CATS, SCORES, MAP, {"rows": ["e00", "e59"]}, {"tag": []}, {"tag": ["my own"]}, {"not": CATS},
        {"column": "loss", "min": 900, "max": None}, {"column": "note", "contains": "nothing like it"},
        {"column": "night", "in": [True]}, {"column": "floor", "in": [1, None]}, {"column": "label", "in": []},
    ],
)  # fmt: skip
def test_what_a_run_has_stays_as_it_is_also_where_it_matches_nothing(run, clause):
    found = fitted(run.examples, {"all": [clause]})
    assert found.rule == {"all": [clause]}
    assert found.dropped == ()


@pytest.mark.parametrize(
    ("clause", "why"),
    [
        ({"column": "gone", "min": 1}, "no column 'gone'"),
        ({"column": "gone", "contains": "x"}, "no column 'gone'"),
        ({"not": {"column": "gone", "in": ["x"]}}, "no column 'gone'"),
        ({"polygon": {**MAP["polygon"], "x": "gone"}}, "no column 'gone'"),
        ({"column": "label", "min": 1}, "holds no numbers"),
        ({"column": "loss", "in": ["cat"]}, "holds numbers"),
        ({"column": "label", "in": ["owl"]}, "'owl' does not occur in the column 'label' of this run"),
        ({"not": {"column": "label", "in": ["owl"]}}, "'owl' does not occur"),
        ({"column": "label", "in": [None]}, "a missing value does not occur"),
        ({"column": "floor", "in": [3]}, "'3' does not occur in the column 'floor'"),
        ({"rows": ["nobody"]}, "'nobody' does not occur in the ids"),
        ({"rows": [f"n{k}" for k in range(9)]}, "'n0', 'n1', 'n2', 6 more do not occur in the ids"),
        (5, "no clause has the form 5"),
    ],
)
def test_what_a_run_does_not_have_is_dropped_with_its_reason(run, clause, why):
    found = fitted(run.examples, {"all": [clause, CATS]})
    assert found.rule == {"all": [CATS]}
    assert len(found.dropped) == 1
    assert why in found.dropped[0]


def test_of_several_values_those_that_occur_stay(run):
    found = fitted(run.examples, {"all": [{"column": "label", "in": ["owl", "cat"]}, {"rows": ["e01", "nobody"]}]})
    assert found.rule == {"all": [CATS, {"rows": ["e01"]}]}
    assert len(found.dropped) == 2


@pytest.mark.parametrize("rule", [None, {}, {"all": []}])
def test_no_rule_stays_no_rule(run, rule):
    assert fitted(run.examples, rule).rule is None


def test_a_lasso_on_the_embedding_map_does_not_go_to_another_run_and_one_on_two_scores_does():
    found = without_places({"all": [MAP, SCORES, {"not": MAP}, {"column": "x", "min": 2}, CATS]})
    assert found.rule == {"all": [SCORES, CATS]}
    assert found.dropped == ("a lasso on the embedding map belongs to the run that it was drawn on",)
    assert without_places({"all": [CATS]}).dropped == ()
