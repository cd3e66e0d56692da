"""What can be read off a picture without a model: brightness, contrast, sharpness, entropy, shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

UNIFORM_BELOW = 0.02
ODD_FROM = 5.0
"""Robust standard deviations, of the logarithms of aspect and size, from their medians on; at least a factor of
`ODD_FACTOR`."""
ODD_FACTOR = 1.5
_LONGEST = 512
"""Larger pictures are measured reduced: longer side in px."""


@dataclass(frozen=True)
class PictureFacts:
    """One picture: see `OF_PICTURES`."""

    brightness: float
    contrast: float
    sharpness: float
    pixel_entropy: float
    width_px: int
    height_px: int


def of_picture(picture: np.ndarray) -> PictureFacts:
    """Measure a picture, uint8 (H, W) or (H, W, 3).

    Reference: Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548, for the variance of the Laplacian.
    """
    height, width = picture.shape[:2]
    image = Image.fromarray(picture).convert("L")  # ITU-R 601 luma
    if max(width, height) >= 2 * _LONGEST:
        image = image.reduce(max(width, height) // _LONGEST)
    grey = np.asarray(image)
    shares = np.bincount(grey.ravel(), minlength=256) / grey.size
    known = shares[shares > 0]
    values = grey.astype(np.float32)
    return PictureFacts(
        float(values.mean(dtype=np.float64)) / 255,
        float(values.std(dtype=np.float64)) / 255,
        _sharpness(values),
        float(max(0.0, -(known * np.log2(known)).sum())),
        width,
        height,
    )


def columns(measured: Sequence[PictureFacts | None]) -> dict[str, np.ndarray]:
    """Columns (N,) named as in `OF_PICTURES`; NaN or False for a picture that is missing (None).

    Shape and size are left out where all pictures have the same, and so is `is_near_uniform` where it holds of none.
    {} without any picture.
    """
    there = np.array([one is not None for one in measured], bool)
    if not there.any():
        return {}
    found = {
        name: _of(measured, name).astype(np.float32)
        for name in ("brightness", "contrast", "sharpness", "pixel_entropy")
    }
    is_uniform = np.nan_to_num(found["contrast"], nan=1.0) < UNIFORM_BELOW
    found |= {"is_near_uniform": is_uniform} if is_uniform.any() else {}
    width, height = _of(measured, "width_px"), _of(measured, "height_px")
    size, aspect = np.sqrt(width * height), width / height
    varies = {"size_px": size, "aspect": aspect}
    kept = {name: values.astype(np.float32) for name, values in varies.items() if np.ptp(values[there]) > 0}
    if kept:
        kept["is_odd_shape"] = _is_far(np.log(size)) | _is_far(np.log(aspect))
    return found | kept


def _of(measured: Sequence[PictureFacts | None], name: str) -> np.ndarray:
    return np.array([np.nan if one is None else getattr(one, name) for one in measured], np.float64)


def _sharpness(values: np.ndarray) -> float:
    wide = np.pad(values, 1, mode="edge")
    edges = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * values
    return float(edges.std(dtype=np.float64))


def _is_far(logs: np.ndarray) -> np.ndarray:
    """Where logs (N,) lie far from their median; NaN is not far."""
    away = np.abs(logs - np.nanmedian(logs))
    spread = 1.4826 * np.nanmedian(away)
    return np.nan_to_num(away, nan=0.0) > max(ODD_FROM * spread, np.log(ODD_FACTOR))
