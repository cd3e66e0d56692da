import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from hem_core.stats.rank_shift import rank_shift


def counted(x, y):
    values = np.unique(np.concatenate([x, y]))
    return [np.bincount(np.searchsorted(values, part), minlength=len(values)) for part in (x, y)]


@pytest.mark.parametrize("seed", range(5))
def test_the_test_agrees_with_scipy_with_ties(seed):
    draw = np.random.default_rng(seed)
    x, y = draw.integers(0, 6, 40), draw.integers(1, 8, 90)
    found, wanted = rank_shift(*counted(x, y)), mannwhitneyu(x, y, method="asymptotic")
    assert found.p == pytest.approx(wanted.pvalue)
    assert found.higher == pytest.approx(wanted.statistic / (40 * 90))
    pairs = np.sign(x[:, None] - y[None])
    assert found.higher == pytest.approx(np.mean(pairs > 0) + np.mean(pairs == 0) / 2)


def test_the_interval_holds_the_truth_95_times_of_100():
    draw, truth, hits = np.random.default_rng(0), norm.cdf(0.8 / np.sqrt(2)), []
    for _ in range(800):
        found = rank_shift(*counted(draw.normal(0.8, 1, 30), draw.normal(0, 1, 100)))
        hits.append(found.low <= truth <= found.high)
    assert np.mean(hits) == pytest.approx(0.95, abs=0.025)


def test_without_overlap_the_shift_is_whole_and_its_interval_is_not_a_point():
    found = rank_shift(np.array([0, 10]), np.array([30, 0]))
    assert found.higher == found.high == 1
    assert 0.5 < found.low < 1
    assert rank_shift(np.array([7]), np.array([9])).p == 1  # all the same
