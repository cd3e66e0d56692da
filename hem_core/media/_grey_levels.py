"""Grey levels of 8 bits out of the numbers that a picture is stored in, by the range of their type."""

from __future__ import annotations

import numpy as np

from hem_core.errors import DataError

WHITE = 65_535


def from_unsigned(values: np.ndarray, *, white: int = WHITE) -> np.ndarray:
    """Whole numbers 0 .. white as uint8 0 .. 255, rounded; what lies outside is cut off.

    65,535 becomes 255 and 257 becomes 1: the range is that of the type, whatever this one picture reaches.
    """
    wide = values.astype(np.int64).clip(0, white)
    return ((wide * 255 + white // 2) // white).astype(np.uint8)


def from_floats(values: np.ndarray) -> np.ndarray:
    """Floats in 0 .. 1 as uint8 0 .. 255, rounded.

    Raises DataError for a NaN, and for floats outside 0 .. 1, whose white level is not known.
    """
    if not np.isfinite(values).all():
        raise DataError("its pixels have a NaN or infinite number")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low < 0 or high > 1:
        raise DataError(
            f"its pixels are floats from {low:.4g} to {high:.4g}; floats must lie in 0 .. 1, so that it is known "
            "what is black and what is white: scale the picture, or save it with 8 or 16 bits"
        )
    return (values.astype(np.float64) * 255).round().astype(np.uint8)


def for_the_eye(values: np.ndarray) -> np.ndarray:
    """Any numbers (H, W, …) as uint8 to look at: each type by its range, floats outside 0 .. 1 from least to greatest.

    NaN and infinite numbers are black.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint16:
        return from_unsigned(values)
    finite = np.isfinite(values)
    plain = np.where(finite, values, 0).astype(np.float64)
    low = float(plain[finite].min()) if finite.any() else 0.0
    high = float(plain[finite].max()) if finite.any() else 1.0
    if values.dtype.kind != "f" or low < 0 or high > 1:
        plain = (plain - low) / max(high - low, 1e-12)
    return (plain.clip(0, 1) * 255).round().astype(np.uint8)


def to_picture(row: np.ndarray) -> np.ndarray:
    """One row (H, W) or (H, W, 1 | 3) as uint8 (H, W) or (H, W, 3) to look at.

    Whole numbers and truth values by the range of their type, floats 0 .. 1 as they are, other floats from least to
    greatest; NaN is black.
    """
    if row.ndim == 3 and row.shape[2] == 1:
        row = row[:, :, 0]  # (H, W, 1) -> (H, W)
    return for_the_eye(row)
