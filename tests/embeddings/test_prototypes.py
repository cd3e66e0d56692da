import numpy as np

from hem_core.embeddings import prototypes as room
from hem_core.embeddings.prototypes import own_prototypes, prototypes


def test_prototypes_of_three_rows_in_two_classes():
    rows = np.array([[1, 0], [3, 2], [5, 5], [9, 9]], np.float16)
    means = prototypes(rows, np.array([0, 0, 2, -1]), 3)
    assert means.tolist() == [[2, 1], [0, 0], [5, 5]]
    assert own_prototypes(means, np.array([2, 0, -1])).tolist() == [[5, 5], [2, 1], [0, 0]]


def test_block_by_block_equals_all_at_once(monkeypatch):
    rng = np.random.default_rng(0)
    rows, targets = rng.normal(size=(100, 3)), rng.integers(-1, 4, 100)
    expected = np.stack([rows[targets == c].mean(axis=0) for c in range(4)])
    monkeypatch.setattr(room, "_BLOCK", 7)
    np.testing.assert_allclose(prototypes(rows, targets, 4), expected, atol=1e-6)


def test_no_rows_give_zeros():
    assert prototypes(np.empty((0, 2)), np.empty(0, np.int64), 2).tolist() == [[0, 0], [0, 0]]
