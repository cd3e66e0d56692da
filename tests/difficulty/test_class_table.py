import numpy as np
import pytest

from hem_core.difficulty.class_table import class_table


def test_a_rare_hard_class_stands_out():
    table = {
        "label": np.array(["dog"] * 90 + ["cat"] * 10 + [None], object),
        "error_prob": np.r_[np.full(90, 0.1), np.full(9, 0.6), np.nan, 0.9],
        "difficulty": np.r_[np.linspace(0, 89, 88), 95, 95, np.full(8, 99), 1, 1, np.nan],
    }
    errors = np.r_[np.zeros(81), np.ones(9), np.ones(4), np.zeros(4), np.nan, np.nan, 1]
    cat, dog = class_table(table, errors).to_dict("records")
    assert (cat["label"], cat["n"], cat["share"]) == ("cat", 10, 0.1)
    assert (cat["error_rate"], dog["error_rate"]) == (0.5, pytest.approx(0.1))
    assert cat["low"] == pytest.approx(0.215, abs=0.001)  # Wilson of 4 in 8
    assert (cat["mean_error_prob"], dog["mean_error_prob"]) == (pytest.approx(0.6), pytest.approx(0.1))
    assert (cat["share_of_hardest"], cat["hardest_in_class"]) == (0.8, 0.8)
    assert (dog["share_of_hardest"], dog["hardest_in_class"]) == (0.2, pytest.approx(2 / 90))


def test_without_errors_or_scores_there_are_counts():
    made = class_table({"label": np.array(["a", "b", "b"])})
    assert made.to_dict("list") == {"label": ["a", "b"], "n": [1, 2], "share": [1 / 3, 2 / 3]}


def test_a_class_of_unknown_errors_is_between_0_and_1():
    made = class_table({"label": np.array(["a"])}, np.array([np.nan])).iloc[0]
    assert np.isnan(made["error_rate"])
    assert (made["low"], made["high"]) == (0, 1)
