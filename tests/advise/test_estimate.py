import numpy as np
import pytest

from hem_core.advise.estimate import Estimate, combined, pooled, rule_of_three


def test_the_sum_of_two_has_the_interval_of_the_sum():
    one = Estimate(1.0, 0.0, 2.0)
    found = combined(lambda a, b: a + b, one, one)
    assert found.value == 2
    assert (found.low, found.high) == pytest.approx((2 - 2**0.5, 2 + 2**0.5), abs=0.08)


def test_each_side_keeps_its_width():
    found = combined(lambda a: a, Estimate(1.0, 0.9, 3.0))
    assert found.low == pytest.approx(0.9, abs=0.01)
    assert found.high == pytest.approx(3.0, abs=0.15)


def test_what_is_sure_counts_alone_in_a_product():
    found = combined(lambda a, b: a * b, Estimate(3.0, 3.0, 3.0), Estimate(2.0, 2.0, 2.0))
    assert found == Estimate(6.0, 6.0, 6.0)


def test_the_surer_of_two_sources_weighs_more():
    found = pooled(Estimate(0.0, -1.0, 1.0), Estimate(3.0, 2.5, 3.5))  # half as wide: four times the weight
    assert found.value == pytest.approx(2.4)
    assert found.high - found.value == pytest.approx(1 / 5**0.5)
    assert np.isclose(found.value - found.low, found.high - found.value)


def test_an_interval_without_width_cannot_be_weighted_until_it_is_widened():
    nothing = Estimate(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="without width"):
        pooled(Estimate(1.0, 0.0, 2.0), nothing)
    widened = nothing.at_least(rule_of_three(300))
    assert widened == Estimate(0.0, -0.01, 0.01)  # 3 of 300
    assert pooled(Estimate(1.0, 0.0, 2.0), widened).value == pytest.approx(0, abs=1e-3)
    assert Estimate(1.0, 0.5, 3.0).at_least(1.0) == Estimate(1.0, 0.0, 3.0)
