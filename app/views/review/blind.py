"""Hide the label in blind review: examples have neutral numbers, and queues that reveal the class are flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.store.rule_text import describe
from hem_core.store.rules import clauses

if TYPE_CHECKING:
    from hem_core.store.level import Level

TELLING = ("label", "given", "given_value", "predicted", "suggested_label", "id", "example")
"""Columns that say the label, or may: an id is often a path with the class in it."""
OF_ONE_NUMBER = ("given_value_", "predicted_value_")
"""What such columns of one of several numbers begin with."""


def places(level: Level) -> np.ndarray:
    """(N,) int64, the number of each row in the address of blind review: 0 .. N-1, shuffled.

    A row's own number gives the class away where the data are sorted by class. The same examples in the same order
    have the same numbers, also after the run was scored again.
    """
    return np.random.default_rng(int(level.digest, 16)).permutation(level.n)


def warning(rule: Mapping[str, Any] | None, classes: Sequence[str]) -> str:
    """A sentence if the rule of a queue names the class of its examples, so that no answer is blind; otherwise ""."""
    telling = [clause for clause in clauses(rule) if _is_telling(clause, classes)]
    if not telling:
        return ""
    return f"Not blind: this queue is defined by {describe({'all': telling})}. Choose another queue above."


def _is_telling(clause: Mapping[str, Any], classes: Sequence[str]) -> bool:
    inner = clause.get("not", clause)
    names_class = not set(map(str, inner.get("in") or ())).isdisjoint(classes)
    column = str(inner.get("column"))
    return "rows" in inner or column in TELLING or column.startswith(OF_ONE_NUMBER) or names_class
