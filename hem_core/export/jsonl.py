"""The set as JSON, one line an example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, json_lines, present
from hem_core.export._images import ReadImage
from hem_core.export._plain import rows

CARRIES = Carries()
PROGRESS = "writing JSON Lines"
README = """\
## JSON lines

```python
import json

with open(FOLDER / "examples.jsonl", encoding="utf-8") as file:
    rows = [json.loads(line) for line in file]
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
    """Write examples.jsonl (UTF-8): one object an example, in order; a missing value, NaN or infinity is null.

    Returns its path.
    """
    path = folder / "examples.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows(examples):
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The examples of examples.jsonl, every column, as JSON has them: a number is a float64 or an int64; no pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    return examples_of(json_lines(present(folder, "examples.jsonl"))), None
