"""Record a live training: probability, margin and correctness of every example in each epoch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from hem_core.dynamics import _folder
from hem_core.dynamics._batch import Ids, checked, measures
from hem_core.dynamics._measured_batch import rows as measured_rows
from hem_core.dynamics.read import read
from hem_core.dynamics.table import COLUMNS, FORMAT_VERSION, LOSS, metadata, read_parquet, write, write_parquet
from hem_core.errors import DataError


class Recorder:
    """Stores probability, margin and correctness of every training example, epoch by epoch, in a folder.

        recorder = Recorder("dynamics")
        for epoch in range(epochs):
            with recorder.epoch(epoch):
                for ids, images, targets in loader:
                    logits = model(images)
                    ...
                    recorder.log(ids, logits, targets)

    If it is killed, the folder holds all finished epochs and what was logged of the running one up to
    `flush_seconds` ago. A training that resumes from a checkpoint names its epoch: starting an epoch replaces what
    the killed attempt recorded of it and of later ones; to resume within an epoch, `epoch(number, resume=True)` keeps
    what was recorded of it. Without numbers it continues after the last finished epoch.
    The target is kept with each id, so that a later join can tell whether the id still means the same example.
    An id logged twice in an epoch (oversampling) keeps the last of its rows. Under torch.distributed, or torchrun's
    RANK and WORLD_SIZE, every rank writes files of its own into the same folder.
    Raises DataError when the folder is a file.
    """

    def __init__(self, folder: str | Path, *, flush_seconds: float = 5.0) -> None:
        self.path = Path(folder)
        if self.path.is_file():
            raise DataError(f"the recorder expects a folder; '{folder}' is a file")
        self.path.mkdir(parents=True, exist_ok=True)
        self.flush_seconds = flush_seconds
        self.rank, self.n_ranks = _rank()
        self.are_rounds = False
        """Whether the epochs are rounds of boosting, whose window is another; see `hem_core.dynamics.window`."""
        self._next_epoch = _folder.first_unfinished(self.path)
        self._epoch: int | None = None
        self._n_parts = 0
        self._n_classes = 0
        self._flushed_at = time.monotonic()
        self._buffer: list[tuple[list[str | int] | Tensor, Tensor]] = []
        self._hashes: list[str | None] = []

    def log(
        self,
        ids: Ids,
        logits: Tensor,
        targets: Tensor,
        epoch: int | None = None,
        *,
        hashes: Sequence[str] | None = None,
    ) -> None:
        """Note one training batch.

        ids N strings or integers (kept as strings); logits (N, K) before softmax, K >= 2, any float type and
        device; targets (N,) integer classes in [0, K), the given labels. epoch: its number from 0, where neither
        `epoch()` nor `end_epoch()` is used; another number finishes the running epoch. hashes: N content hashes, as
        the column `content_hash` of a run's catalog has them, where there are such; they are compared at the join.
        Values leave the device only every `flush_seconds`, so it is only then that a NaN or a target
        outside [0, K) is found. The rest of what was logged is written first.
        Raises DataError for shapes and types other than these, and, naming the id, for a NaN and a wrong target.
        """
        own_ids = checked(ids, logits, targets)
        if hashes is not None and len(hashes) != len(logits):
            raise DataError(f"a batch has {len(hashes)} hashes and {len(logits)} rows of logits")
        self._begin(epoch)
        self._n_classes = logits.shape[1]
        self._buffer.append((own_ids, measures(logits, targets)))
        self._hashes += [None] * len(logits) if hashes is None else list(hashes)
        if time.monotonic() - self._flushed_at >= self.flush_seconds:
            self.flush()

    def log_measures(
        self,
        ids: Sequence[str],
        *,
        loss: Any = None,
        confidence: Any = None,
        is_correct: Any = None,
        margin: Any = None,
        epoch: int | None = None,
    ) -> None:
        """Note examples, or parts of them, of a training that has no logits of classes.

        ids N strings, of a part as its level names it (`photo.jpg#g3`). Each measure is None or (N,) numbers, an array
        or a tensor, NaN = unknown: loss, higher = harder; confidence in 0 .. 1, what the model gives what is right;
        margin, how far that is behind, in logits; is_correct 0 or 1. epoch: as for `log`.
        Raises DataError, naming the id, for an infinite value and for an example of which nothing is known.
        """
        own = [str(id) for id in ids]
        measures = {"loss": loss, "confidence": confidence, "is_correct": is_correct, "margin": margin}
        values = measured_rows(own, **measures)
        self._begin(epoch)
        self._buffer.append(([*own], values))
        self._hashes += [None] * len(own)
        if time.monotonic() - self._flushed_at >= self.flush_seconds:
            self.flush()

    @contextmanager
    def epoch(self, number: int | None = None, *, resume: bool = False) -> Iterator[None]:
        """Record one epoch, finished when the block ends without an error; None = the one after the last.

        resume: keep what was recorded of it before; an id that is logged again replaces its row.
        """
        self._begin(number, again=True, resume=resume)
        try:
            yield
        except BaseException:
            self.flush()
            raise
        self.end_epoch()

    def end_epoch(self) -> None:
        """Write the running epoch as one file and sync it to the disk, so that it cannot be lost."""
        self._begin(None)
        self.flush()
        epoch = self._running()
        mine = [file for file in _folder.files(self.path) if (file.epoch, file.rank) == (epoch, self.rank)]
        parts = [file.path for file in mine if file.part is not None and not file.is_temporary]
        written = [_empty(), *(read_parquet(path) for path in parts)]
        rows = _last_of_each_id(pa.concat_tables(written, promote_options="default"))
        rows = rows.replace_schema_metadata(metadata(are_rounds=self.are_rounds))
        write_parquet(rows, self.path / _folder.name(epoch, self.rank, self.n_ranks))
        for path in parts:
            path.unlink()
        self._epoch, self._next_epoch = None, epoch + 1

    def flush(self) -> None:
        """Write what was logged since the last flush, so that it survives the process.

        Raises DataError as `log` says.
        """
        self._flushed_at = time.monotonic()
        if not self._buffer:
            return
        ids = [str(id) for batch, _ in self._buffer for id in (batch.tolist() if isinstance(batch, Tensor) else batch)]
        values = torch.cat([batch for _, batch in self._buffer]).cpu().numpy()  # (N, 6)
        hashes = pa.array(self._hashes, pa.string())
        self._drop_buffer()
        is_label = values[:, 3] == 1
        is_measured = values[:, 4] < 0  # checked by `log_measures`
        is_fine = is_measured | (np.isfinite(values[:, :2]).all(axis=1) & is_label)
        kept, hashes = (column.filter(pa.array(is_fine)) for column in (pa.array(ids, pa.string()), hashes))
        name = _folder.name(self._running(), self.rank, self.n_ranks, self._n_parts)
        write_parquet(_table(kept, values[is_fine], hashes), self.path / name, durable=False)
        self._n_parts += 1
        if not is_fine.all():
            self._refuse(ids, is_fine, is_label)

    def save(self, path: str | Path) -> Path:
        """Write all that was recorded, by all ranks, the running epoch too, as one `dynamics.parquet` file."""
        self.flush()
        return write(read(self.path), path)

    def resume(self, epoch: int) -> None:
        """Make `epoch` the running one and keep what was recorded of it; later epochs are removed."""
        self._begin(epoch, again=True, resume=True)

    def _begin(self, epoch: int | None, *, again: bool = False, resume: bool = False) -> None:
        """Make `epoch` the running one; None = the running one, else the next."""
        if epoch is None:
            epoch = self._next_epoch if self._epoch is None else self._epoch
        if isinstance(epoch, bool) or not isinstance(epoch, int | np.integer) or epoch < 0:
            raise DataError(f"an epoch is a number from 0; this one is {epoch!r}")
        if epoch == self._epoch and not again:
            return
        now = _rank_of_torch()
        if now is not None and now != (self.rank, self.n_ranks):
            raise DataError(
                f"this Recorder was made as rank {self.rank} of {self.n_ranks}, and this process is rank {now[0]} of "
                f"{now[1]}: the ranks would overwrite each other's files; make it after init_process_group"
            )
        if self._epoch is not None and epoch != self._epoch:
            self.end_epoch()
        first_lost = int(epoch) + resume
        _folder.discard(self.path, epoch=first_lost, rank=self.rank, n_ranks=self.n_ranks)
        self._drop_buffer()
        n_parts = _folder.reopen(self.path, epoch=int(epoch), rank=self.rank, n_ranks=self.n_ranks) if resume else 0
        self._epoch, self._n_parts, self._flushed_at = int(epoch), n_parts, time.monotonic()

    def _drop_buffer(self) -> None:
        self._buffer.clear()
        self._hashes = []

    def _running(self) -> int:
        assert self._epoch is not None
        return self._epoch

    def _refuse(self, ids: list[str], is_fine: NDArray[np.bool_], is_label: NDArray[np.bool_]) -> None:
        first = int(is_fine.argmin())
        others = int((~is_fine).sum()) - 1
        where = f"epoch {self._epoch}, example '{ids[first]}'" + (f" and {others} more" if others else "")
        if is_label[first]:
            raise DataError(f"{where}: logits that are NaN or infinite; these rows are skipped, the rest is recorded")
        raise DataError(
            f"{where}: the target is not in [0, {self._n_classes}), the number of logits; log class indices, "
            "and skip examples without a label"
        )


def _table(ids: pa.Array, values: NDArray[np.float32], hashes: pa.Array) -> pa.Table:
    hits = pa.array(values[:, 2] == 1, mask=np.isnan(values[:, 2]))
    table = pa.table([ids, pa.array(values[:, 0]), pa.array(values[:, 1]), hits], names=["id", *COLUMNS])
    table = table.append_column("target", pa.array(values[:, 4].astype(np.int32)))
    if not np.isnan(values[:, 5]).all():
        table = table.append_column(LOSS, pa.array(values[:, 5]))
    if hashes.null_count < len(hashes):
        table = table.append_column("content_hash", hashes)
    return table.replace_schema_metadata({b"hem_format_version": FORMAT_VERSION})


def _empty() -> pa.Table:
    return _table(pa.array([], pa.string()), np.zeros((0, 6), np.float32), pa.array([], pa.string()))


def _last_of_each_id(rows: pa.Table) -> pa.Table:
    """One row per id, the one that was logged last."""
    codes = rows["id"].combine_chunks().dictionary_encode().indices.to_numpy()
    last = np.zeros(codes.max(initial=-1) + 1, np.int64)
    last[codes] = np.arange(len(codes))
    return rows.take(pa.array(np.sort(last)))


def _rank() -> tuple[int, int]:
    """This process's rank and the number of ranks."""
    return _rank_of_torch() or (int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))


def _rank_of_torch() -> tuple[int, int] | None:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return None
