"""Which rows a cross-fitted model is not trained on."""

from __future__ import annotations

import numpy as np

from hem_core.errors import DataError


def assign(targets: np.ndarray, n_folds: int, *, groups: np.ndarray | None = None, seed: int) -> np.ndarray:
    """Deal rows into folds: every class as evenly as can be, a group of near-duplicates never parted.

    targets (N,) int64, -1 = no label; groups (N,) int64: number of the group of duplicates, -1 = none.
    Returns (N,) int64 in [0, n_folds), -1 for rows without a label. Without groups each class and the whole differ
    by at most 1 between folds. A class of one row is left out of one training; one of more never, unless all of them
    are in groups that allow it no other place. The same seed gives the same folds.
    Raises DataError for fewer than 2 folds, and for more folds than rows that may be parted.
    """
    targets = np.asarray(targets, dtype=np.int64)
    fold = np.full(len(targets), -1, dtype=np.int64)
    group_of = np.full(len(targets), -1, dtype=np.int64) if groups is None else np.asarray(groups, dtype=np.int64)
    single, together = _units(targets, group_of)
    _check(n_folds, len(single) + len(together))
    chance = np.random.default_rng(seed)
    turn = chance.permutation(n_folds)  # who comes first where folds are alike
    classes, label = np.unique(targets, return_inverse=True)
    counts = np.zeros((len(classes), n_folds), dtype=np.int64)  # rows of a class in a fold so far
    totals = np.bincount(label, minlength=len(classes))
    for rows in together:
        kinds, sizes = np.unique(label[rows], return_counts=True)
        chosen = _best_fold(counts[kinds], sizes, totals[kinds], counts.sum(axis=0), turn)
        counts[kinds, chosen] += sizes
        fold[rows] = chosen
    for kind in np.unique(label[single]):
        rows = chance.permutation(single[label[single] == kind])
        quota = _quota(counts[kind], len(rows), counts.sum(axis=0), turn)
        counts[kind] += quota
        fold[rows] = np.repeat(np.arange(n_folds), quota)
    return fold


def _units(targets: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Labelled rows that stand alone, and those of each group of two or more, the largest group first."""
    labelled = np.flatnonzero(targets >= 0)
    grouped = labelled[groups[labelled] >= 0]
    grouped = grouped[np.argsort(groups[grouped], kind="stable")]
    _, starts = np.unique(groups[grouped], return_index=True)
    parts = np.split(grouped, starts[1:]) if len(grouped) else []
    alone = [part for part in parts if len(part) == 1]
    single = np.sort(np.concatenate([labelled[groups[labelled] < 0], *alone]))
    return single, sorted((part for part in parts if len(part) > 1), key=lambda rows: (-len(rows), rows[0]))


def _best_fold(
    counts: np.ndarray, sizes: np.ndarray, totals: np.ndarray, filled: np.ndarray, turn: np.ndarray
) -> np.intp:
    """The fold that leaves no class without training rows, has fewest of the group's classes, and is emptiest.

    counts (c, F): rows of the group's c classes by fold; sizes (c,): rows of each in the group; totals (c,): in all.
    """
    takes_all = (counts + sizes[:, None] == totals[:, None]) & (totals > sizes)[:, None]  # (c, F)
    crowding = (counts * sizes[:, None]).sum(axis=0)
    return np.lexsort((turn, filled, crowding, takes_all.sum(axis=0)))[0]


def _quota(counts: np.ndarray, n: int, filled: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """How many of n rows each fold takes so that `counts` (F,) become level; the odd ones go where fewest rows are."""
    ascending = np.sort(counts)
    level = ((n + ascending.cumsum()) // np.arange(1, len(counts) + 1)).min()
    quota = np.maximum(level - counts, 0)
    is_level = counts + quota == level
    first = np.lexsort((turn, filled + quota, ~is_level))
    quota[first[: n - quota.sum()]] += 1
    return quota


def _check(n_folds: int, n_units: int) -> None:
    if n_folds < 2:
        raise DataError(f"cross-fitting wants at least 2 folds; got {n_folds}")
    if n_units < n_folds:
        raise DataError(
            f"{n_folds} folds want at least {n_folds} labelled rows that are no near-duplicates of each other; "
            f"there are {n_units}; ask for fewer folds"
        )
