"""One unit of work: a pure function of the job and the unit's number, whose shard is the proof that it is done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from hem_core.buckets.pieces import push_piece
from hem_core.engine.batch import Batch, Inputs, Values
from hem_core.engine.example_scores import example_scores
from hem_core.engine.ghost_norms import gradient_norms
from hem_core.engine.inputs import batches
from hem_core.engine.network import Network
from hem_core.engine.plan import Plan
from hem_core.errors import DataError
from hem_core.models.column_predictions import ColumnPredictions
from hem_core.models.predictions import Predictions
from hem_core.store.atomic import write_array, write_table
from hem_core.store.column_arrays import lists_of
from hem_core.tasks import NOT_FINITE, Task, load


@dataclass(frozen=True, eq=False)
class Stored:
    """The raw outputs (N, W) of a model that is gone, for every row of the catalog, and embeddings (N, D) or None."""

    raw: np.ndarray
    embeddings: np.ndarray | None

    def at(self, indices: list[int]) -> tuple[Tensor, Tensor | None]:
        features = torch.from_numpy(self.embeddings[indices]) if self.embeddings is not None else None
        return torch.from_numpy(self.raw[indices]), features


@dataclass(frozen=True)
class Job:
    """All that scoring a unit needs: one of `network` (with `inputs`), `stored` (with `inputs`) and `predictions`."""

    plan: Plan
    ids: list[str]
    targets: np.ndarray
    bad_labels: dict[int, str]
    network: Network | None = None
    inputs: Inputs | None = None
    predictions: Predictions | ColumnPredictions | None = None
    stored: Stored | None = None
    has_grand: bool = False
    """Also the gradient norms of the whole network."""
    task: Task = field(default_factory=load)
    embedder: Callable[[Values], Tensor] | None = None
    """What gives the features of `inputs` where there is no `network`: `Network.embedder`."""


@dataclass(frozen=True)
class Scored:
    """A unit's results, still on the device: m of its rows, and the failures among the others."""

    indices: list[int]
    hashes: list[str]
    failures: list[tuple[int, str]]
    columns: dict[str, Tensor]
    embeddings: Tensor | None
    remarks: Mapping[str, int] = field(default_factory=dict)
    """What was done to pictures -> how many of them."""


@dataclass(frozen=True)
class _Piece:
    indices: list[int]
    hashes: list[str]
    failures: list[tuple[int, str]]
    raw: Tensor | None
    features: Tensor | None
    norms: Tensor | None = None
    remarks: Mapping[str, int] = field(default_factory=dict)


@torch.inference_mode()
def score_unit(job: Job, unit: int) -> Scored:
    """Forward pass and every score that needs one example alone. Nothing is copied off the device here."""
    rows = job.plan.rows(unit)
    failures = [(index, job.bad_labels[index]) for index in rows if index in job.bad_labels]
    wanted = [index for index in rows if index not in job.bad_labels]
    pieces = list(_pieces(job, wanted))
    failures += [failure for piece in pieces for failure in piece.failures]
    remarks = sum((Counter(piece.remarks) for piece in pieces), Counter())
    indices = [index for piece in pieces for index in piece.indices]
    hashes = [digest for piece in pieces for digest in piece.hashes]
    if not indices:
        return Scored([], [], sorted(failures), {}, None, remarks)
    raw = torch.cat([piece.raw for piece in pieces if piece.raw is not None])  # (m, W)
    features = [piece.features for piece in pieces if piece.features is not None]
    embeddings = torch.cat(features) if features else None  # (m, D)
    if embeddings is not None and embeddings.dtype == torch.float64:
        embeddings = embeddings.float()
    norms = [piece.norms for piece in pieces if piece.norms is not None]
    problems = _problems(job.task, raw, embeddings, torch.as_tensor(job.targets[indices], device=raw.device))
    is_finite = torch.ones(len(raw), dtype=torch.bool, device=raw.device)
    if problems:
        is_finite[list(problems)] = False
        keep = is_finite.nonzero()[:, 0].tolist()
        failures += [(indices[i], reason) for i, reason in problems.items()]
        indices, hashes = [indices[i] for i in keep], [hashes[i] for i in keep] if hashes else []
        raw, embeddings = raw[is_finite], embeddings[is_finite] if embeddings is not None else None
    targets = torch.as_tensor(job.targets[indices], device=raw.device)
    columns = example_scores(
        job.task,
        [job.ids[index] for index in indices],
        raw,
        targets,
        head_input_norm=_head_input_norm(embeddings, job.network),
        gradient_norm=torch.cat(norms)[is_finite] if norms else None,
    )
    stored = as_stored(embeddings) if embeddings is not None else None
    return Scored(indices, hashes, sorted(failures), columns, stored, remarks)


