"""Which columns of a table hold predictions: a probability or logit of each class, or the best class alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa

PREFIXES: dict[str, Literal["probs", "logits"]] = {
    "prob_": "probs", "probs_": "probs", "proba_": "probs", "probability_": "probs", "p_": "probs",
    "logit_": "logits", "logits_": "logits",
}  # fmt: skip
"""What a column of predictions begins with, before the name of its class -> what it holds."""
PREDICTED = ("predicted", "prediction", "pred", "predicted_label", "predicted_class", "y_pred")
CONFIDENCE = ("confidence", "conf", "predicted_prob", "score", "prob", "probability")
OF_SECOND = ("prob", "probability", "proba", "y_prob", "y_proba", "y_score")
MOST_UNKNOWN = 0.05
"""Share of the labels that may have no column, such as typing errors."""


@dataclass(frozen=True)
class ClassColumns:
    """of: class -> column, in the order of the outputs; are_numbers: the classes are "0" to "K - 1", not names.

    predicted, confidence: the columns of the best class and of its probability, where there is nothing else; second:
    that of the probability of the second of two classes.
    """

    holds: Literal["probs", "logits"]
    of: dict[str, str] = field(default_factory=dict)
    are_numbers: bool = False
    predicted: str = ""
    confidence: str = ""
    second: str = ""

    @property
    def columns(self) -> list[str]:
        """All columns that hold predictions."""
        return [*self.of.values(), *(name for name in (self.predicted, self.confidence, self.second) if name)]


def class_columns(table: pa.Table, labels: Collection[str]) -> ClassColumns | None:
    """The columns of predictions among those of a table; None without any.

    Columns prob_<class>, logit_<class> and the like, for all classes that occur or for the classes 0 to K - 1; else
    columns of numbers between 0 and 1 that are named as the classes; else one with the best class, and its confidence;
    else, of two classes, one with the probability of the second.
    labels: the labels that occur, as text.
    """
    names = table.column_names
    for prefix, holds in PREFIXES.items():
        found = {
            name[len(prefix) :]: name for name in names if name.casefold().startswith(prefix) and name[len(prefix) :]
        }
        numbered = _numbered(found)
        if numbered:
            return ClassColumns(holds, numbered, are_numbers=True)
        if len(found) > 1 and _covers(found, labels):
            return ClassColumns(holds, found)
    own = {name: name for name in names if name in labels and _holds_shares(table[name])}
    if len(own) > 1 and _covers(own, labels):
        return ClassColumns("probs", own)
    lower = {name.casefold(): name for name in reversed(names)}
    predicted, confidence = (next((lower[name] for name in of if name in lower), "") for of in (PREDICTED, CONFIDENCE))
    if predicted and confidence:
        return ClassColumns("probs", predicted=predicted, confidence=confidence)
    second = next((lower[name] for name in OF_SECOND if name in lower), "") if len(labels) == 2 else ""
    return ClassColumns("probs", second=second) if second and _holds_shares(table[second]) else None


def _numbered(found: dict[str, str]) -> dict[str, str]:
    """The columns "0" to "K - 1" in their order; {} when they are named otherwise."""
    if len(found) < 2 or {name for name in found if name.isdecimal()} != set(map(str, range(len(found)))):
        return {}
    return {str(index): found[str(index)] for index in range(len(found))}


def _covers(found: Collection[str], labels: Collection[str]) -> bool:
    """Whether all labels that occur have a column, but for a few."""
    unknown = [label for label in labels if label not in found]
    return bool(labels) and len(unknown) <= MOST_UNKNOWN * len(labels)


def _holds_shares(column: pa.ChunkedArray) -> bool:
    """Whether it holds numbers between 0 and 1, and not 0 and 1 alone, as the columns of a label do."""
    if not pa.types.is_floating(column.type):
        return False
    values = column.drop_null().to_numpy()
    return bool(len(values) and values.min() >= 0 and values.max() <= 1 and np.any((values > 0) & (values < 1)))
