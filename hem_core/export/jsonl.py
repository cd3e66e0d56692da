"""The set as JSON, one line an example."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

from hem_core.export._images import ReadImage

README = """\
## JSON lines

```python
import json

with open(FOLDER / "examples.jsonl", encoding="utf-8") as file:
    rows = [json.loads(line) for line in file]
```
"""


def write(examples: pd.DataFrame, folder: Path, *, read_image: ReadImage | None = None) -> Path:
    """Write examples.jsonl (UTF-8): one object an example, in order; a missing value, NaN or infinity is null.

    Returns its path.
    """
    path = folder / "examples.jsonl"
    names = [str(name) for name in examples.columns]
    columns = [_values(column) for _, column in examples.items()]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for values in zip(*columns, strict=True):
            row = {name: _plain(value) for name, value in zip(names, values, strict=True)}
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def _values(column: pd.Series) -> list[object]:
    if column.dtype == np.float32:
        # The shortest digits that bring the float32 back: 0.1, not 0.10000000149011612.
        return column.to_numpy().astype("U32").astype(np.float64).tolist()
    return column.tolist()


def _plain(value: object) -> object:
    """The value as JSON has it."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) else str(value)
