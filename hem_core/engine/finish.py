"""From shards to a finished run: the columns that need the whole set, the headlines, the map, the thumbnails."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image

from hem_core import scores
from hem_core.difficulty.evidence import evidence
from hem_core.difficulty.headline import Headline, headline
from hem_core.difficulty.reasons import reasons
from hem_core.dynamics.table import Dynamics
from hem_core.dynamics.window import window
from hem_core.embeddings.duplicates import duplicate_groups
from hem_core.embeddings.neighbours import Graph, neighbours
from hem_core.embeddings.projection import project
from hem_core.embeddings.prototypes import own_prototypes, prototypes
from hem_core.engine.inputs import Inputs
from hem_core.engine.plan import Plan, stored_key
from hem_core.engine.progress import Progress
from hem_core.engine.unit import read_failures
from hem_core.errors import DataError
from hem_core.media.image import thumbnail
from hem_core.store.atomic import write_array, write_arrays, write_bytes, write_table
from hem_core.types import Outputs

ROWS_AT_ONCE = 16_384
FOLDERS = ("shards", "embeddings", "arrays")
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
)
"""What a run's folder holds; run.json says whether it is whole, so it is the first to go."""


@dataclass(frozen=True)
class Joined:
    """All shards as one: `columns` of N arrays in catalog order, embeddings (N, D) float16 or None, the failures."""

    columns: dict[str, np.ndarray]
    embeddings: np.ndarray | None
    failures: list[tuple[int, str]]

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
    parts = [np.load(plan.embeddings(unit)) for unit in plan.units if plan.embeddings(unit).exists()]
    return Joined(columns, np.concatenate(parts) if parts else None, failures)


def graph_of(plan: Plan, joined: Joined, *, k: int, seed: int, device: str, progress: Progress) -> Graph | None:
    """The neighbour graph, computed once and kept in neighbours.npz; None without embeddings or for one example."""
    if joined.embeddings is None or joined.n < 2:
        return None
    path = plan.folder / "neighbours.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["key"]) == plan.key:
                method: Any = str(stored["method"])
                return Graph(stored["indices"], stored["distances"], method, float(stored["recall"]))
    with progress.stage("neighbours", joined.n):
        graph = neighbours(joined.embeddings, k, seed=seed, device=device)
    facts = {"key": np.array(plan.key), "method": np.array(graph.method), "recall": np.array(graph.recall)}
    write_arrays(path, indices=graph.indices, distances=graph.distances, **facts)
    return graph


