"""A chosen set and what was left out, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Selected:
    """A chosen set; `examples` and `left_out` together are the candidates."""

    examples: pd.DataFrame
    """The run's columns and `verdict`, `tags`, `reviewer`, `label` (corrected), `label_before`, `weight` (1 .. 4),
    `rank` (1 = picked first) and `picked_by`; in order of `rank`."""
    left_out: pd.DataFrame
    """`id` and `why`, words, of every candidate that was not chosen."""
    counts: dict[str, int]
    """The words of `left_out` -> how many, the most first."""
    settings: dict[str, Any]
    """JSON: what was asked for; `select` with the same gives the same."""
    candidates: pd.DataFrame
    """All that match, by `row`: id, label, label_before, verdict, scores, `is_ruled_out` (verdict, split)."""

    @property
    def rows(self) -> np.ndarray:
        """(n,) int64 row numbers in the run, in order of `rank`."""
        return self.candidates.set_index("id").loc[self.examples["id"], "row"].to_numpy(dtype=np.int64)
