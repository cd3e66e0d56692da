"""What the pixels of a box are like: its brightness and its blur."""

from __future__ import annotations

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in the brightness that the eye sees (ITU-R BT.601)."""


def brightness_and_blur(picture: np.ndarray, xyxy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How bright and how blurred the crops of R boxes of one picture are.

    picture uint8 (H, W) or (H, W, 3); xyxy (R, 4) left, top, right, bottom in px, cut off at the border.
    Returns (R,) each: brightness, the mean luma, 0 black .. 1 white; blur, 1 / (1 + s) in 0 .. 1 with s the standard
    deviation of the Laplacian in grey levels, higher = more blurred, 1 where all is of one colour. NaN for a box that
    has no pixel in the picture. All boxes are read off summed tables, so their number costs next to nothing.
    Reference: Pech-Pacheco et al. 2000, doi:10.1109/ICPR.2000.903548, for the variance of the Laplacian.
    """
    grey = picture.astype(np.float64) if picture.ndim == 2 else picture[:, :, :3].astype(np.float64) @ LUMA
    edges = _laplacian(grey)
    boxes = _whole_px(xyxy, grey.shape)
    n = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        bright = _sums(grey, boxes) / n / 255
        mean = _sums(edges, boxes) / n
        spread = np.sqrt(np.maximum(_sums(edges**2, boxes) / n - mean**2, 0))
    return np.where(n > 0, bright, np.nan), np.where(n > 0, 1 / (1 + spread), np.nan)


def _laplacian(grey: np.ndarray) -> np.ndarray:
    """(H, W) second differences in both directions; the picture goes on beyond its border as it ends there."""
    wide = np.pad(grey, 1, mode="edge")
    return wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * grey


def _whole_px(xyxy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(R, 4) int64: the pixels that a box touches, inside the picture."""
    height, width = shape[:2]
    start, end = np.floor(xyxy[:, :2]), np.ceil(xyxy[:, 2:])
    return np.concatenate([start, end], axis=1).clip(0, [width, height, width, height]).astype(np.int64)


def _sums(values: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(R,) sums of (H, W) values over boxes of whole pixels."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    table[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    left, top, right, bottom = boxes.T
    return table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
