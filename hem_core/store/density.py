"""A map of very many rows as a raster: how many lie in each cell of a window, and what colours them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 1 << 19
LEVELS = 10
MISSING = 255
"""The level of a row without a value, and of an empty cell."""
MOST_COUNTED = 65_535


@dataclass(frozen=True)
class Window:
    """A part of the plane, cut into cells; cell 0 is at the top left, where x is smallest and y largest."""

    x0: float
    x1: float
    y0: float
    y1: float
    columns: int
    lines: int

    @property
    def cells(self) -> int:
        return self.columns * self.lines


def cells_of(x: np.ndarray, y: np.ndarray, window: Window) -> np.ndarray:
    """(N,) int32: the cell of each row, -1 outside of the window. x, y (N,) float32; NaN is outside."""
    out = np.empty(len(x), np.int32)
    for part in blocks(len(x)):
        across = (x[part] - np.float32(window.x0)) * np.float32(window.columns / (window.x1 - window.x0))
        down = (np.float32(window.y1) - y[part]) * np.float32(window.lines / (window.y1 - window.y0))
        is_in = (across >= 0) & (across < window.columns) & (down >= 0) & (down < window.lines)
        across[~is_in] = down[~is_in] = 0
        cell = down.astype(np.int32) * np.int32(window.columns) + across.astype(np.int32)
        cell[~is_in] = -1
        out[part] = cell
    return out


def levels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """(N,) uint8: LEVELS equal steps from low to high, MISSING for NaN."""
    out = np.empty(len(values), np.uint8)
    scale = np.float32(LEVELS / (high - low)) if high > low else np.float32(0)
    for part in blocks(len(values)):
        step = (values[part] - np.float32(low)) * scale
        is_missing = np.isnan(step)
        step[is_missing] = 0
        found = step.clip(0, LEVELS - 1).astype(np.uint8)
        found[is_missing] = MISSING
        out[part] = found
    return out


def spread(values: np.ndarray) -> tuple[float, float]:
    """The percentiles 1 and 99 of the known values, between which colours differ; all of them where these are equal."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 1.0
    at = [int(np.floor(share * (len(known) - 1) + 0.5)) for share in (0.01, 0.99)]
    low, high = (float(value) for value in np.partition(known, at)[at])
    return (low, high) if high > low else (float(known.min()), float(known.max()))


def tally(cells: np.ndarray, level: np.ndarray, mask: np.ndarray | None, count: int, most: int) -> np.ndarray:
    """(count, most + 1) how many rows of each level lie in each cell; levels of `most` and above share the last one.

    cells (N,) as `cells_of` gives them; level (N,) uint8; mask (N,) bool, which rows are counted, None = all.
    """
    out = np.zeros(count * (most + 1), np.int64)
    for part in blocks(len(cells)):
        cell = cells[part]
        is_in = cell >= 0 if mask is None else (cell >= 0) & mask[part]
        of_level = np.minimum(level[part][is_in], most)
        out += np.bincount(cell[is_in].astype(np.int64) * (most + 1) + of_level, minlength=len(out))
    return out.reshape(count, most + 1)


def hardest(tallied: np.ndarray) -> np.ndarray:
    """(C,) uint8: the highest level in each cell of a tally, MISSING where it has no row with a value."""
    is_there = tallied[:, :-1] > 0
    top = is_there.shape[1] - 1 - np.argmax(is_there[:, ::-1], axis=1)
    return np.where(is_there.any(axis=1), top, MISSING).astype(np.uint8)


def commonest(tallied: np.ndarray) -> np.ndarray:
    """(C,) uint8: the level of most rows in each cell, the lower one of equals; MISSING for an empty cell."""
    return np.where(tallied.any(axis=1), np.argmax(tallied, axis=1), MISSING).astype(np.uint8)


def share(tallied: np.ndarray, level: int) -> np.ndarray:
    """(C,) uint8: the share of a level among the rows with a value, 0 to 250 for 0 to 1; MISSING without such."""
    known = tallied[:, :-1].sum(axis=1)
    parts = np.rint(250 * tallied[:, level] / np.maximum(known, 1))
    return np.where(known > 0, parts, MISSING).astype(np.uint8)


def counts(tallied: np.ndarray) -> np.ndarray:
    """(C,) uint16: the rows in each cell of a tally, at most MOST_COUNTED."""
    return np.minimum(tallied.sum(axis=1), MOST_COUNTED).astype(np.uint16)


def top(values: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """The n of these rows with the highest values, ascending by value, so that the highest is drawn last."""
    key = values[rows]
    key = np.where(np.isnan(key), -np.inf, key)
    if len(rows) > n:
        rows = rows[np.argpartition(key, len(key) - n)[len(key) - n :]]
        key = np.where(np.isnan(values[rows]), -np.inf, values[rows])
    return rows[np.argsort(key, kind="stable")]


def page(values: np.ndarray, mask: np.ndarray | None, start: int, length: int, *, is_descending: bool) -> np.ndarray:
    """The rows at places start .. start + length of those whose mask is set, sorted by value.

    Missing values come last, equal ones by row. values (N,) float32.
    """
    rows = np.arange(len(values)) if mask is None else np.flatnonzero(mask)
    key = -values[rows] if is_descending else values[rows]
    end = min(start + length, len(rows))
    if end <= start:
        return rows[:0]
    key = np.where(np.isnan(key), np.float32(np.inf), key)
    if end < len(rows):
        # Those below the value at the last place, and of its equals the first by row; NaN counts as infinite here.
        limit = np.partition(key, end - 1)[end - 1]
        below, equal = np.flatnonzero(key < limit), np.flatnonzero(key == limit)
        chosen = np.sort(np.concatenate([below, equal[: end - len(below)]])) if limit < np.inf else np.arange(len(rows))
        rows, key = rows[chosen], key[chosen]
    is_missing = np.isnan(values[rows])
    return rows[np.lexsort((rows, key, is_missing))][start:end]


def place(values: np.ndarray, mask: np.ndarray | None, row: int, *, is_descending: bool) -> int | None:
    """The place of a row among those whose mask is set, in the order of `page`; None for one whose mask is not set."""
    if mask is not None and not mask[row]:
        return None
    own, rows = values[row], np.arange(len(values))
    if np.isnan(own):
        is_before = ~np.isnan(values) | (rows < row)
    else:
        is_before = (values > own if is_descending else values < own) | ((values == own) & (rows < row))
    return int(np.count_nonzero(is_before if mask is None else is_before & mask))


def blocks(n: int) -> Iterator[slice]:
    """Parts of N rows, one after the other, that fit the cache: nothing of N rows is copied on the way."""
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))
