import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.policies.cover import cover
from hem_core.selection.pool import pool_of


def clumps(*sizes):
    """Clumps at right angles to each other, the first of sizes[0] examples, and so on."""
    axis = np.repeat(np.arange(len(sizes)), sizes)
    x = np.eye(len(sizes))[axis] + np.random.default_rng(0).normal(0, 0.01, (len(axis), len(sizes)))
    return pool_of(pd.DataFrame({"id": [f"{k:03d}" for k in range(len(axis))]}), x), axis


def test_the_largest_clumps_are_covered_first():
    pool, clump = clumps(5, 20, 50, 1)
    assert clump[cover(pool, 3).rows].tolist() == [2, 1, 0]


def test_its_cover_is_as_good_as_that_of_an_exact_greedy_within_a_hundredth():
    x = np.random.default_rng(3).normal(size=(300, 5))
    pool = pool_of(pd.DataFrame({"id": [f"{k:03d}" for k in range(300)]}), x)
    near = pool.directions("") @ pool.directions("").T
    best = np.full(300, -1.0)
    for _ in range(20):
        best = np.maximum(best, near[np.maximum(near - best, 0).sum(axis=1).argmax()])
    assert near[cover(pool, 20).rows].max(axis=0).mean() > best.mean() - 0.01


def test_without_embeddings_it_says_so():
    with pytest.raises(DataError, match="policy 'cover' needs embeddings"):
        cover(pool_of(pd.DataFrame({"id": ["a"]})), 1)
