import numpy as np
import pytest

from hem_core.advise.power_law import fit

SIZES = np.array([100, 200, 400, 800])


def test_a_known_law_is_found_again_and_extrapolated():
    law = 0.05 + 2.0 * SIZES**-0.5
    found = fit(SIZES, law[None])
    assert found.exponent[0] == pytest.approx(0.5, abs=0.02)
    assert found.asymptote[0] == pytest.approx(0.05, abs=0.004)
    assert found.error(np.array([3200]))[0, 0] == pytest.approx(0.05 + 2.0 * 3200**-0.5, abs=0.002)


def test_a_flat_curve_stays_flat_and_one_that_rises_is_not_followed():
    found = fit(SIZES, np.array([[0.2, 0.2, 0.2, 0.2], [0.1, 0.2, 0.3, 0.4]]))
    assert found.scale[0] == pytest.approx(0, abs=1e-9)
    assert found.scale[1] == 0
    assert found.error(np.array([100, 10_000]))[0].tolist() == pytest.approx([0.2, 0.2])


def test_no_law_falls_below_no_error():
    found = fit(SIZES, np.array([[0.4, 0.2, 0.1, 0.0]]))
    assert found.asymptote[0] == 0
    assert (found.error(np.array([800, 80_000])) >= 0).all()


def test_two_sizes_are_too_few():
    with pytest.raises(ValueError, match="3 parameters; there are 2 sizes"):
        fit(SIZES[:2], np.array([[0.2, 0.1]]))
