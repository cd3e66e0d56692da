import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.retrain.report.ship_or_hold import Interval, verdict
from hem_core.retrain.report.slices import slices
from hem_core.retrain.target import by_classes, by_where


def word(overall, target, regressed=10.0, churn=8.0):
    made = verdict(Interval(*overall), Interval(*target), regressed, churn, n_seeds=5, target_words="cats")
    return made["word"], [rule["passed"] for rule in made["rules"]]


def test_ship_when_every_rule_holds():
    assert word((0.5, -0.19, 1), (2, 0.1, 3)) == ("ship", [True, True, True])


@pytest.mark.parametrize(
    ("overall", "target", "regressed", "expected", "rules"),
    [
        ((0.5, -0.2, 1), (2, 0.1, 3), 10, "no difference shown", [False, True, True]),
        ((0.5, 0.1, 1), (2, 0.0, 3), 10, "no difference shown", [True, False, True]),
        ((0.5, 0.1, 1), (2, 0.1, 3), 17, "no difference shown", [True, True, False]),
        ((-0.5, -1.0, -0.1), (0, -1, 1), 10, "hold", [False, False, True]),
        ((0.0, -1.0, 1.0), (0, -1, 1), 17, "hold", [False, False, False]),
    ],
)
def test_what_is_not_shipped(overall, target, regressed, expected, rules):
    assert word(overall, target, regressed) == (expected, rules)


def test_only_an_interval_below_zero_is_called_worse():
    below, across = Interval(-0.5, -1.0, -0.1), Interval(-0.1, -1.0, 0.8)
    named = {"n_seeds": 5, "target_words": "cats", "measure": "mAP"}
    first, second = (verdict(each, Interval(0, -1, 1), 17, 8, **named)["sentences"][0] for each in (below, across))
    assert first == "Hold: the curated training is worse than the same training without curation."
    assert second == "Hold: regressions exceed 2 times those of a change of seed, and overall mAP has not risen."


def test_a_difference_that_rounds_to_nothing_has_no_minus():
    made = verdict(Interval(-0.002, -0.3, 0.3), Interval(0, -1, 1), 1, 8, n_seeds=5, target_words="cats")
    assert made["rules"][0]["value"] == "+0.00 points, -0.30 to +0.30"


def test_a_gain_on_one_example_ships_nothing():
    made = verdict(Interval(0.5, -0.1, 1), Interval(40, None, None), 1, 8, n_seeds=5, target_words="cats")
    assert (made["word"], made["rules"][1]["passed"]) == ("no difference shown", False)
    assert made["sentences"][2] == "On the targeted slice (cats): +40.00 points; one example: no interval."


def test_one_seed_cannot_tell_the_churn():
    made = verdict(Interval(1, 0.5, 2), Interval(1, 0.5, 2), 1, None, n_seeds=1, target_words="all")
    assert not made["ship"]
    assert "use --seeds 2 or more" in made["rules"][2]["value"]


def test_slices_are_the_values_that_enough_share():
    table = pd.DataFrame({"side": ["l"] * 40 + ["r"] * 35 + ["m"] * 5, "id": [str(row) for row in range(80)]})
    found = slices(table)
    assert [(each.name, len(each.rows)) for each in found] == [("side is l", 40), ("side is r", 35)]
    assert slices(table.iloc[:0]) == []


def test_the_target_is_what_the_set_over_represents():
    natural = np.array([0] * 50 + [1] * 50)
    found = by_classes(np.array([0] * 7 + [1] * 3), natural, np.array([0, 1, 0]), ("cat", "dog"))
    assert found.is_in.tolist() == [True, False, True]
    assert found.words.endswith(": cat")
    level = by_classes(np.array([0] * 6 + [1] * 4), natural, np.array([0, 1, 0]), ("cat", "dog"))
    assert level.how == "all"
    assert level.is_in.all()


def test_the_target_by_a_condition():
    table = pd.DataFrame({"id": ["a", "b", "c"], "label": ["cat", "dog", "cat"], "age": [1, 2, 3]})
    assert by_where(table, "label = 'cat' AND age > 1").is_in.tolist() == [False, False, True]
    for where, text in (
        ("age > 9", "matches none of the 3 test examples"),
        ("1 = 1", "names no column"),
        ("age > ", "where is not a condition"),
        ("age > 1 AND size > 2", "is not a condition on the test examples"),
        ("age IN (SELECT 1)", "without a query inside"),
    ):
        with pytest.raises(DataError, match=text):
            by_where(table, where)
