"""All shards of a run as one, and the neighbour graph over it."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.embeddings.neighbours import Graph, neighbours
from hem_core.engine.plan import Plan
from hem_core.engine.progress import Progress
from hem_core.engine.unit import read_failures, read_remarks
from hem_core.errors import DataError
from hem_core.reasons.facts import has_energy
from hem_core.store.atomic import write_arrays


@dataclass(frozen=True)
class Joined:
    """All shards as one: `columns` of N arrays in catalog order, embeddings (N, D) float16 or float32, or None,
    the failures, and what was done to how many pictures."""

    columns: dict[str, np.ndarray]
    embeddings: np.ndarray | None
    failures: list[tuple[int, str]]
    remarks: Mapping[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.columns["index"])


def join(plan: Plan) -> Joined:
    """Read every shard of a plan. Raises DataError, naming the first reason, when no example was scored."""
    tables = [pq.read_table(plan.shard(unit)) for unit in plan.units]
    failures = [failure for unit in plan.units for failure in read_failures(plan.shard(unit))]
    scored = [table.replace_schema_metadata(None) for table in tables if table.num_rows]
    if not scored:
        raise DataError(f"none of the {plan.n} examples could be scored; the first: {failures[0][1]}")
    table = pa.concat_tables(scored)
    columns = {name: _numpy(table[name]) for name in table.column_names}
    if "energy" in columns and not has_energy(columns["energy"]):
        del columns["energy"]
    parts = [np.load(plan.embeddings(unit)) for unit in plan.units if plan.embeddings(unit).exists()]
    remarks = sum((read_remarks(plan.shard(unit)) for unit in plan.units), Counter())
    return Joined(columns, np.concatenate(parts) if parts else None, failures, remarks)


def graph_of(plan: Plan, joined: Joined, *, k: int, seed: int, device: str, progress: Progress) -> Graph | None:
    """The neighbour graph, computed once and kept in neighbours.npz; None without embeddings or for one example."""
    if joined.embeddings is None or joined.n < 2:
        return None
    path = plan.folder / "neighbours.npz"
    stored = stored_graph(path, plan.key)
    if stored is not None:
        return stored
    with progress.stage("neighbours", joined.n):
        graph = neighbours(joined.embeddings, k, seed=seed, device=device)
    facts = {"key": np.array(plan.key), "method": np.array(graph.method), "recall": np.array(graph.recall)}
    write_arrays(path, indices=graph.indices, distances=graph.distances, **facts)
    return graph


def stored_graph(path: Path, key: str) -> Graph | None:
    """The graph of an earlier attempt under this key; None when there is none, or its file is truncated."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            method: Any = str(stored["method"])
            return Graph(stored["indices"], stored["distances"], method, float(stored["recall"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_fixed_size_list(column.type):
        flat = column.combine_chunks().flatten()
        return flat.to_numpy(zero_copy_only=False).reshape(len(column), -1).copy()
    return column.to_numpy().copy()  # torch wants arrays that it could write to
