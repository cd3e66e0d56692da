import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from hem_core.errors import DataError
from hem_core.folds.assign import assign
from hem_core.folds.linear_head import cross_fit_head


def clusters(n, n_classes, width, *, apart, seed=0):
    """Rows around one centre a class, `apart` times their spread from the middle."""
    chance = np.random.default_rng(seed)
    targets = np.arange(n) % n_classes
    centres = chance.normal(size=(n_classes, width))
    return (apart * centres[targets] + chance.normal(size=(n, width))).astype(np.float32), targets


def test_classes_far_apart_are_told_apart_out_of_sample():
    embeddings, targets = clusters(600, 3, 16, apart=4)
    heads = cross_fit_head(embeddings, targets, assign(targets, 5, seed=0), 3, seed=0)
    assert heads.logits.shape == (600, 3)
    assert (heads.logits.argmax(axis=1) == targets).all()


def test_random_labels_are_guessed_no_better_than_by_chance():
    """As many columns as a head needs to learn its rows by heart: any leak would show."""
    chance = np.random.default_rng(0)
    embeddings, targets = chance.normal(size=(1500, 400)), chance.integers(0, 5, 1500)
    heads = cross_fit_head(embeddings, targets, assign(targets, 5, seed=0), 5, seed=0, penalty=1e-3)
    assert abs((heads.logits.argmax(axis=1) == targets).mean() - 0.2) < 0.04


def test_a_fold_equals_scikit_learn_s_logistic_regression():
    embeddings, targets = clusters(900, 4, 12, apart=0.6)
    embeddings = embeddings @ np.random.default_rng(1).normal(size=(12, 12)) + 5  # correlated, off the origin
    fold = assign(targets, 3, seed=0)
    heads = cross_fit_head(embeddings, targets, fold, 4, seed=0, penalty=0.02)
    trained = fold != 1
    mean, deviation = embeddings[trained].mean(axis=0), embeddings[trained].std(axis=0)
    theirs = LogisticRegression(C=1 / (0.02 * 600), tol=1e-8, max_iter=1000)
    theirs.fit((embeddings[trained] - mean) / deviation, targets[trained])
    wanted = theirs.decision_function((embeddings[~trained] - mean) / deviation) * heads.sharpness[1]
    np.testing.assert_allclose(heads.logits[~trained], log_softmax(wanted, axis=1), atol=2e-2)


def test_probabilities_are_as_sure_as_they_are_right():
    """Shrunken weights alone are too modest by far: here .57 for 80% that are right."""
    embeddings, targets = clusters(3000, 3, 4, apart=0.8)
    heads = cross_fit_head(embeddings, targets, assign(targets, 5, seed=0), 3, seed=0, penalty=1.0)
    is_right = heads.logits.argmax(axis=1) == targets
    assert abs(np.exp(heads.logits.max(axis=1)).mean() - is_right.mean()) < 0.03
    assert heads.sharpness.min() > 1.5


def test_flipped_labels_of_digits_stand_out_more_than_with_a_weaker_penalty():
    """1,797 real digits by their pixels, a tenth of them flipped: average precision .98 to .99, and .91 for 1e-3."""
    embeddings, truth = load_digits(return_X_y=True)
    chance = np.random.default_rng(0)
    is_wrong = chance.random(len(truth)) < 0.1
    given = np.where(is_wrong, (truth + chance.integers(1, 10, len(truth))) % 10, truth)
    fold = assign(given, 5, seed=0)

    def precision(**how):
        logits = cross_fit_head(embeddings, given, fold, 10, seed=0, **how).logits.copy()
        of_label = logits[np.arange(len(given)), given].copy()
        logits[np.arange(len(given)), given] = -np.inf
        return average_precision_score(is_wrong, logits.max(axis=1) - of_label)

    assert precision() > 0.97
    assert precision() > precision(penalty=1e-3) + 0.04


def test_rows_are_predicted_by_the_head_that_did_not_see_them_and_by_all_when_none_did():
    embeddings, targets = clusters(60, 2, 3, apart=1)
    fold = assign(targets, 3, seed=0)
    heads = cross_fit_head(embeddings, targets, fold, 2, seed=0)
    np.testing.assert_array_equal(heads.predict(embeddings, fold), heads.logits)
    each = np.stack([heads.predict(embeddings, np.full(60, one)) for one in range(3)])
    np.testing.assert_allclose(heads.predict(embeddings, np.full(60, -1)), each.mean(axis=0), atol=1e-6)
    assert not np.allclose(each[0], each[1])


def test_rows_without_a_label_or_without_a_fold_teach_nothing():
    embeddings, targets = clusters(60, 2, 3, apart=1)
    fold = assign(targets, 3, seed=0)
    more = np.vstack([embeddings, np.full((5, 3), 1e6, dtype=np.float32)])
    heads = cross_fit_head(more, np.append(targets, [-1, -1, 0, 1, 1]), np.append(fold, [0, 1, -1, -1, -1]), 2, seed=0)
    np.testing.assert_array_equal(heads.logits[:60], cross_fit_head(embeddings, targets, fold, 2, seed=0).logits)


def test_a_class_that_a_training_never_saw_gets_laplace_s_share():
    embeddings, targets = clusters(20, 2, 3, apart=2)
    targets = np.append(targets, 2)
    embeddings = np.vstack([embeddings, np.zeros((1, 3), dtype=np.float32)])
    fold = np.append(np.arange(20) // 10, 0)
    heads = cross_fit_head(embeddings, targets, fold, 3, seed=0)
    assert np.exp(heads.logits[20, 2]) == pytest.approx(1 / 12)  # 10 rows in that training
    np.testing.assert_allclose(np.exp(heads.logits).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_twenty_rows_of_one_column_beside_a_constant_one(dtype):
    targets = np.arange(20) % 2
    fold = assign(targets, 5, seed=0)
    column = (targets * 2 - 1)[:, None].astype(dtype)
    heads = cross_fit_head(column, targets, fold, 2, seed=0)
    assert (heads.logits.argmax(axis=1) == targets).all()
    beside = cross_fit_head(np.hstack([column, np.full((20, 1), 12345.6, dtype)]), targets, fold, 2, seed=0)
    np.testing.assert_allclose(beside.logits, heads.logits, atol=1e-4)


def test_one_class_alone_in_a_training_and_columns_that_say_nothing():
    heads = cross_fit_head(np.ones((4, 2)), np.array([0, 0, 0, 1]), np.array([1, 1, 1, 0]), 2, seed=0)
    np.testing.assert_allclose(np.exp(heads.logits[3]), [0.8, 0.2], rtol=1e-5)


def test_chance_comes_from_the_seed_alone_and_progress_is_told():
    embeddings, targets = clusters(300, 3, 8, apart=0.5)
    fold = assign(targets, 3, seed=0)
    state, told = torch.get_rng_state(), []
    first = cross_fit_head(embeddings, targets, fold, 3, seed=7, progress=lambda *at: told.append(at))
    np.random.random()
    torch.testing.assert_close(torch.get_rng_state(), state)
    np.testing.assert_array_equal(first.logits, cross_fit_head(embeddings, targets, fold, 3, seed=7).logits)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_an_embedding_that_is_not_finite_is_named():
    embeddings = np.zeros((4, 2))
    embeddings[2, 1] = np.nan
    with pytest.raises(DataError, match="row 2 has an embedding that is NaN"):
        cross_fit_head(embeddings, np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 2, seed=0)
