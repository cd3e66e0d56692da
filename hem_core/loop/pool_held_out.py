"""Which examples of one data set are kept for the test, and which may be mined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError
from hem_core.splits import part_of


@dataclass(frozen=True, eq=False)
class HeldOut:
    """`rows` (T,) positions of the test set, ascending; `is_pool` (N,) bool, what may be mined; `words` of a report."""

    rows: np.ndarray
    is_pool: np.ndarray
    words: dict[str, Any]


def split_test(catalog: pa.Table, is_labelled: np.ndarray) -> HeldOut | None:
    """The labelled rows whose column `split` says test, or else validation; None without such a column or word.

    Mined are the rows of the training part and those without a word; any other word is left alone.
    is_labelled (N,) bool: can be read, and has a label.
    """
    if "split" not in catalog.column_names:
        return None
    values = catalog["split"].to_pylist()
    parts = np.array([part_of(value) for value in values], dtype=object)
    word = next((part for part in ("test", "validation") if (parts == part).any()), None)
    if word is None:
        return None
    rows = np.flatnonzero((parts == word) & is_labelled)
    words = {"how": "split", "what": f"{len(rows):,} examples whose split is {word}", "n": len(rows)}
    is_blank = np.array([not str(value or "").strip() for value in values], dtype=bool)
    return HeldOut(rows, (parts == "train") | is_blank, words)


def drawn_test(
    strata: np.ndarray, is_labelled: np.ndarray, share: float, seed: int, *, are_classes: bool = True
) -> HeldOut:
    """A share (0 < share < 1) of each stratum, drawn; a stratum of one example stays in the pool.

    strata (N,) int64, classes or what else the examples are spread evenly by; is_labelled (N,) bool: can be read, and
    has a label. The same seed draws the same rows.
    Raises DataError when the share is none, or leaves no test set.
    """
    if not 0 < share < 1:
        raise DataError(f"--test-share expects a share between 0 and 1; got {share}")
    chance, parts = np.random.default_rng(seed), []
    for stratum in np.unique(strata[is_labelled]):
        rows = chance.permutation(np.flatnonzero(is_labelled & (strata == stratum)))
        parts.append(rows[: min(len(rows) - 1, max(1, round(share * len(rows))))])
    rows = np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    if not len(rows):
        why = "no class has two labelled examples" if are_classes else "too few examples have a label"
        raise DataError(f"no test set can be drawn: {why}; pass one with --test")
    is_pool = np.ones(len(strata), bool)
    is_pool[rows] = False
    how = f"{share:.0%} of each class, drawn" if are_classes else f"about {share:.0%}, drawn evenly"
    words = {"how": "drawn", "what": f"{len(rows):,} examples, {how}", "n": len(rows)}
    return HeldOut(rows, is_pool, words)
