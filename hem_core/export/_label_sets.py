"""Labels that are sets of tags, as the lists or the joined texts that they came as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from hem_core import tag_sets

COLUMNS = ("label", "label_before", "given", "predicted")
"""Columns of an export that hold a set."""
SEPARATOR = "tag_separator"
"""In `attrs` of examples whose labels are sets: what joins the tags of a suggested label, which stays a text."""
UNKNOWN = "label_unknown"
"""The column of the tags of which nobody knows whether an example has them."""


@dataclass(frozen=True)
class LabelSets:
    """How the sets of a run are written."""

    names: tuple[str, ...]
    """The tags, in the order of the model's outputs."""
    separator: str
    """Of the texts in the tables of the run."""
    is_listed: bool
    """Whether they came as lists, columns or rows of numbers, not as joined texts."""

    def as_lists(self, examples: pd.DataFrame) -> pd.DataFrame:
        """Lists of names, however the labels came: for formats whose readers expect lists."""
        return replace(self, is_listed=True).as_they_came(examples)

    def as_they_came(self, examples: pd.DataFrame) -> pd.DataFrame:
        """Lists of names, or joined texts in which a set without a tag is empty; None where there is no label.

        With lists there is a column `label_unknown` where the presence of a tag is not known.
        """
        found = {name: self._column(examples.loc[:, name]) for name in COLUMNS if name in examples.columns}
        if self.is_listed and "label" in found:
            unknown = [list(self._set(text).unknown) for text in _texts(examples.loc[:, "label"])]
            found |= {UNKNOWN: pd.Series(unknown, index=examples.index, dtype="object")} if any(unknown) else {}
        written = examples.assign(**found)
        written.attrs[SEPARATOR] = self.separator
        return written

    def _column(self, column: pd.Series) -> pd.Series:
        values: list[object] = [None if text is None else self._value(text) for text in _texts(column)]
        return pd.Series(values, index=column.index, dtype="object" if self.is_listed else "str")

    def _value(self, text: str) -> object:
        if self.is_listed:
            return list(self._set(text).given)
        return "" if text == tag_sets.NONE else text

    def _set(self, text: str | None) -> tag_sets.TagSet:
        return tag_sets.split(text, self.separator) if text is not None else tag_sets.TagSet()


def _texts(column: pd.Series) -> Sequence[str | None]:
    return [None if value is None or value is pd.NA or value != value else str(value) for value in column.tolist()]


def is_list_column(examples: pd.DataFrame) -> bool:
    """Whether the labels of an export are lists."""
    return "label" in examples.columns and any(isinstance(label, list) for label in examples["label"])
