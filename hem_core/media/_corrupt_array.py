"""Arrays of any other meaning spoiled on purpose: features, standardised pictures, token numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def corrupt(
    values: np.ndarray, kinds: Sequence[str], partners: np.ndarray, *, table: np.ndarray, seed: int
) -> np.ndarray:
    """Spoil each array as its kind says.

    values, partners (P, …) numbers; partners count for "ambiguous" alone. table (M, …): more of the same data,
    which tell how the numbers are spread. kinds: P of
    ambiguous  floats: .45 to .55 of the one and the rest of the other; whole numbers (tokens): two halves joined
    outlier    its numbers in random places, or each from an array of its own
    rare       arrays of two axes and more: turned by a quarter or a half, or a corner of the last two axes enlarged;
               flat floats: a third of them from the lowest or highest half percent of their place;
               whole numbers: every second one a number that is seldom
    anything else (mislabelled, …)  as it is
    Returns an array like values; row i depends on the seed, i, the two rows and the table alone.
    """
    result = values.copy()
    for row, name in enumerate(kinds):
        rng = np.random.default_rng((seed, row))
        if name == "ambiguous":
            result[row] = _mixed(values[row], partners[row], rng)
        elif name == "outlier":
            result[row] = _permuted(values[row], rng) if rng.random() < 0.5 else _gathered(table, rng)
        elif name == "rare":
            result[row] = _atypical(values[row], table, rng)
    return result


def _mixed(one: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if one.dtype.kind == "f":
        share = rng.uniform(0.45, 0.55)
        return share * one + (1 - share) * other
    half = one.shape[0] // 2
    first, last = (one, other) if rng.random() < 0.5 else (other, one)
    return np.concatenate([first[:half], last[half:]])


def _permuted(one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(one.reshape(-1)).reshape(one.shape)


def _gathered(table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    flat = table.reshape(len(table), int(np.prod(table.shape[1:])))  # (M, …) -> (M, F)
    chosen = flat[rng.integers(0, len(flat), flat.shape[1]), np.arange(flat.shape[1])]
    return chosen.reshape(table.shape[1:])


def _atypical(one: np.ndarray, table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if one.dtype.kind != "f":
        return _with_seldom(one, table, rng)
    if one.ndim < 2 or min(one.shape[-2:]) < 4:
        return _in_the_tails(one, table, rng)
    is_square = one.shape[-1] == one.shape[-2]
    if rng.random() < 0.5:
        return np.rot90(one, int(rng.integers(1, 4)) if is_square else 2, axes=(-2, -1))
    start = rng.integers(0, 2, 2)  # which corner
    height, width = one.shape[-2:]
    rows = start[0] * (height - height * 3 // 5) + np.arange(height) * 3 // 5
    columns = start[1] * (width - width * 3 // 5) + np.arange(width) * 3 // 5
    return one[..., np.minimum(rows, height - 1)[:, None], np.minimum(columns, width - 1)]


def _in_the_tails(one: np.ndarray, table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    changed, flat = one.reshape(-1).copy(), table.reshape(len(table), -1)
    for place in rng.choice(len(changed), max(1, len(changed) // 3), replace=False):
        changed[place] = np.nanquantile(flat[:, place], rng.choice([0.0025, 0.9975]))
    return changed.reshape(one.shape)


def _with_seldom(one: np.ndarray, table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    numbers, counts = np.unique(table, return_counts=True)
    seldom = numbers[np.argsort(counts, kind="stable")[: max(1, len(numbers) // 10)]]
    changed = one.copy()
    flat = changed.reshape(-1)
    every = slice(int(rng.integers(2)), None, 2)
    flat[every] = seldom[rng.integers(0, len(seldom), len(flat[every]))]
    return changed
