"""What a run holds of its model's answers: the catalog, and the columns that only its shards have.

Where models that had not seen an example answered for it, their answers count, and are in answers.parquet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import RunError
from hem_core.store.damage import AGAIN
from hem_core.store.run import Run
from hem_core.types import StoredAnswers


def stored_answers(run: Run, of_shards: Sequence[str] = ()) -> StoredAnswers:
    """The scored examples of a run with the answers of its model. of_shards: columns to read from the shards.

    Raises RunError when the catalog cannot be read.
    """
    try:
        scored = pq.read_table(run.folder / "scores.parquet", columns=["id", "index"])
        catalog = pq.read_table(run.folder / "catalog.parquet")
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(f"the tables of run '{run.name}' cannot be read ({error}); {AGAIN}") from error
    index = scored["index"].to_numpy()
    columns = _columns(run.folder, of_shards, index) if of_shards else {}
    return StoredAnswers(
        tuple(scored["id"].to_pylist()), catalog.take(pa.array(index)), columns, run.info.get("task_settings") or {}
    )


def _columns(folder: Path, names: Sequence[str], index: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of the shards in the order of `index` (N,); {} when a shard is gone or a column is in none."""
    own = folder / "answers.parquet"
    paths = [own] if own.is_file() else sorted((folder / "shards").glob("*.parquet"))
    tables = [pq.read_table(path) for path in paths]
    tables = [table for table in tables if table.num_rows]
    if not tables or any(name not in table.column_names for table in tables for name in ("index", *names)):
        return {}
    whole = pa.concat_tables([table.select(["index", *names]).replace_schema_metadata(None) for table in tables])
    stored_index = whole["index"].to_numpy()
    order = np.argsort(stored_index, kind="stable")
    place = np.searchsorted(stored_index[order], index).clip(max=len(stored_index) - 1)
    if not np.array_equal(stored_index[order[place]], index):
        return {}
    return {name: _numpy(whole[name])[order[place]] for name in names}


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    if not pa.types.is_fixed_size_list(column.type):
        return column.to_numpy()
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), -1)
