"""Write a level of parts into a run's folder, and add it to run.json."""

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
class Attachments:
    """What a level stores next to its table, row k of each for row k of the table; None = not there."""

    thumbnails: Sequence[bytes] | None = None
    """M small pictures as WebP; b"" for a part without one."""
    embeddings: np.ndarray | None = None
    """(M, D) float16 or float32."""
    neighbours: tuple[np.ndarray, np.ndarray] | None = None
    """(M, k) int32 row numbers of the nearest other parts, -1 where there are fewer, and their cosine distances
    (M, k) float32, ascending."""
    projection: np.ndarray | None = None
    """(M, 2) float32: x and y of the map."""


def write_level(
    folder: Path, name: str, table: pa.Table | pd.DataFrame, attachments: Attachments | None = None
) -> Path:
    """Write `<name>.parquet` and, under `<name>/`, its attachments; the table last.

    table: M parts, one per row, in an order that is kept: `id` (text, unique: `<example id>#g3` for the third given
    part, `#p7` for the seventh predicted one), `example` (the id of its example), and what the task has of these:
    given and predicted (text; null where nothing was), error (0 = right .. 1 = wrong), loss, difficulty,
    label_suspicion, reason, reason_prob, evidence, text (a snippet). Further columns are the task's own; `split` is
    taken from the run's catalog.
    Returns the path of the table. The same input gives the same bytes. Raises DataError for a name that a level cannot
    have, without `id` or `example`, for ids that are not unique, and when an attachment has another number of rows.
    """
    check_level_name(name)
    arrow = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    _check(name, arrow)
    _write_attachments(folder / name, arrow.num_rows, attachments or Attachments())
    catalog = folder / "catalog.parquet"
    if catalog.exists() and "split" in pq.read_schema(catalog).names:
        arrow = with_split(arrow, pq.read_table(catalog, columns=["id", "split"]))
    return write_table(folder / f"{name}.parquet", arrow)


def with_split(parts: pa.Table, catalog: pa.Table) -> pa.Table:
    """The parts with the split of their example, where the catalog has one; otherwise unchanged.

    No other split counts: training on some parts of an example and testing on the rest would flatter the result.
    """
    if "split" not in catalog.column_names:
        return parts
    split_of = dict(zip(catalog["id"].to_pylist(), catalog["split"].to_pylist(), strict=True))
    inherited = pa.array([split_of.get(example) for example in parts["example"].to_pylist()], pa.string())
    own = [name for name in parts.column_names if name != "split"]
    return parts.select(own).append_column("split", inherited)


def name_level(folder: Path, name: str) -> None:
    """Add a written level to `levels` of run.json; its bytes then count in the run's fingerprint.

    For a complete run; a run in progress names its levels in the run.json that it writes last.
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


def _write_attachments(home: Path, n: int, attachments: Attachments) -> None:
    if attachments.thumbnails is not None:
        _check_rows("thumbnails", len(attachments.thumbnails), n)
        ends = np.cumsum([0, *map(len, attachments.thumbnails)], dtype=np.int64)
        write_bytes(home / "thumbnails.bin", b"".join(attachments.thumbnails))
        write_array(home / "thumbnails.npy", ends)
    if attachments.embeddings is not None:
        _check_rows("embeddings", len(attachments.embeddings), n)
        write_array(home / "embeddings" / "00000.npy", attachments.embeddings)
    if attachments.neighbours is not None:
        indices, distances = attachments.neighbours
        _check_rows("neighbours", len(indices), n)
        write_arrays(home / "neighbours.npz", indices=indices, distances=distances)
    if attachments.projection is not None:
        _check_rows("projection", len(attachments.projection), n)
        columns = {axis: attachments.projection[:, k].astype(np.float32) for k, axis in enumerate("xy")}
        write_table(home / "projection.parquet", pa.table(columns))


def _check_rows(what: str, n: int, n_rows: int) -> None:
    if n != n_rows:
        raise DataError(f"the level has {n_rows:,} rows and its {what} {n:,}; pass one for each row, in their order")