def write_unit(job: Job, unit: int, scored: Scored) -> Path:
    """Store a unit: embeddings first, the shard last, each under a temporary name and renamed; then in the bucket
    of the run, where it has one."""
    plan = job.plan
    if scored.embeddings is not None:
        write_array(plan.embeddings(unit), scored.embeddings.cpu().numpy())
    columns: dict[str, pa.Array] = {"index": pa.array(scored.indices, pa.int64())}
    if scored.hashes:
        columns["content_hash"] = pa.array(scored.hashes, pa.string())
    numbers = {name: values.cpu().numpy() for name, values in scored.columns.items()}
    columns |= {name: lists_of(each) if each.ndim > 1 else pa.array(each) for name, each in numbers.items()}
    metadata = {"hem.key": plan.key, "hem.failures": json.dumps(scored.failures)}
    if scored.embeddings is not None:  # says that a file is lost when it is not there
        metadata["hem.embedded"] = str(len(scored.embeddings))
    metadata["hem.remarks"] = json.dumps(dict(sorted(scored.remarks.items())))
    write_table(plan.shard(unit), pa.table(columns), metadata=metadata)
    push_piece(plan.shard(unit), plan.key)
    return plan.shard(unit)


LEAST, MOST = 6.2e-5, 65_504.0
"""The least number that float16 holds with all its digits, and the largest."""


def as_stored(embeddings: Tensor) -> Tensor:
    """Embeddings (n, D) in float16 where they fit, else in float32: one income above 65,504 would be infinite there."""
    largest = float(embeddings.abs().max()) if embeddings.numel() else 0.0
    return embeddings.half() if largest == 0 or LEAST <= largest <= MOST else embeddings.float()


def _problems(task: Task, raw: Tensor, embeddings: Tensor | None, targets: Tensor) -> dict[int, str]:
    """Row -> why it cannot be scored: what the task says of its output, or an embedding that is no number."""
    reason_of = task.problems(raw, targets)
    if embeddings is not None and not embeddings.sum().isfinite():  # a tenth of looking at each row
        rows = (~embeddings.isfinite().all(dim=1)).nonzero()[:, 0].tolist()
        reason = "its embedding is NaN or infinite; --layer names another, or none"
        reason_of = reason_of | {row: reason for row in rows if reason_of.get(row) != NOT_FINITE}
    return dict(sorted(reason_of.items()))


def _pieces(job: Job, wanted: list[int]) -> Iterator[_Piece]:
    if job.network is not None and job.inputs is not None:
        with job.network.opened() as forward:
            for batch in batches(job.inputs, wanted, job.plan.batch_size):
                if batch.indices:
                    raw, features = forward(batch.values)
                    norms = _norms(job, batch)
                    yield _Piece(batch.indices, batch.hashes, batch.failures, raw, features, norms, batch.remarks)
                else:
                    yield _Piece([], [], batch.failures, None, None)
    elif job.stored is not None and job.inputs is not None:
        for batch in batches(job.inputs, wanted, job.plan.batch_size):
            raw, features = job.stored.at(batch.indices)
            features = job.embedder(batch.values) if job.embedder is not None and batch.indices else features
            yield _Piece(batch.indices, batch.hashes, batch.failures, raw, features, remarks=batch.remarks)
    elif job.predictions is not None and job.embedder is not None and job.inputs is not None:
        for batch in batches(job.inputs, wanted, job.plan.batch_size):
            yield _embedded(job, job.predictions, batch)
    elif job.predictions is not None and wanted:
        yield _predicted(job.predictions, wanted)


def _norms(job: Job, batch: Batch) -> Tensor | None:
    if not job.has_grand or job.network is None:
        return None
    return gradient_norms(job.network, batch.values, torch.as_tensor(job.targets[batch.indices]))


def _predicted(source: Predictions | ColumnPredictions, wanted: list[int]) -> _Piece:
    first, last = wanted[0], wanted[-1] + 1
    logits, embeddings, bad = source.read(first, last)
    reasons = dict(bad)
    keep = [index for index in wanted if index not in reasons]
    at = np.asarray(keep, dtype=np.int64) - first
    features = torch.from_numpy(embeddings[at]) if embeddings is not None else None
    failures = [(index, reasons[index]) for index in wanted if index in reasons]
    return _Piece(keep, [], failures, torch.from_numpy(logits[at]), features)


def _embedded(job: Job, source: Predictions | ColumnPredictions, batch: Batch) -> _Piece:
    """Predictions of the pictures that could be read, with the embeddings of these."""
    if not batch.indices or job.embedder is None:
        return _Piece([], [], batch.failures, None, None, remarks=batch.remarks)
    piece, features = _predicted(source, batch.indices), job.embedder(batch.values)
    at = {index: place for place, index in enumerate(batch.indices)}
    kept = features[[at[index] for index in piece.indices]]
    return replace(piece, features=kept, failures=piece.failures + batch.failures, remarks=batch.remarks)


def _head_input_norm(features: Tensor | None, network: Network | None) -> Tensor | None:
    if features is None or network is None or network.layer is None or not network.layer.is_head:
        return None
    squares = features.double().square().sum(dim=1)  # (m, D) -> (m,); float32 ends at the square of 1.8e19
    return (squares + float(network.layer.has_bias)).sqrt().float()


def read_failures(path: Path) -> list[tuple[int, str]]:
    """The bad examples that a shard recorded: catalog position and reason."""
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    if b"hem.failures" not in metadata:
        raise DataError(f"'{path}' is not a shard")
    return [(int(index), str(reason)) for index, reason in json.loads(metadata[b"hem.failures"])]


def read_remarks(path: Path) -> Counter[str]:
    """What a shard's pictures needed, and how many of them did."""
    import pyarrow.parquet as pq

    return Counter(json.loads((pq.read_schema(path).metadata or {}).get(b"hem.remarks", b"{}")))
