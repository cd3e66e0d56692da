import numpy as np
import pandas as pd

from hem_core.difficulty.axes import axes, percentiles


def test_percentiles_of_four_values_over_all_and_in_their_class():
    values = pd.Series([3.0, 1.0, 2.0, np.nan, 2.0])
    np.testing.assert_allclose(percentiles(values), [87.5, 12.5, 50, np.nan, 50])
    groups = pd.Series(["a", "a", "b", "b", "b"])
    np.testing.assert_allclose(percentiles(values, groups), [75, 25, 50, np.nan, 50])


def test_each_axis_takes_the_best_score_that_is_there():
    assert axes(["loss", "margin", "entropy"]) == {
        "label conflict": "margin",
        "input uncertainty": "entropy",
        "typicality": None,
        "learning dynamics": None,
    }
    recorded = axes(["aum", "aum_windowed", "confidence_mean", "confidence_mean_windowed", "margin"])
    assert recorded["label conflict"] == "aum_windowed"
    assert recorded["learning dynamics"] == "confidence_mean_windowed"
