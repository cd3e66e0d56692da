"""Write a level of parts into a run's folder, and name it in run.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import DataError
from hem_core.store.atomic import write_array, write_arrays, write_bytes, write_json, write_table
from hem_core.store.level_names import EXAMPLES, check_level_name

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("id", "example")


@dataclass(frozen=True, eq=False)
class Beside:
    """What a level has beside its table, row k of each for row k of the table; None = not there."""

    thumbnails: Sequence[bytes] | None = None
    """M small pictures as WebP; b"" for a part without one."""
    embeddings: np.ndarray | None = None
    """(M, D) float16 or float32."""
    neighbours: tuple[np.ndarray, np.ndarray] | None = None
    """(M, k) int32 row numbers of the nearest other parts, -1 where there are fewer, and their cosine distances
    (M, k) float32, ascending."""
    projection: np.ndarray | None = None
    """(M, 2) float32: x and y of the map."""


def write_level(folder: Path, name: str, table: pa.Table | pd.DataFrame, beside: Beside | None = None) -> Path:
    """Write `<name>.parquet` and, under `<name>/`, what the level has beside it; the table last.

    table: M parts, one a row, of any order that stays: `id` (text, unique: `<example id>#g3` for the third given part,
    `#p7` for the seventh predicted one), `example` (the id of its example), and whatever of these the task knows:
    given and predicted (text; null where nothing was), error (0 = right .. 1 = wrong), loss, difficulty,
    label_suspicion, reason, reason_prob, evidence, text (a snippet). Further columns are the task's own; `split` is
    taken from the run's catalog.
    Returns the path of the table. The same input gives the same bytes. Raises DataError for a name that a level cannot
    have, without `id` or `example`, for ids that are not unique, and when something beside has another number of rows.
    """
    check_level_name(name)
    arrow = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    _check(name, arrow)
    _write_beside(folder / name, arrow.num_rows, beside or Beside())
    catalog = folder / "catalog.parquet"
    if catalog.exists() and "split" in pq.read_schema(catalog).names:
        arrow = with_split(arrow, pq.read_table(catalog, columns=["id", "split"]))
    return write_table(folder / f"{name}.parquet", arrow)


def with_split(parts: pa.Table, catalog: pa.Table) -> pa.Table:
    """The parts with the split of the example that each is of, where the catalog has one; else as they are.

    No other split counts: training on some parts of an example and testing on the rest would flatter the result.
    """
    if "split" not in catalog.column_names:
        return parts
    split_of = dict(zip(catalog["id"].to_pylist(), catalog["split"].to_pylist(), strict=True))
    inherited = pa.array([split_of.get(example) for example in parts["example"].to_pylist()], pa.string())
    own = [name for name in parts.column_names if name != "split"]
    return parts.select(own).append_column("split", inherited)


def name_level(folder: Path, name: str) -> None:
    """Name a level that was written in `levels` of run.json; the run's fingerprint follows from its bytes then too.

    For a run that is complete already; one that is being made names its levels in the run.json that it ends with.
    """
    info = json.loads((folder / "run.json").read_text("utf-8"))
    levels = list(dict.fromkeys([*(info.get("levels") or [EXAMPLES]), name]))
    digest = hashlib.sha256()
    for level in levels[1:]:
        digest.update((folder / f"{level}.parquet").read_bytes())
    base = str(info.get("fingerprint") or "").partition(".")[0]
    write_json(folder / "run.json", {**info, "levels": levels, "fingerprint": f"{base}.{digest.hexdigest()[:8]}"})


def _check(name: str, table: pa.Table) -> None:
    missing = [column for column in REQUIRED if column not in table.column_names]
    if missing:
        raise DataError(
            f"level '{name}' needs the columns id and example; there is no '{missing[0]}' among "
            f"{', '.join(table.column_names)}"
        )
    repeated = table["id"].to_pandas().duplicated().to_numpy()
    if repeated.any():
        twice = table["id"][int(repeated.argmax())]
        raise DataError(f"the ids of level '{name}' must be unique; '{twice}' occurs twice")


def _write_beside(home: Path, n: int, beside: Beside) -> None:
    if beside.thumbnails is not None:
        _check_rows("thumbnails", len(beside.thumbnails), n)
        ends = np.cumsum([0, *map(len, beside.thumbnails)], dtype=np.int64)
        write_bytes(home / "thumbnails.bin", b"".join(beside.thumbnails))
        write_array(home / "thumbnails.npy", ends)
    if beside.embeddings is not None:
        _check_rows("embeddings", len(beside.embeddings), n)
        write_array(home / "embeddings" / "00000.npy", beside.embeddings)
    if beside.neighbours is not None:
        indices, distances = beside.neighbours
        _check_rows("neighbours", len(indices), n)
        write_arrays(home / "neighbours.npz", indices=indices, distances=distances)
    if beside.projection is not None:
        _check_rows("projection", len(beside.projection), n)
        columns = {axis: beside.projection[:, k].astype(np.float32) for k, axis in enumerate("xy")}
        write_table(home / "projection.parquet", pa.table(columns))


def _check_rows(what: str, n: int, wanted: int) -> None:
    if n != wanted:
        raise DataError(f"the level has {wanted:,} rows and its {what} {n:,}; pass one for each row, in their order")
