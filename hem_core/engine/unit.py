"""One unit of work: a pure function of the job and the unit's number, whose shard is the proof that it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from hem_core import scores
from hem_core.engine.inputs import Inputs, batches
from hem_core.engine.network import Network
from hem_core.engine.plan import Plan
from hem_core.errors import DataError
from hem_core.models.predictions import Predictions
from hem_core.store.atomic import write_array, write_table
from hem_core.tasks.classification import loss_vector, predictions
from hem_core.types import Outputs

LOGITS_AT_ONCE = 1 << 19
"""How many logits are scored together: 2 MB of float32, which stay in the cache, whatever K is."""


@dataclass(frozen=True)
class Job:
    """All that scoring a unit needs. Exactly one of `network` (with `inputs`) and `predictions` is there."""

    plan: Plan
    ids: list[str]
    targets: np.ndarray
    bad_labels: dict[int, str]
    network: Network | None = None
    inputs: Inputs | None = None
    predictions: Predictions | None = None


@dataclass(frozen=True)
class Scored:
    """A unit's results, still on the device: m of its rows, and the failures among the others."""

    indices: list[int]
    hashes: list[str]
    failures: list[tuple[int, str]]
    columns: dict[str, Tensor]
    embeddings: Tensor | None


@dataclass(frozen=True)
class _Piece:
    indices: list[int]
    hashes: list[str]
    failures: list[tuple[int, str]]
    logits: Tensor | None
    features: Tensor | None


@torch.inference_mode()
def score_unit(job: Job, unit: int) -> Scored:
    """Forward pass and every score that needs one example alone. Nothing is copied off the device here."""
    rows = job.plan.rows(unit)
    failures = [(index, job.bad_labels[index]) for index in rows if index in job.bad_labels]
    wanted = [index for index in rows if index not in job.bad_labels]
    pieces = list(_pieces(job, wanted))
    failures += [failure for piece in pieces for failure in piece.failures]
    indices = [index for piece in pieces for index in piece.indices]
    hashes = [digest for piece in pieces for digest in piece.hashes]
    if not indices:
        return Scored([], [], sorted(failures), {}, None)
    logits = torch.cat([piece.logits for piece in pieces if piece.logits is not None])  # (m, K)
    features = [piece.features for piece in pieces if piece.features is not None]
    embeddings = torch.cat(features) if features else None  # (m, D)
    is_finite = logits.isfinite().all(dim=1)
    if embeddings is not None:
        is_finite &= embeddings.isfinite().all(dim=1)
    if not is_finite.all():
        keep = is_finite.nonzero()[:, 0].tolist()
        failures += [
            (indices[i], "the model's output is NaN or infinite") for i in (~is_finite).nonzero()[:, 0].tolist()
        ]
        indices, hashes = [indices[i] for i in keep], [hashes[i] for i in keep] if hashes else []
        logits, embeddings = logits[is_finite], embeddings[is_finite] if embeddings is not None else None
    targets = torch.as_tensor(job.targets[indices], device=logits.device)
    columns = _columns([job.ids[index] for index in indices], logits, targets, embeddings, job.network)
    stored = embeddings.half() if embeddings is not None else None
    return Scored(indices, hashes, sorted(failures), columns, stored)


def write_unit(job: Job, unit: int, scored: Scored) -> Path:
    """Store a unit: embeddings first, the shard last, each under a temporary name and renamed."""
    plan = job.plan
    if scored.embeddings is not None:
        write_array(plan.embeddings(unit), scored.embeddings.cpu().numpy())
    columns: dict[str, pa.Array] = {"index": pa.array(scored.indices, pa.int64())}
    if scored.hashes:
        columns["content_hash"] = pa.array(scored.hashes, pa.string())
    columns |= {name: _arrow(values.cpu().numpy()) for name, values in scored.columns.items()}
    metadata = {"hem.key": plan.key, "hem.failures": json.dumps(scored.failures)}
    write_table(plan.shard(unit), pa.table(columns), metadata=metadata)
    return plan.shard(unit)


def _pieces(job: Job, wanted: list[int]) -> Iterator[_Piece]:
    if job.network is not None and job.inputs is not None:
        for batch in batches(job.inputs, wanted, job.plan.batch_size):
            if batch.indices:
                logits, features = job.network.forward(batch.values)
                yield _Piece(batch.indices, batch.hashes, batch.failures, logits, features)
            else:
                yield _Piece([], [], batch.failures, None, None)
    elif job.predictions is not None and wanted:
        yield _predicted(job.predictions, wanted)


def _predicted(source: Predictions, wanted: list[int]) -> _Piece:
    first, last = wanted[0], wanted[-1] + 1
    logits, embeddings, bad = source.read(first, last)
    reasons = dict(bad)
    keep = [index for index in wanted if index not in reasons]
    at = np.asarray(keep, dtype=np.int64) - first
    features = torch.from_numpy(embeddings[at]) if embeddings is not None else None
    failures = [(index, reasons[index]) for index in wanted if index in reasons]
    return _Piece(keep, [], failures, torch.from_numpy(logits[at]), features)


def _columns(
    ids: list[str], logits: Tensor, targets: Tensor, features: Tensor | None, network: Network | None
) -> dict[str, Tensor]:
    norms = None
    if features is not None and network is not None and network.layer is not None and network.layer.is_head:
        norms = (features.float().square().sum(dim=1) + float(network.layer.has_bias)).sqrt()  # (m, D) -> (m,)
    at_once = max(1, LOGITS_AT_ONCE // logits.shape[1])
    blocks = []
    for start in range(0, len(ids), at_once):
        part = slice(start, start + at_once)
        outputs = Outputs(
            ids=ids[part],
            logits=logits[part],
            targets=targets[part],
            loss=loss_vector(logits[part], targets[part]),
            head_input_norm=norms[part] if norms is not None else None,
        )
        names = scores.available(outputs)
        found = {name: scores.compute(name, outputs) for name in names}
        blocks.append({"target": targets[part]} | predictions(logits[part], targets[part]) | found)
    return {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}


def _arrow(values: np.ndarray) -> pa.Array:
    if values.ndim == 1:
        return pa.array(values)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])


def read_failures(path: Path) -> list[tuple[int, str]]:
    """The bad examples that a shard recorded: catalog position and reason."""
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    if b"hem.failures" not in metadata:
        raise DataError(f"'{path}' is not a shard")
    return [(int(index), str(reason)) for index, reason in json.loads(metadata[b"hem.failures"])]
