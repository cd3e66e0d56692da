"""The share of wrong labels in words, the same wherever it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import words

if TYPE_CHECKING:
    from hem_core.labels.label_errors import LabelErrors
    from hem_core.store.level import Level


def title(found: LabelErrors) -> str:
    """What the number is: an estimate from all reviews, or the result of an audit."""
    return "Wrong labels, by audit" if found.source == "audit" else "Wrong labels, estimated"


def in_words(level: Level, found: LabelErrors) -> tuple[str, str]:
    """The share of wrong labels as far as it is known, and what to read beside it."""
    low, high = words.percent(found.low), words.percent(found.high)
    if not found.n_reviewed:
        return "not known yet", "review first"
    if not found.is_narrow:
        return f"{low} to {high}", f"too wide to name a share: review random {words.noun(level.name)}"
    return words.percent(found.share), f"{low} to {high} of {level.n:,}"
