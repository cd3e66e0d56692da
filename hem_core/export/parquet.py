"""The set as one Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.export._carries import Carries
from hem_core.export._files import present
from hem_core.export._images import ReadImage

CARRIES = Carries()
PROGRESS = "writing the table"
README = """\
## Parquet

```python
import pandas as pd

examples = pd.read_parquet(FOLDER / "examples.parquet")
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
    """Write examples.parquet (zstd): every column, one row an example, nothing left out. Returns its path."""
    path = folder / "examples.parquet"
    table = pa.Table.from_pandas(examples, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd")
    return path


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The examples of examples.parquet, every column with its type; no pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    return pd.read_parquet(present(folder, "examples.parquet")), None
