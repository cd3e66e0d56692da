"""The CSV file of a data set that does not come with the demo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hem_core.errors import DataError


def path_of(data: Path | None, *, demo: str, file: str) -> Path:
    """`data` itself, or the `file`, as it is or unpacked, in the folder `data`. Raises DataError when there is none."""
    if data is None:
        raise DataError(f"hem demo {demo} reads {file}, which you have to bring: say --data FILE or --data FOLDER")
    if data.is_file():
        return data
    found = next((path for path in (data / file, data / file.removesuffix(".gz")) if path.is_file()), None)
    if found is None:
        raise DataError(f"no {file} in '{data}'" if data.is_dir() else f"no file or folder '{data}'; wanted {file}")
    return found


def read_csv(path: Path, columns: Sequence[str], *, missing: str | None = None) -> pd.DataFrame:
    """The rows of a CSV file, plain or .gz, with at least these columns; a cell of `missing` has no value.

    Raises DataError when it cannot be parsed, lacks a column, or has no row.
    """
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values=[missing] if missing else [])
    except (OSError, EOFError, ValueError) as error:  # bytes that are no text, no CSV or no gzip
        raise DataError(f"'{path}' is not a CSV file: {' '.join(str(error).split())}") from error
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise DataError(f"'{path}' has no column {', '.join(absent)}; wanted {', '.join(columns)}")
    if table.empty:
        raise DataError(f"'{path}' has a header and no rows")
    return table
