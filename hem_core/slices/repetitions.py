"""Statements that say the same in other words: the first of them is shown, the others stand behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hem_core.slices.statement import Statement

OVERLAP = 0.8
"""The share of common rows (Jaccard) from which one statement repeats another."""
OVERLAP_OF_SCORES = 0.6
"""The same of two shifts of scores, which follow from each other more or less."""
MOST_OF_A_COLUMN = 3
MOST_WORDS = 6


def distinct(statements: Sequence[Statement], masks: Sequence[np.ndarray], most: int) -> list[Statement]:
    """The first `most` of what the rows are, and of what the model made of them, without those that say the same.

    masks: for each statement (R,) bool, which of some rows it picks. What repeats an earlier one stands in its `also`.
    Of one column at most `MOST_OF_A_COLUMN` are kept, `MOST_WORDS` of a text, and only the first that is rarer in the
    group: what is more frequent makes the others rarer.
    """
    kept: list[Statement] = []
    picked: list[np.ndarray] = []
    repeats: list[list[Statement]] = []
    of_column: Counter[tuple[str, bool, bool]] = Counter()
    for one, mask in zip(statements, masks, strict=True):
        same = next((k for k, other in enumerate(kept) if _repeats(one, mask, other, picked[k])), None)
        if same is not None:
            repeats[same].append(one)
            continue
        room = 1 if _is_rarer(one) else MOST_WORDS if one.kind == "word" else MOST_OF_A_COLUMN
        column = (one.columns[0], one.kind == "word", _is_rarer(one))
        is_full = sum(other.is_of_model == one.is_of_model for other in kept) >= most
        if is_full or of_column[column] >= room:
            continue
        of_column[column] += 1
        kept.append(one)
        picked.append(mask)
        repeats.append([])
    return [replace(one, also=tuple(others)) for one, others in zip(kept, repeats, strict=True)]


def _is_rarer(one: Statement) -> bool:
    return one.kind != "shift" and one.ratio < 1


def _repeats(one: Statement, mask: np.ndarray, other: Statement, before: np.ndarray) -> bool:
    if one.is_of_model != other.is_of_model:
        return False
    are_scores = one.is_of_model and one.kind == other.kind == "shift"
    either = np.count_nonzero(mask | before)
    return bool(np.count_nonzero(mask & before) > (OVERLAP_OF_SCORES if are_scores else OVERLAP) * either)
