"""Which tags usually come together, so that a tag without its usual companion is noticed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

USUAL = 0.8
"""Share of the examples with a tag that also have its companion, from which it is the usual one."""
LEAST = 20
"""Examples that must have the tag before anything is called usual."""


@dataclass(frozen=True, eq=False)
class Company:
    """Of K tags, how often each comes with each other."""

    share: np.ndarray
    """(K, K): of the examples with the row's tag, the share that also has the column's; NaN where too few have it."""
    count: np.ndarray
    """(K, K): the number of examples with the row's tag in which the column's is known."""


def company(given: np.ndarray) -> Company:
    """given (N, K): 1 yes, 0 no, NaN unknown."""
    is_given, is_known = (given > 0).astype(np.float64), (~np.isnan(given)).astype(np.float64)
    together, count = is_given.T @ is_given, is_given.T @ is_known  # (K, K)
    share = np.divide(together, count, out=np.full(count.shape, np.nan), where=count >= LEAST)
    np.fill_diagonal(share, np.nan)
    return Company(share, count.astype(np.int64))


def lacking(given: np.ndarray, found: Company) -> np.ndarray:
    """(N, K) int64: for each given tag the usual companion that the example is known not to have, -1 = none.

    Of several the most usual one.
    """
    usual = np.where(np.nan_to_num(found.share) >= USUAL, found.share, -1.0)  # (K, K)
    companion = np.full(given.shape, -1, np.int64)
    for k in np.flatnonzero((usual >= 0).any(axis=1)).tolist():
        order = [other for other in np.argsort(-usual[k], kind="stable").tolist() if usual[k, other] >= 0]
        for other in reversed(order):
            companion[(given[:, k] > 0) & (given[:, other] == 0), k] = other
    return companion
