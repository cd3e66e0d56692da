"""Test rows drawn at random, so that the parts of one example are never on both sides."""

from __future__ import annotations

import numpy as np


def draw(
    rows: np.ndarray, n_test: int, chance: np.random.Generator, owner: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a test and the other rows, both in random order.

    rows (M,) int64: positions in the level. owner (N,): a number for the example that each row of the level is a part
    of; None where rows are examples. Then the test takes whole examples until it has n_test rows or more.
    """
    drawn = chance.permutation(rows)
    if owner is None:
        return drawn[:n_test], drawn[n_test:]
    order = np.argsort(chance.permutation(owner.max() + 1)[owner[drawn]], kind="stable")
    drawn = drawn[order]
    is_last = np.append(np.diff(owner[drawn]) != 0, True)
    ends = np.flatnonzero(is_last) + 1
    end = ends[np.searchsorted(ends, n_test)]
    return drawn[:end], chance.permutation(drawn[end:])
