"""The files that belong to the rows of a level: pictures, embeddings, curves; and the examples that failed."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hem_core.errors import RunError
from hem_core.store.damage import AGAIN, check
from hem_core.store.mapped import load_npy

if TYPE_CHECKING:
    import pandas as pd


def thumbnails(home: Path, n: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The small pictures of n rows: all their bytes (uint8), mapped from disk, and (n + 1,) where each begins.

    None when there are none. Raises RunError when the two files do not go together.
    """
    packed, offsets = home / "thumbnails.bin", home / "thumbnails.npy"
    if not packed.exists() or not offsets.exists() or not packed.stat().st_size:
        return None
    ends = load_npy(offsets)
    if ends.ndim != 1 or len(ends) != n + 1 or int(ends[-1]) > packed.stat().st_size:
        raise RunError(f"{offsets} does not match thumbnails.bin, which is truncated; {AGAIN}")
    return np.memmap(packed, np.uint8, "r"), ends


def embeddings(folder: Path) -> np.ndarray | None:
    """The arrays of a folder of .npy files one after the other, mapped from disk when it is one; None without."""
    parts = [load_npy(file) for file in sorted(folder.glob("*.npy"))]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def curve(path: Path, id: str) -> pd.DataFrame | None:
    """The training dynamics of one row, from a file of dynamics: `Level.curve`. None if missing."""
    import pandas as pd

    from hem_core.store.database import cursor

    if not path.exists():
        return None
    check(path)
    relation = "SELECT confidence, margin, is_correct FROM read_parquet(?) WHERE id = ?"
    with cursor() as session:
        lists = session.execute(relation, [glob.escape(str(path)), id]).fetchone()
    if lists is None:
        return None
    values = {
        name: np.array([np.nan if value is None else value for value in series or ()], np.float32)
        for name, series in zip(("confidence", "margin", "is_correct"), lists, strict=True)
    }
    epochs = max(len(series) for series in values.values())
    padded = {
        name: np.pad(series, (0, epochs - len(series)), constant_values=np.nan) for name, series in values.items()
    }
    return pd.DataFrame({"epoch": np.arange(1, epochs + 1), **padded})


def failures(folder: Path) -> pd.DataFrame:
    """The examples of a run that could not be scored: id, index (position in the catalog), reason."""
    import pandas as pd
    import pyarrow.parquet as pq

    path = folder / "failures.parquet"
    if path.exists():
        check(path)
        return pq.read_table(path).to_pandas()
    empty = {"id": "str", "index": "int64", "reason": "str"}
    return pd.DataFrame({name: pd.Series([], dtype=type_) for name, type_ in empty.items()})
