"""From pieces of epochs to matrices of examples × epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hem_core.dynamics._labels import Labels
from hem_core.dynamics.table import COLUMNS, Dynamics


class Piece(NamedTuple):
    """Some examples in one epoch."""

    epoch: int
    ids: pa.Array
    """n strings."""
    values: NDArray[np.float32]
    """(3, n): confidence, margin, hit."""
    targets: Sequence[int | str | None] | NDArray[np.integer] | None = None
    """n labels, class indices (of an array, -1 where unknown) or names; None = none was logged."""
    hashes: Sequence[str | None] | None = None
    """n content hashes; None = none was logged."""
    losses: NDArray[np.float32] | None = None
    """(n,) losses; None = none was logged."""
    is_round: bool = False
    """Whether the epoch is a round of boosting."""


def assemble(pieces: Iterable[Piece]) -> Dynamics:
    """Dynamics of all ids in the pieces, sorted; where two pieces have the same id and epoch, the later one counts.

    Raises DataError where many ids change their target, so that they do not identify examples.
    """
    distinct = pa.array([], pa.string())
    placed: list[tuple[int, NDArray[np.int32], NDArray[np.float32]]] = []
    labels, contents, are_rounds = Labels(), Labels(), False
    for piece in pieces:
        encoded = pa.concat_arrays([distinct, piece.ids]).dictionary_encode()
        places = encoded.indices.to_numpy()[len(distinct) :]
        own = piece.values if piece.losses is None else np.vstack([piece.values, piece.losses])
        placed.append((piece.epoch, places, own))
        labels.add(places, piece.targets)
        contents.add(places, piece.hashes)
        are_rounds |= piece.is_round
        distinct = encoded.dictionary  # new ids come last: earlier places stay valid
    ids = distinct.to_pylist()
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    row_of = np.empty(len(ids), np.int64)
    row_of[order] = np.arange(len(ids))
    epochs = sorted({epoch for epoch, _, _ in placed})
    values = np.full((4, len(ids), len(epochs)), np.nan, np.float32)
    for epoch, places, measures in placed:
        values[: len(measures), row_of[places], epochs.index(epoch)] = measures
    labels.check(ids)
    sorted_ids, losses = [ids[place] for place in order], None if np.isnan(values[3]).all() else values[3]
    known = {"targets": labels.of(order), "hashes": contents.of(order)}
    return Dynamics(sorted_ids, *values[:3], **known, losses=losses, are_rounds=are_rounds)


def measured(table: pa.Table) -> NDArray[np.float32]:
    """The three measures of a table's rows, (3, n); a missing column is NaN."""
    missing = np.full(table.num_rows, np.nan, np.float32)
    return np.stack([floats(table[name]) if name in table.column_names else missing for name in COLUMNS])


def measures(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, K) logits and (n,) targets in [0, K) -> (3, n): probability of the label, margin, hit."""
    rows = np.arange(len(logits))
    given = logits[rows, targets]
    others = logits.copy()
    others[rows, targets] = -np.inf
    top = logits.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    hits = logits.argmax(axis=1) == targets
    return np.stack([np.exp(given - log_total), others.max(axis=1) - given, hits]).astype(np.float32)


def texts_or_indices(column: pa.ChunkedArray | pa.Array) -> list[int | str | None]:
    """A column of labels: class indices as integers, anything else as text."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.to_pylist() if pa.types.is_integer(array.type) else array.cast(pa.string()).to_pylist()


def floats(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float32]:
    """A column of numbers or booleans as float32, null as NaN."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.cast(pa.float32()).to_numpy(zero_copy_only=False)
