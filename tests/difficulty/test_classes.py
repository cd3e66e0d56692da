import numpy as np
import pandas as pd

from hem_core.difficulty.axes import axes, percentiles
from hem_core.difficulty.classes import classes

TABLE = pd.DataFrame(
    {
        "label": ["cat", "cat", "cat", "cat", "dog", None],
        "predicted": ["cat", "dog", "dog", "fox", "dog", "cat"],
        "is_correct": [True, False, False, False, True, False],
        "reason": ["easy", "mislabelled", "subtle", "rare", "easy", "easy"],
        "difficulty": [10.0, 90.0, 80.0, 60.0, 20.0, 50.0],
    }
)


def test_a_class_with_three_errors_of_four():
    cat = classes(TABLE, ["cat", "dog", "fox"]).iloc[0]
    assert (cat["support"], cat["errors"], cat["error"]) == (4, 3, 0.75)
    assert (cat["hard"], cat["hard_share"], cat["difficulty"]) == (3, 0.75, 60)
    assert (cat["confused_with"], cat["confused"]) == ("dog", 2)
    assert cat["error_low"] < 0.75 < cat["error_high"]


def test_a_class_without_examples_has_no_error_and_no_confusion():
    fox = classes(TABLE, ["cat", "dog", "fox"]).iloc[2]
    assert fox["support"] == 0
    assert np.isnan(fox["error"])
    assert fox["confused_with"] is None
    assert len(classes(TABLE.head(0), ["cat"])) == 1


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
