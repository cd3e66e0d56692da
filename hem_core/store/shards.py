"""Columns that only the shards of a finished run hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def shard_columns(folder: Path, names: Sequence[str]) -> dict[str, np.ndarray] | None:
    """Columns of all shards of a run, (N,) or (N, m), in the order of its examples; None where one is missing."""
    tables = []
    for path in sorted((folder / "shards").glob("*.parquet")):
        header = pq.read_schema(path)
        if not set(names) <= set(header.names):
            return None
        tables.append(pq.read_table(path, columns=list(names)).replace_schema_metadata(None))
    some = [table for table in tables if table.num_rows]
    if not some:
        return None
    whole = pa.concat_tables(some)
    return {name: _numpy(whole[name]) for name in names}


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    if not pa.types.is_fixed_size_list(column.type):
        return column.to_numpy()
    return column.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
