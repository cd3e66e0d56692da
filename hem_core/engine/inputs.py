"""From rows of the catalog to the tensors a model takes: decoded ahead; bad examples are recorded with their reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from hem_core.catalog import unwrapped
from hem_core.catalog._items import parts
from hem_core.engine.batch import Batch, Inputs, Values
from hem_core.media import Medium, Reader, Source, medium

AT_ONCE = 1 << 20
"""Bytes of arrays that are read at once."""


def open_inputs(
    catalog: pa.Table,
    facts: dict[str, Any],
    *,
    root: Path,
    dataset: Any,
    channels: int,
    resize: int | None,
    is_mixed: bool = False,
) -> Inputs | None:
    """The inputs of the catalog's medium; None where it has none, only predictions.

    dataset: the torch Dataset behind the catalog, if that is the medium. is_mixed: pictures keep their sizes.
    """
    of_catalog = medium(facts["medium"])
    reader = of_catalog.open(
        Source(catalog, facts, root, lambda: (unwrapped(dataset)[0], _input_of), channels, resize, is_mixed)
    )
    return Tensors(reader, of_catalog) if reader is not None else None


def _input_of(item: Any, index: int) -> Any:
    return parts(item, index)[0]


def batches(inputs: Inputs, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
    """Batches of `indices` in order; slow ones are read while the one before is used, arrays several at once."""
    if inputs.is_quick:
        yield from _quick(inputs, indices, batch_size)
        return
    groups = _groups(indices, batch_size)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hem-read") as ahead:
        waiting = [ahead.submit(inputs.read, group) for group in groups[:2]]
        for position in range(len(groups)):
            batch = waiting.pop(0).result()
            if position + 2 < len(groups):
                waiting.append(ahead.submit(inputs.read, groups[position + 2]))
            yield batch


def _quick(inputs: Inputs, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
    """Arrays a MB at a time: reading at every batch would drive the model's weights out of the processor's cache."""
    n_rows = batch_size
    while indices:
        rows, indices = indices[:n_rows], indices[n_rows:]
        batch = inputs.read(rows)
        if not isinstance(batch.values, torch.Tensor) or batch.failures or batch.remarks:
            # The neighbours of a bad example keep their batches.
            yield from [batch] if len(rows) <= batch_size else map(inputs.read, _groups(rows, batch_size))
            continue
        for start in range(0, len(rows), batch_size):
            part = slice(start, start + batch_size)
            yield Batch(batch.values[part], batch.indices[part], batch.hashes[part], [])
        n_rows = max(1, AT_ONCE * len(rows) // max(1, batch.values.nbytes) // batch_size) * batch_size


def _groups(indices: Sequence[int], size: int) -> list[Sequence[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


class Tensors:
    """What a medium's reader gives, with its arrays as tensors; see `Inputs`."""

    def __init__(self, reader: Reader, of: Medium) -> None:
        self.reader, self.medium, self.is_quick = reader, of, reader.is_quick

    def fingerprint(self) -> str:
        return self.reader.fingerprint()

    def read(self, indices: Sequence[int]) -> Batch:
        stored = self.reader.read(indices)
        return Batch(_as_values(stored.values), stored.indices, stored.hashes, stored.failures, stored.remarks)

    def picture(self, index: int) -> np.ndarray | None:
        return self.reader.picture(index)

    def spoil(
        self, values: Values, kinds: Sequence[str], partners: Values, *, pool: Values, is_picture: bool, seed: int
    ) -> Values:
        given, others, more = map(_as_stored, (values, partners, pool))
        return _as_values(self.medium.spoil(given, kinds, others, pool=more, is_picture=is_picture, seed=seed))


def _as_values(stored: Any) -> Values:
    if isinstance(stored, list) and any(isinstance(one, np.ndarray) for one in stored):
        pictures: Any = [torch.tensor(one) for one in stored]
        return pictures
    return torch.from_numpy(stored) if isinstance(stored, np.ndarray) else stored


def _as_stored(values: Values) -> Any:
    return values.numpy() if isinstance(values, torch.Tensor) else values
