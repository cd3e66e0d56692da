from math import comb

import pytest

from hem_core.stats.mcnemar import mcnemar


def test_five_fixed_and_none_regressed_is_two_in_thirty_two():
    assert mcnemar(5, 0) == mcnemar(0, 5) == pytest.approx(2 / 32)


def test_an_even_split_and_no_change_are_no_evidence():
    assert mcnemar(7, 7) == 1
    assert mcnemar(0, 0) == 1


@pytest.mark.parametrize(("fixed", "regressed"), [(12, 3), (40, 22), (1, 6)])
def test_p_is_twice_the_tail_of_the_binomial(fixed, regressed):
    n, few = fixed + regressed, min(fixed, regressed)
    assert mcnemar(fixed, regressed) == pytest.approx(2 * sum(comb(n, k) for k in range(few + 1)) / 2**n)


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="0 or more; there were -1 fixed"):
        mcnemar(-1, 0)
