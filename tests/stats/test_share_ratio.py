import numpy as np
import pytest

from hem_core.stats.share_ratio import share_ratio


def test_a_ratio_of_shares_lies_inside_its_interval():
    ratio, low, high = share_ratio(62, 100, 100, 1000)
    assert float(ratio) == pytest.approx(6.2)
    assert 1 < low < 6.2 < high


def test_what_is_nowhere_else_has_a_lower_end_alone():
    ratio, low, high = share_ratio([5, 0], [10, 20], [0, 30], [100, 100])
    assert np.isinf([ratio[0], high[0]]).all()
    assert low[0] > 1
    assert (ratio[1], low[1]) == (0, 0)
    assert 0 < high[1] < 1


def test_neither_share_known_to_be_above_0_says_nothing():
    ratio, low, high = share_ratio(0, 10, 0, 10)
    assert np.isnan(ratio)
    assert (low, high) == (0, np.inf)


@pytest.mark.parametrize(
    ("n", "m", "p", "q"), [(50, 500, 0.3, 0.1), (20, 1000, 0.2, 0.02), (200, 200, 0.5, 0.5), (30, 300, 0.9, 0.5)]
)
def test_the_interval_holds_the_truth_95_times_of_100(n, m, p, q):
    draw = np.random.default_rng(0)
    _ratio, low, high = share_ratio(draw.binomial(n, p, 20_000), n, draw.binomial(m, q, 20_000), m)
    assert np.mean((low <= p / q) & (p / q <= high)) == pytest.approx(0.95, abs=0.015)


def test_the_ratio_the_other_way_round_is_the_reciprocal():
    one, other = share_ratio(12, 40, 30, 300), share_ratio(30, 300, 12, 40)
    assert [float(x) for x in one] == pytest.approx([1 / float(x) for x in (other[0], other[2], other[1])])
