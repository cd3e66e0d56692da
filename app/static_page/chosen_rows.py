"""Which rows of a level a page holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hem_core.store.level_names import counted

if TYPE_CHECKING:
    from hem_core.store.level import Level

SEED = 0


@dataclass(frozen=True, eq=False)
class ChosenRows:
    """Rows of a level, ascending, and how they were chosen."""

    rows: np.ndarray
    """(M,) int64."""
    hardest: np.ndarray
    """The same rows, the hardest first."""
    sentence: str
    """What the reader has to know of the choice; "" where nothing was left out."""


def chosen_rows(level: Level, candidates: np.ndarray, limit: int) -> ChosenRows:
    """The candidates, or of more than `limit` the hardest and as many at random of the others; the same ones every
    time."""
    difficulty = _difficulty(level)[candidates]
    order = candidates[np.argsort(-difficulty, kind="stable")]
    if len(order) <= limit:
        return ChosenRows(np.sort(order), order, _narrowed(level, len(candidates)))
    n_hard = (limit + 1) // 2
    others = np.random.default_rng(SEED).choice(order[n_hard:], limit - n_hard, replace=False)
    rows = np.sort(np.concatenate([order[:n_hard], others]))
    words = f"{limit:,} of {counted(len(candidates), level.name)}: the {n_hard:,} hardest and {limit - n_hard:,} at "
    words += f"random of the others. Counts and shares on this page are of these {limit:,}. "
    is_kept = np.isin(order, rows)
    return ChosenRows(rows, order[is_kept], words + _narrowed(level, len(candidates)))


def _narrowed(level: Level, n: int) -> str:
    return f"{counted(n, level.name)} of {level.n:,} met the condition of this copy." if n < level.n else ""


def _difficulty(level: Level) -> np.ndarray:
    """(N,) float; missing values are the easiest."""
    if "difficulty" not in level.source.columns:
        return np.zeros(level.n)
    values = pd.Series(level.table(["difficulty"])["difficulty"])
    return np.nan_to_num(values.to_numpy(np.float64, na_value=np.nan), nan=-np.inf)
