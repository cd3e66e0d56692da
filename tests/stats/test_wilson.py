import numpy as np

from hem_core.stats.wilson import wilson


def test_wilson_of_one_in_ten_as_in_newcombe_1998():
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    np.testing.assert_allclose(low, [0.2553, 0.0624, 0.0, 0.0061], atol=1e-4)
    np.testing.assert_allclose(high, [0.3662, 0.1605, 0.1611, 0.1718], atol=1e-4)


def test_nothing_counted_is_nothing_known():
    assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]
