"""The set as JSON, one line an example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hem_core.export._images import ReadImage
from hem_core.export._plain import rows

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
