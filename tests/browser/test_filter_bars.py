"""The bars behind a range filter, run by node."""

import pytest

GRID = {"low": 0, "width": 50, "count": 2}
PERCENTILES = {"unit": "percentile", "values": [5, 5, 95, 95, 95]}
IS_CORRECT = {"names": ["false", "true"], "values": [1, 1, 0, 0, 1]}
ERROR_PROB = {"values": [0.1, 0.3, 0.5, None, 0.7]}


def bars(evaluate, one, **columns):
    numbers = "((one) => one && { ...one, values: one.values.map((value) => value ?? NaN) })"
    return evaluate(
        "explorer/filter_bars.js", f"m.barsOf(v.one, v.grid, (name) => {numbers}(v.columns[name]))",
        one=one, grid=GRID, columns=columns,
    )  # fmt: skip


def test_over_a_percentile_the_bars_are_the_mean_error_probability(evaluate):
    found = bars(evaluate, PERCENTILES, error_prob=ERROR_PROB, is_correct=IS_CORRECT)
    assert found["heights"] == pytest.approx([0.2 / 0.6, 1])
    assert found["words"] == "bars: mean error probability, at most 60%"


def test_without_error_probabilities_they_are_the_share_of_wrong_predictions(evaluate):
    found = bars(evaluate, PERCENTILES, is_correct=IS_CORRECT)
    assert found == {"heights": [0, 1], "words": "bars: share of wrong predictions, at most 67%"}
    unlabelled = {**IS_CORRECT, "values": [1, 255, 255, 255, 255]}
    assert bars(evaluate, PERCENTILES, is_correct=unlabelled)["heights"] == [0, 0]


def test_a_percentile_of_a_run_without_errors_has_no_bars(evaluate):
    assert bars(evaluate, PERCENTILES) == {"heights": [], "words": ""}


def test_of_other_columns_the_bars_are_counts_on_a_square_root_axis(evaluate):
    loss = {"unit": "", "values": [1, 1, 1, 1, 99, 100]}
    assert bars(evaluate, loss, error_prob=ERROR_PROB)["heights"] == pytest.approx([1, 0.5**0.5])
