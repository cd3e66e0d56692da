"""The files of a finished run apart from its shards: the table, the second level, the thumbnails."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.engine.plan import Plan, stored_key
from hem_core.store import claim
from hem_core.store.atomic import write_table
from hem_core.store.column_arrays import array_of, lists_of
from hem_core.store.level_names import is_level_name
from hem_core.store.level_write import with_split
from hem_core.tasks import Parts, Task, only_in_shards

FOLDERS = ("shards", "embeddings", "arrays", "out_of_sample", "advise")
FILES = (
    "run.json",
    "progress.json",
    "catalog.parquet",
    "scores.parquet",
    "failures.parquet",
    "neighbours.npz",
    "projection.parquet",
    "dynamics.parquet",
    "thumbnails.bin",
    "thumbnails.npy",
    "reason_rows.npz",
    "slices.parquet",
    "answers.parquet",
)
"""The files of a run's folder; run.json marks the run as complete, so it is removed first."""
CLEARED = ".run.json.0.tmp"
"""run.json of a run that is being removed."""


def write_scores(plan: Plan, task: Task, columns: dict[str, Any], ids: list[str], classes: list[str]) -> None:
    """scores.parquet: what the shards hold under readable names, and the columns of the whole set."""
    table: dict[str, pa.Array] = {"id": pa.array(ids, pa.string()), "index": pa.array(columns["index"], pa.int64())}
    table |= task.table(columns, classes)
    hidden = {"target", "content_hash", *only_in_shards(task)}
    rest = [name for name in columns if name not in table and name not in hidden]
    table |= {name: _column(name, columns[name]) for name in rest}
    write_table(plan.folder / "scores.parquet", pa.table(table), metadata={"hem.key": plan.key})


def write_answers(plan: Plan, task: Task, columns: dict[str, Any]) -> None:
    """answers.parquet: what only shards hold, where the answers that count are not those of the shards but of models
    that were trained without each example."""
    names = only_in_shards(task)
    if not names:
        return
    table = {"index": pa.array(columns["index"], pa.int64())} | {name: lists_of(columns[name]) for name in names}
    write_table(plan.folder / "answers.parquet", pa.table(table), metadata={"hem.key": plan.key})


def write_parts(plan: Plan, parts: Parts, catalog: pa.Table) -> None:
    """The second level of a task as `<level>.parquet`, each part with the split of its example in the catalog."""
    table = with_split(parts.table, catalog)
    write_table(plan.folder / f"{parts.level}.parquet", table, metadata={"hem.key": plan.key})


def _column(name: str, values: np.ndarray) -> pa.Array:
    if name == "duplicate_group":
        return pa.array(values, pa.int64(), mask=values < 0)
    return array_of(values)


def foreign(folder: Path) -> list[str]:
    """What lies in a folder without a run.json that no killed run left there, by name; [] when all of it is ours.

    A run that is killed before its run.json leaves unpacked arrays, empty folders and files in the making; one that is
    killed while an older run is cleared leaves that run's files, and a mark that they are. Tables of a run whose
    run.json was deleted carry its key.
    """
    names = {path.name for path in folder.iterdir()}
    tables = [folder / "scores.parquet", *sorted((folder / "shards").glob("*.parquet"))[:1]]
    if CLEARED in names or any(stored_key(table) for table in tables if table.is_file()):
        return sorted(name for name in names if name not in (*FILES, *FOLDERS, *claim.OURS) and not _is_temporary(name))
    return sorted(name for name in names if not _is_temporary(name) and not _is_ours(folder / name))


def _is_temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")


def _is_ours(path: Path) -> bool:
    if path.name in ("shards", "embeddings"):
        return path.is_dir() and all(_is_temporary(inner.name) for inner in path.iterdir())
    if path.name == "arrays":
        return path.is_dir() and all(re.fullmatch(r"[0-9a-f]{16}", inner.name) for inner in path.iterdir())
    return path.name in ("progress.json", *claim.OURS)


def clear(folder: Path, *, keep: Path | None = None) -> None:
    """Remove what an earlier run left in the folder, and nothing that HEM did not write; run.json first.

    keep: a folder of unpacked arrays that stays.
    """
    if (folder / "run.json").exists():  # the mark that the files are a run's, should this be killed
        (folder / "run.json").replace(folder / CLEARED)
    for level in _levels(folder):
        (folder / f"{level}.parquet").unlink(missing_ok=True)
        shutil.rmtree(folder / level, ignore_errors=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    named = (folder / name for name in FOLDERS if name != "arrays")
    for path in (*named, *(folder / "arrays").glob("*")):
        if path.resolve() != keep:
            shutil.rmtree(path, ignore_errors=True)
    if keep is None:
        shutil.rmtree(folder / "arrays", ignore_errors=True)
    (folder / CLEARED).unlink(missing_ok=True)


def _levels(folder: Path) -> list[str]:
    """The levels of parts of a run that is being cleared, by its run.json."""
    try:
        info = json.loads((folder / CLEARED).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in info.get("levels") or () if is_level_name(name)]
