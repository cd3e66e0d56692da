import numpy as np
import pandas as pd

from hem_core.selection.weights import is_suspect, weights


def test_a_weight_is_the_root_of_the_loss_over_the_median_from_one_to_four():
    # median 1: roots .5, 1, 2 and 10
    np.testing.assert_allclose(
        weights(pd.DataFrame({"loss": [0.25, 1.0, 1.0, 4.0, 100.0, 1.0, 0.5]})), [1, 1, 1, 2, 4, 1, 1]
    )


def test_the_loss_of_a_model_that_had_not_seen_them_comes_first():
    chosen = pd.DataFrame({"loss": [9.0, 1.0, 1.0], "loss_oos": [1.0, 1.0, 9.0]})
    np.testing.assert_allclose(weights(chosen), [1, 1, 3])


def test_unreviewed_suspects_corrected_and_unknown_ones_count_one():
    chosen = pd.DataFrame(
        {
            "loss": [9.0, 9.0, 9.0, np.nan, 1.0, 1.0, 1.0, 1.0, 1.0],
            "reason": ["mislabelled", "mislabelled", "easy"] + ["easy"] * 6,
            "verdict": ["", "hard", "mislabelled"] + [""] * 6,
            "label": ["x", "x", "y"] + ["x"] * 6,
            "label_before": ["x"] * 9,
        }
    )
    assert is_suspect(chosen).tolist() == [True, *[False] * 8]
    np.testing.assert_allclose(weights(chosen), [1, 3, 1, 1, 1, 1, 1, 1, 1])


def test_without_losses_or_with_none_above_zero_all_count_one():
    assert weights(pd.DataFrame({"id": ["a", "b"]})).tolist() == [1, 1]
    assert weights(pd.DataFrame({"loss": [0.0, 0.0, 3.0]})).tolist() == [1, 1, 1]
    assert weights(pd.DataFrame({"loss": []})).tolist() == []
