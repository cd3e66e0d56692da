import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.policies import diverse as module
from hem_core.selection.policies.diverse import diverse
from hem_core.selection.pool import pool_of


def on_circle(*degrees):
    angle = np.deg2rad(np.array(degrees, dtype=float))
    ids = [f"{k:03d}" for k in range(len(degrees))]
    return pool_of(pd.DataFrame({"id": ids}), np.stack([np.cos(angle), np.sin(angle)], axis=1))


def test_each_next_one_is_the_farthest_from_all_before():
    # The mean points to 29 degrees, next to 4; the farthest from there is 180, then 90, which is 86 from the nearer.
    assert diverse(on_circle(0, 2, 4, 90, 180), 3).rows.tolist() == [2, 4, 3]


def test_it_begins_with_the_first_of_the_policy_before():
    pool = on_circle(0, 2, 4, 90, 170).narrowed(np.array([3, 0, 1, 2, 4]), None)
    assert diverse(pool, 2).rows.tolist() == [3, 0]


def test_the_length_of_an_embedding_does_not_matter():
    pool = on_circle(0, 2, 4, 90, 180)
    longer = pool_of(pool.table, pool.given * np.array([[1], [9], [3], [0.1], [50]]))
    assert diverse(longer, 3).rows.tolist() == [2, 4, 3]


def test_beyond_the_greedy_picks_the_farthest_follow(monkeypatch):
    monkeypatch.setattr(module, "GREEDY", 2)
    assert diverse(on_circle(0, 2, 4, 90, 180), 4).rows.tolist() == [2, 4, 3, 0]


def test_without_embeddings_it_says_so():
    with pytest.raises(DataError, match="policy 'diverse' needs embeddings, and this run has none"):
        diverse(pool_of(pd.DataFrame({"id": ["a"]})), 1)
