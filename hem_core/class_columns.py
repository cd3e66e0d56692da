"""Which columns of a table hold predictions: a probability or logit of each class, or the best class alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from hem_core.class_affix import affixed, holds_shares

LISTS, EMBEDDING = ("logits", "probs"), "embedding"
"""Columns of lists that a model gave: K numbers of its classes, and D of its embedding."""
OF_A_MODEL = (*LISTS, EMBEDDING)
PREFIXES: dict[str, Literal["probs", "logits"]] = {
    "prob_": "probs", "probs_": "probs", "proba_": "probs", "probability_": "probs", "p_": "probs",
    "wahrscheinlichkeit_": "probs",
    "logit_": "logits", "logits_": "logits",
}  # fmt: skip
"""What a column of predictions begins with, before the name of its class -> what it holds."""
PREDICTED = (
    *("predicted", "prediction", "pred", "predicted_label", "predicted_class", "y_pred", "prediction_label"),
    *("pred_label", "pred_class", "y_hat", "yhat", "vorhersage", "vorhergesagt", "vorhergesagte_klasse", "prognose"),
)
BEST_ALONE = "hold the best class alone"
"""Of the note of a run whose predictions are that: what is known of the other classes is the sum of them."""
CONFIDENCE = (
    *("confidence", "conf", "predicted_prob", "score", "prob", "probability", "prediction_score", "pred_prob"),
    *("max_prob", "konfidenz", "wahrscheinlichkeit"),
)
OF_SECOND = ("prob", "probability", "proba", "y_prob", "y_proba", "y_score", "score", "wahrscheinlichkeit", *PREDICTED)
MOST_UNKNOWN = 0.05
"""Share of the examples whose label may have no column, such as typing errors."""


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


def class_columns(table: pa.Table, labels: Mapping[str, int]) -> ClassColumns | None:
    """The columns of predictions among those of a table; None without any.

    Columns prob_<class>, logit_<class> and the like, for all classes that occur or for the classes 0 to K - 1; else
    columns of numbers between 0 and 1 that are named as the classes; else one with the best class, and its confidence;
    else, of two classes, one with the probability of the second.
    labels: those that occur, as text, and how often. Upper and lower case count as alike where nothing fits exactly.
    """
    names = table.column_names
    for prefix, holds in PREFIXES.items():
        found = by_label(of_prefix(names, prefix), labels)
        numbered = _numbered(found)
        if numbered:
            return ClassColumns(holds, numbered, are_numbers=True)
        if len(found) > 1 and _covers(found, labels):
            return ClassColumns(holds, found)
    own = {name: name for name in names if name in labels and holds_shares(table[name])}
    if not (len(own) > 1 and _covers(own, labels)):
        own = affixed(table, labels)
    if own:
        return ClassColumns("probs", own)
    lower = {usual(name): name for name in reversed(names)}
    predicted, confidence = (next((lower[name] for name in of if name in lower), "") for of in (PREDICTED, CONFIDENCE))
    if predicted and confidence:
        return ClassColumns("probs", predicted=predicted, confidence=confidence)
    second = next((lower[name] for name in OF_SECOND if name in lower), "") if len(labels) == 2 else ""
    return ClassColumns("probs", second=second) if second and holds_shares(table[second]) else None


def usual(name: str) -> str:
    """The name of a column as the lists of this file have it: small letters, "_" for spaces and hyphens."""
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


def of_prefix(names: Iterable[str], prefix: str) -> dict[str, str]:
    """What stands behind a prefix -> column, in the order of the columns; of two that differ by their case alone, the
    one that is written as the prefix."""
    found: dict[str, str] = {}
    for name in names:
        of = name[len(prefix) :]
        if of and name.casefold().startswith(prefix) and (of not in found or name.startswith(prefix)):
            found[of] = name
    return found


def without_column(names: Iterable[str], labels: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """The labels that no column of predictions is of, and label -> column of the others; ([], {}) where there is no
    column of any label. Of several prefixes the one with the most columns counts."""
    names = list(names)
    each = [by_label(of_prefix(names, prefix), labels) for prefix in PREFIXES]
    found = max(({label: own[label] for label in labels if label in own} for own in each), key=len)
    return [label for label in labels if label not in found] if found else [], found


def by_label(found: dict[str, str], labels: Collection[str]) -> dict[str, str]:
    """Name of a class -> column, in its order, under the label that differs from the name by its case, if one does."""
    if all(label in found for label in labels):
        return found
    alike: dict[str, list[str]] = {}
    for label in labels:
        alike.setdefault(label.casefold(), []).append(label)
    renamed = {name: alike.get(name.casefold(), [name]) if name not in labels else [name] for name in found}
    return {own[0] if len(own) == 1 and own[0] not in found else name: found[name] for name, own in renamed.items()}


def _numbered(found: dict[str, str]) -> dict[str, str]:
    """The columns "0" to "K - 1" in their order; {} when they are named otherwise."""
    if len(found) < 2 or {name for name in found if name.isdecimal()} != set(map(str, range(len(found)))):
        return {}
    return {str(index): found[str(index)] for index in range(len(found))}


def _covers(found: Collection[str], labels: Mapping[str, int]) -> bool:
    """Whether the labels of all examples have a column, but for a few."""
    unknown = sum(n for label, n in labels.items() if label not in found)
    return bool(labels) and unknown <= MOST_UNKNOWN * sum(labels.values())
