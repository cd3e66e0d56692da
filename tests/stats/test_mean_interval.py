import numpy as np
import pytest

from hem_core.stats.mean_interval import mean_interval


def test_the_interval_of_one_number_has_no_ends_and_that_of_three_is_by_student():
    mean, *ends = mean_interval([0.5])
    assert mean == 0.5
    assert np.isnan(ends).all()
    found = mean_interval([0.0, 0.1, 0.2])  # sd .1, t of two degrees of freedom 4.303: .1 ± 4.303 * .1 / √3
    half = 4.303 * 0.1 / 3**0.5
    assert found == pytest.approx((0.1, 0.1 - half, 0.1 + half), abs=1e-4)
