"""AUROC against its definition: all pairs, ties as half."""

import numpy as np
import pytest

from hem_core.stats.auroc import auroc


def test_it_is_the_share_of_the_pairs_in_the_right_order():
    chance = np.random.default_rng(0)
    planted, others = chance.integers(2, 9, 40) / 8, chance.integers(0, 8, 300) / 8
    pairs = planted[:, None] - others[None]
    assert auroc(planted, others) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())


def test_it_is_one_where_all_are_above_and_a_half_where_all_are_equal():
    assert auroc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1
    assert auroc(np.ones(2), np.ones(3)) == 0.5
