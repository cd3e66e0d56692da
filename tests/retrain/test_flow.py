import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.retrain.report.flow import FLOWS, flow


def table(right, difficulty=None, ids=None):
    columns = {
        "id": ids or [f"e{k}" for k in range(len(right))],
        "error": [None if one is None else 1.0 - one for one in right],
    }
    return pd.DataFrame(columns if difficulty is None else {**columns, "difficulty": difficulty})


def test_the_four_ways_from_right_and_wrong_to_right_and_wrong():
    found = flow(table([False, True, False, True]), table([True, False, False, True]))
    assert found["flow"].tolist() == ["fixed", "regressed", "still wrong", "still right"]
    assert set(found["flow"]) <= set(FLOWS)


def test_newly_hard_is_right_in_both_and_in_the_hardest_tenth_only_after():
    before = table([True] * 10, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    after = table([True] * 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    found = flow(before, after)["flow"]
    assert found.tolist() == ["still right"] * 9 + ["newly hard"]
    assert set(flow(after, after)["flow"]) == {"still right"}  # the hardest stays the hardest


def test_one_that_was_wrong_is_not_newly_hard():
    before = table([True] * 9 + [False], range(10))
    after = table([True] * 10, range(10))
    assert flow(before, after)["flow"].tolist()[-1] == "fixed"


def test_examples_all_equally_hard_are_not_newly_hard():
    assert set(flow(table([True] * 10, range(10)), table([True] * 10, [5] * 10))["flow"]) == {"still right"}


def test_ids_meet_by_name_and_in_the_order_of_before():
    before = table([False, True, True], ids=["a", "b", "c"])
    after = table([False, True, True], ids=["b", "a", "z"])
    found = flow(before, after)
    assert found.values.tolist() == [["a", "fixed"], ["b", "regressed"]]


def test_an_example_whose_outcome_is_unknown_is_left_out():
    found = flow(table([None, True]), table([True, True]))
    assert found["id"].tolist() == ["e1"]


def test_what_cannot_be_compared_is_said():
    with pytest.raises(DataError, match="1 before and 1 after share no id"):
        flow(table([True], ids=["a"]), table([True], ids=["b"]))
    with pytest.raises(DataError, match="needs the column 'error' after; there are: id"):
        flow(table([True]), table([True])[["id"]])
    with pytest.raises(DataError, match="'a' is there twice before"):
        flow(table([True, True], ids=["a", "a"]), table([True], ids=["a"]))


def test_the_given_tables_stay_as_they_were():
    before, after = table([True], [1.0]), table([False], [2.0])
    copies = before.copy(), after.copy()
    flow(before, after)
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])
