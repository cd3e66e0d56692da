import numpy as np
import pytest

from hem_core.advise.changes import effect
from hem_core.advise.learning_curve import curve_of, gained, laws


def test_the_curve_has_the_shares_that_are_wrong_and_goes_on_beyond_them(trials):
    curve = curve_of(trials([0.4, 0.3, 0.22, 0.17]), None)
    assert curve.sizes == (100, 200, 400, 800)
    assert curve.error == pytest.approx((0.4, 0.3, 0.22, 0.17))
    assert all(low < error < high for low, error, high in zip(curve.low, curve.error, curve.high, strict=True))
    assert curve.high[0] - curve.low[0] == pytest.approx(2 * 1.96 * (0.4 * 0.6 / 1000) ** 0.5, rel=0.2)
    assert curve.fitted.sizes[-1] == 3200
    assert curve.fitted.error[-1] < 0.17
    assert curve.fitted.high[-1] - curve.fitted.low[-1] > curve.high[-1] - curve.low[-1]


def test_each_class_has_its_own_errors(trials):
    found = curve_of(trials([0.5, 0.25, 0.25], sizes=(1, 2, 4)), np.repeat(["a", "b"], 500))
    assert found.per_class == {"a": (1.0, 0.5, 0.5), "b": (0.0, 0.0, 0.0)}


def test_two_sizes_are_shown_but_not_fitted(trials):
    found = trials([0.4, 0.3], sizes=(100, 200))
    assert curve_of(found, None).fitted is None
    assert laws(found, np.arange(1000)) is None


def test_doubling_the_data_gains_what_the_law_says(trials):
    shares = [0.1 + 3 * size**-0.5 for size in (100, 200, 400, 800)]  # .40, .31, .25, .206
    found = trials(shares, n=20_000)
    drop = gained(laws(found, np.arange(20_000)), 800, 1600)
    assert drop.value == pytest.approx(3 * (800**-0.5 - 1600**-0.5), abs=0.01)
    assert drop.low < drop.value < drop.high


def test_a_flat_curve_gains_nothing_that_is_shown(trials):
    found = trials([0.3, 0.3, 0.3, 0.3])
    assert gained(laws(found, np.arange(1000)), 800, 1600).low == 0


def test_a_change_is_the_difference_of_two_trainings_on_the_same_examples(trials):
    found = effect(trials([0.3, 0.2, 0.15, 0.1], longer=0.06), "longer")
    assert found.value == pytest.approx(0.04)
    assert found.high - found.value == pytest.approx(1.96 * (0.04 * 0.96 / 1000) ** 0.5, rel=0.01)
    assert effect(trials([0.3, 0.2, 0.1]), "longer") is None
    assert effect(None, "longer") is None


def test_a_change_in_one_fold_is_not_known(trials):
    assert effect(trials([0.3, 0.2, 0.15, 0.1], n_folds=1, longer=0.06), "longer") is None
    assert effect(trials([0.3, 0.2, 0.15, 0.1], n_folds=2, longer=0.06), "longer") is not None


def test_no_error_among_200_examples_is_no_certainty(trials):
    curve = curve_of(trials([0.0, 0.0, 0.0], sizes=(1, 2, 4), n=200), None)
    assert curve.error == (0.0, 0.0, 0.0)
    assert all(low == 0 for low in curve.low)
    assert curve.high == pytest.approx([1.96**2 / 2 / 204] * 3, rel=0.2)  # half of Wilson's interval, from 0


def test_the_curve_of_one_fold_says_so(trials):
    assert "Of a single fold" in curve_of(trials([0.4, 0.3, 0.2], sizes=(1, 2, 4)), None).note
    assert "Of a single fold" not in curve_of(trials([0.4, 0.3, 0.2], sizes=(1, 2, 4), n_folds=2), None).note


def test_a_rise_counts_as_the_same_share_of_the_error_that_is_left_with_all_data(trials):
    shares = [0.05 + 40 / size for size in (100, 200, 400, 800)]
    whole = effect(trials(shares, n=4000, longer=0.02), "longer")
    parts = effect(trials(shares, n=4000, n_training=1000, longer=0.02), "longer")
    assert whole.value == pytest.approx(0.08)
    assert parts.value == pytest.approx(0.08 * (0.05 + 40 / 1000) / (0.05 + 40 / 800), abs=0.0005)
    assert parts.low < 0.08 - (40 / 800 - 40 / 1000) < parts.value < 0.08 < parts.high
    assert effect(trials(shares, n=4000, n_training=1000, longer=0.15), "longer").value == pytest.approx(-0.05)


def test_trainings_that_differ_from_fold_to_fold_widen_the_interval(trials):
    same = trials([0.3, 0.2, 0.1], sizes=(1, 2, 4), n_folds=4)
    assert same.chance_of_trainings == 0
    error = same.error.copy()
    error[2, (same.fold == 0) | (same.fold == 1)] = 1.0  # two trainings went wrong
    apart = type(same)(same.of, False, False, same.sizes, error, same.fold, same.n_training)
    assert apart.chance_of_trainings > 0.05