def set_scores(joined: Joined, graph: Graph | None, ids: list[str], n_classes: int) -> dict[str, np.ndarray]:
    """Scores that need the other examples: neighbours and prototypes, made block by block."""
    if joined.embeddings is None:
        return {}
    targets = joined.columns["target"]
    means = prototypes(joined.embeddings, targets, n_classes)
    blocks = []
    for start in range(0, joined.n, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        outputs = Outputs(
            ids=ids[part],
            targets=torch.from_numpy(targets[part]),
            embeddings=torch.from_numpy(joined.embeddings[part]).float(),
            prototypes=torch.from_numpy(own_prototypes(means, targets[part])),
            neighbour_targets=torch.from_numpy(targets[graph.indices[part]]) if graph else None,
            neighbour_distances=torch.from_numpy(graph.distances[part]) if graph else None,
        )
        found = [name for name in scores.available(outputs) if name not in joined.columns]
        blocks.append({name: scores.compute(name, outputs).numpy() for name in found})
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def dynamics_scores(recorded: Dynamics) -> dict[str, np.ndarray]:
    """Scores of the training dynamics, NaN for examples that were never seen; `aum_windowed` before memorisation."""
    outputs = _epochs(recorded, slice(None))
    columns = {name: scores.compute(name, outputs).numpy() for name in scores.available(outputs)}
    early = _epochs(recorded, slice(window(recorded.hits)))
    return columns | {"aum_windowed": scores.compute("aum", early).numpy()}


def explain(
    columns: dict[str, np.ndarray], graph: Graph | None, class_names: list[str], *, sample: str, epochs: int | None
) -> tuple[dict[str, Any], Headline]:
    """The two headlines, a reason and the evidence in words, as further columns; and how the headlines were made."""
    targets, predicted = columns["target"], columns["predicted"]
    names = np.array(class_names, dtype=object)
    table = columns | {"label": names[targets]}
    head = headline(table, sample=sample)
    table |= {name: head[name] for name in ("difficulty", "difficulty_in_class", "label_suspicion")}
    table["top_classes"] = names[columns["top_classes"]]
    voters = targets[graph.indices] if graph is not None else None
    found = reasons(table, targets=targets, predictions=predicted, n_classes=len(class_names), neighbour_labels=voters)
    words = evidence(
        table,
        found.reason,
        targets=targets,
        predictions=predicted,
        class_names=class_names,
        neighbour_labels=voters,
        epochs=epochs,
    )
    more = {
        "difficulty": head["difficulty"],
        "difficulty_in_class": head["difficulty_in_class"],
        "label_suspicion": head["label_suspicion"],
        "reason": found.reason,
        "suggested_label": np.array(found.suggested_label(class_names), dtype=object),
        "evidence": np.array(words, dtype=object),
    }
    if graph is not None:
        more["duplicate_group"] = duplicate_groups(graph, hashes=columns.get("content_hash"))
    return more, head


def write_projection(plan: Plan, joined: Joined, graph: Graph | None, *, seed: int, progress: Progress) -> None:
    """The embedding map, x and y of every row, kept in projection.parquet."""
    path = plan.folder / "projection.parquet"
    if joined.embeddings is None or graph is None or stored_key(path) == plan.key:
        return
    with progress.stage("map") as report:
        xy = project(joined.embeddings, graph, seed=seed, progress=lambda _words, done, total: report(done, total))
    table = pa.table({"x": pa.array(xy[:, 0]), "y": pa.array(xy[:, 1])})
    write_table(path, table, metadata={"hem.key": plan.key})


def write_thumbnails(plan: Plan, joined: Joined, inputs: Inputs | None, progress: Progress) -> bool:
    """All thumbnails in one file with offsets; False when the examples are no pictures."""
    blob, offsets = plan.folder / "thumbnails.bin", plan.folder / "thumbnails.npy"
    indices = joined.columns["index"].tolist()
    if inputs is None or inputs.picture(indices[0]) is None:
        return False
    if offsets.exists():
        return True
    with progress.stage("thumbnails", joined.n) as report, ThreadPoolExecutor(max_workers=2) as pool:
        small: list[bytes] = []
        for start in range(0, len(indices), 1024):
            small += pool.map(_thumbnail(inputs), indices[start : start + 1024])
            report(len(small))
    write_bytes(blob, b"".join(small))
    write_array(offsets, np.concatenate([[0], np.cumsum([len(one) for one in small])]).astype(np.int64))
    return True


def write_scores(plan: Plan, columns: dict[str, Any], ids: list[str], class_names: list[str]) -> None:
    """scores.parquet: what the shards hold under readable names, and the columns of the whole set."""
    names = np.array(class_names, dtype=object)
    targets, predicted = columns["target"], columns["predicted"]
    top = columns["top_classes"]
    table: dict[str, pa.Array] = {
        "id": pa.array(ids, pa.string()),
        "index": pa.array(columns["index"], pa.int64()),
        "label": pa.array(names[targets], pa.string()),
        "predicted": pa.array(names[predicted], pa.string()),
        "is_correct": pa.array(predicted == targets),
        "label_prob": pa.array(columns["label_prob"]),
        "predicted_prob": pa.array(columns["predicted_prob"]),
        "top_classes": pa.FixedSizeListArray.from_arrays(pa.array(names[top].reshape(-1), pa.string()), top.shape[1]),
        "top_probs": pa.FixedSizeListArray.from_arrays(pa.array(columns["top_probs"].reshape(-1)), top.shape[1]),
    }
    rest = [name for name in columns if name not in table and name not in ("target", "content_hash")]
    table |= {name: _column(name, columns[name]) for name in rest}
    write_table(plan.folder / "scores.parquet", pa.table(table), metadata={"hem.key": plan.key})


def _column(name: str, values: np.ndarray) -> pa.Array:
    if name == "duplicate_group":
        return pa.array(values, pa.int64(), mask=values < 0)
    if values.dtype == object or values.dtype.kind == "U":
        return pa.array(values.tolist(), pa.string())
    return pa.array(values.astype(np.float32), pa.float32(), from_pandas=True)  # NaN -> null


def _epochs(recorded: Dynamics, part: slice) -> Outputs:
    return Outputs(
        ids=recorded.ids,
        epoch_confidences=torch.from_numpy(recorded.confidences[:, part]),
        epoch_margins=torch.from_numpy(recorded.margins[:, part]),
        epoch_hits=torch.from_numpy(recorded.hits[:, part]),
    )


def _thumbnail(inputs: Inputs) -> Callable[[int], bytes]:
    def make(index: int) -> bytes:
        picture = inputs.picture(index)
        return thumbnail(Image.fromarray(picture)) if picture is not None else b""

    return make


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_fixed_size_list(column.type):
        flat = column.combine_chunks().flatten()
        return flat.to_numpy(zero_copy_only=False).reshape(len(column), -1)
    return column.to_numpy().copy()  # torch wants arrays that it could write to


def clear(folder: Path, *, keep: Path | None = None) -> None:
    """Remove what an earlier run left in the folder, and nothing that HEM did not write; run.json first.

    keep: a folder of unpacked arrays that stays.
    """
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    for path in (folder / "shards", folder / "embeddings", *(folder / "arrays").glob("*")):
        if path.resolve() != keep:
            shutil.rmtree(path, ignore_errors=True)
    if keep is None:
        shutil.rmtree(folder / "arrays", ignore_errors=True)
