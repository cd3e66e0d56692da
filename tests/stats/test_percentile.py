import numpy as np
from scipy.stats import rankdata

from hem_core.stats.percentile import percentile, percentile_within


def test_percentiles_are_mid_ranks():
    values = np.random.default_rng(0).integers(0, 20, 200)
    np.testing.assert_allclose(percentile(values), (rankdata(values) - 0.5) / 200 * 100)


def test_one_value_is_in_the_middle_and_nan_stays_nan():
    assert percentile(np.array([3.0])).tolist() == [50]
    assert percentile(np.array([])).tolist() == []
    np.testing.assert_array_equal(percentile(np.array([1, np.nan, 2, np.inf])), [100 / 6, np.nan, 50, 500 / 6])


def test_within_a_group_only_its_own_members_count():
    values, groups = np.array([10, 1, 20, 2, 5.0]), np.array([0, 1, 0, 1, -1])
    np.testing.assert_array_equal(percentile_within(values, groups), [25, 25, 75, 75, np.nan])
