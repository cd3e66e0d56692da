"""Labels that are several numbers, as the columns that they came as."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hem_core.number_rows import split


@dataclass(frozen=True)
class LabelNumbers:
    """The numbers that each label of a run holds."""

    outputs: tuple[str, ...]
    """Their names, in the order of the model's outputs."""
    names: tuple[str, ...] = ()
    """Of classes: there are none."""

    def as_they_came(self, examples: pd.DataFrame) -> pd.DataFrame:
        """With a column of numbers for each output, as people corrected them, NaN where one is not known; `label` stays
        the text of all of them. A column that is there already stays as it is."""
        if "label" not in examples.columns:
            return examples
        texts = [None if value is None or pd.isna(value) else str(value) for value in examples["label"].tolist()]
        rows = [self._row(text) for text in texts]
        columns = dict(zip(self.outputs, zip(*rows, strict=True), strict=True)) if rows else {}
        added = {name: values for name, values in columns.items() if name not in examples.columns}
        return examples.assign(**{name: pd.Series(values, examples.index, "float64") for name, values in added.items()})

    def _row(self, text: str | None) -> list[float]:
        cells = split(text) if text is not None else []
        if len(cells) != len(self.outputs):
            return [float("nan")] * len(self.outputs)
        return [_number(cell) for cell in cells]


def _number(cell: str | None) -> float:
    """A number that is written with a point or a decimal comma; NaN for anything else."""
    try:
        return float(cell.replace(",", ".")) if cell is not None else float("nan")
    except ValueError:
        return float("nan")
