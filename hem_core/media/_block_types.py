"""A block of arrays in types that torch computes with, rows with a NaN set aside."""

from __future__ import annotations

import numpy as np

from hem_core.content_hash import content_hash
from hem_core.media._contract import Read


def checked(block: np.ndarray, indices: list[int], *, as_picture: bool) -> Read:
    """Arrays (n, …) of these catalog positions, read.

    as_picture: (n, H, W) becomes (n, H, W, 1); truth values become uint8 0 and 255, 16 bits floats in 0 .. 1.
    """
    data, size = block.reshape(-1).view(np.uint8).data, block.nbytes // max(1, len(block))
    hashes = [content_hash(data[row * size : (row + 1) * size]) for row in range(len(block))]
    failures: list[tuple[int, str]] = []
    if block.dtype.kind == "f":
        is_finite = np.asarray(np.isfinite(block).all(axis=tuple(range(1, block.ndim))))  # (n,)
        failures = [(indices[i], "the input has a NaN or infinite number") for i in np.flatnonzero(~is_finite)]
        if failures:
            block = block[is_finite]
            indices = [index for index, good in zip(indices, is_finite.tolist(), strict=True) if good]
            hashes = [digest for digest, good in zip(hashes, is_finite.tolist(), strict=True) if good]
    if as_picture and block.ndim == 3:
        block = block[..., None]  # (n, H, W) -> (n, H, W, 1)
    block = _in_levels(block) if as_picture else _computable(block)
    return Read(np.ascontiguousarray(block), indices, hashes, failures)


def _in_levels(block: np.ndarray) -> np.ndarray:
    if block.dtype == bool:
        return block.astype(np.uint8) * np.uint8(255)
    if block.dtype == np.uint16:
        return block.astype(np.float32) / np.float32(65_535)
    return _computable(block)


def _computable(block: np.ndarray) -> np.ndarray:
    """Floats wider than 64 bits as float64; unsigned numbers, for which torch has few operations, signed and wider."""
    if block.dtype.kind == "f" and block.dtype.itemsize > 8:
        return block.astype(np.float64)
    wider = {"uint16": np.int32, "uint32": np.int64, "uint64": np.int64}.get(block.dtype.name)
    return block.astype(wider) if wider is not None else block
