import numpy as np

from hem_core.reasons.top_logits import top_logits


def test_what_is_not_kept_is_shared_by_the_other_classes():
    kept = {
        "top_classes": np.array([[2, 0], [1, 3]]),
        "top_probs": np.array([[0.5, 0.2], [0.6, 0.3]]),
        "label_prob": np.array([0.1, 0.6]),
    }
    probs = np.exp(top_logits(kept, np.array([1, 1]), 5))
    np.testing.assert_allclose(probs, [[0.2, 0.1, 0.5, 0.1, 0.1], [0.1 / 3, 0.6, 0.1 / 3, 0.3, 0.1 / 3]], rtol=1e-5)


def test_two_classes_are_kept_whole_and_no_prediction_gives_none():
    kept = {"top_classes": np.array([[1, 0]]), "top_probs": np.array([[1.0, 0.0]]), "label_prob": np.array([0.0])}
    found = top_logits(kept, np.array([0]), 2)
    assert np.isfinite(found).all()
    assert found[0, 1] == 0
    assert top_logits({name: values[:0] for name, values in kept.items()}, np.zeros(0, int), 2).shape == (0, 2)
