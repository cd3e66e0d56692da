"""The labels of a set, and which number each class has."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def labels_of(examples: pd.DataFrame) -> list[str | None]:
    """The label of every example as text; None where there is none."""
    if "label" not in examples.columns:
        return [None] * len(examples)
    return [None if _is_missing(label) else str(label) for label in examples["label"].tolist()]


def _is_missing(label: object) -> bool:
    return not isinstance(label, list) and bool(pd.isna(label))  # pyright: ignore[reportArgumentType, reportCallIssue]


def class_names(examples: pd.DataFrame, classes: Sequence[str]) -> list[str]:
    """The classes in the order of the model's outputs, then labels that are none of them, sorted.

    classes: the known ones; without any, all labels are sorted.
    """
    found = {label for label in labels_of(examples) if label is not None}
    return [*classes, *sorted(found - set(classes))]
