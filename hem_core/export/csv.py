"""The set as CSV that a spreadsheet can open without running formulas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hem_core.cells import plain_cell, safe_cell
from hem_core.export._carries import Carries
from hem_core.export._files import present
from hem_core.export._images import ReadImage

CARRIES = Carries(columns=("label", "label_before", "split", "text", "weight"))
"""The cells of the other columns are read back as texts, since a CSV has no types."""
PROGRESS = "writing CSV"
README = """\
## CSV

A text that a spreadsheet would take for a formula (it begins with = + - @, also after blanks, or with a tab or a line
break) has an apostrophe before it; a text that begins with an apostrophe has one more. Lists are JSON.
`hem import-labels` removes the apostrophe, and so does this code:

```python
import csv

def text(cell):
    return cell[1:] if cell.startswith("'") else cell

with open(FOLDER / "examples.csv", newline="", encoding="utf-8-sig") as file:
    rows = [{name: text(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
```
"""


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write examples.csv (UTF-8 with a mark, lines end in CR LF, as RFC 4180): one row an example.

    A missing value is an empty cell. Numbers have as many digits as bring them back exactly.
    Returns its path.
    """
    path = folder / "examples.csv"
    columns = {safe_cell(str(name)): _cells(column) for name, column in examples.items()}
    table = pd.DataFrame(columns, index=examples.index)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return path


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The examples of examples.csv, all cells as texts but for `weight`; an empty cell is a missing value; no pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    path = present(folder, "examples.csv")
    cells = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    texts = {plain_cell(str(name)): [plain_cell(cell) or None for cell in column] for name, column in cells.items()}
    examples = pd.DataFrame(texts, dtype="str")
    return (examples.astype({"weight": "float64"}) if "weight" in examples else examples), None


def _cells(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    cells = [_cell(value) for value in column.tolist()]
    return pd.Series(cells, index=column.index, dtype="object")


def _cell(value: object) -> object:
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, list | tuple | dict | np.ndarray):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return value


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
