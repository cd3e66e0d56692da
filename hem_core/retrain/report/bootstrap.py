"""Intervals of differences between arms: over test examples and seeds together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from hem_core.retrain.report.measures import Groups, measured
from hem_core.stats.seed_weights import seed_weights

DRAWS = 1000
AT_ONCE = 50
TARGET = 1
"""The place of the targeted slice among the measures."""


def measured_again(
    sums: Sequence[Sequence[sparse.csr_matrix]],
    groups: Groups,
    *,
    spreads: tuple[float, ...] = (),
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """The measures of A arms with S seeds each, as they are (A, S, M), and in B draws, mean over seeds (B, A, M).

    sums[a][s]: of `measures.sums`, (T, C). One draw takes T examples with replacement and weighs the seeds by
    `seed_weights`, both the same for all arms: so what the arms share cancels in their difference. spreads: as for
    `measures.measured`. Draws of what one example alone carries are NaN.
    """
    n_arms, n_seeds, n = len(sums), len(sums[0]), groups.members.get_shape()[0]
    generator = np.random.default_rng(seed)
    once = np.ones((1, n))
    point = np.array(
        [[measured(once @ each, once @ groups.members, groups, spreads)[0] for each in arm] for arm in sums]
    )  # (A, S, M)
    found = np.empty((draws, n_arms, point.shape[2]))
    for start in range(0, draws, AT_ONCE):
        n_now = min(AT_ONCE, draws - start)
        counts = np.stack([np.bincount(generator.integers(n, size=n), minlength=n) for _ in range(n_now)])
        weights = seed_weights(n_seeds, n_now, generator)
        sizes = counts @ groups.members  # (B, groups)
        for arm in range(n_arms):
            each = np.stack([measured(counts @ one, sizes, groups, spreads) for one in sums[arm]], axis=1)  # (B, S, M)
            found[start : start + n_now, arm] = (each * weights[:, :, None]).sum(axis=1)
    if n == 1:
        found[:] = np.nan
    elif groups.sizes[0] == 1:
        found[:, :, TARGET] = np.nan
    return point, found
