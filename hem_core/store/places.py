"""Where rows lie on two columns, in cells, so that a lasso looks at single points only along its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.store import polygon

CELLS = 255
"""Cells along each axis; with the cell of those that lie nowhere their numbers fit 16 bits."""
NOWHERE = CELLS * CELLS
MARGIN = 0.01
"""How far, in cells, an edge reaches beyond itself: more than the rounding of float32 moves a point."""
BLOCK = 1 << 18
OUTSIDE, INSIDE, CROSSED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Places:
    """N rows on two columns."""

    x: np.ndarray
    """(N,) float32; a row with a value that is not finite lies nowhere."""
    y: np.ndarray
    cell: np.ndarray
    """(N,) uint16: the cell of each row, NOWHERE where it has none."""
    low: tuple[float, float]
    per_unit: tuple[float, float]
    """Cells per unit of each axis."""

    @property
    def nbytes(self) -> int:
        return self.x.nbytes + self.y.nbytes + self.cell.nbytes

    def inside(self, points: Sequence[Sequence[float]]) -> np.ndarray:
        """(N,) bool: the same as `polygon.inside` of these columns, in a fraction of the time."""
        with np.errstate(over="ignore"):
            vertices = np.asarray(points, np.float32).astype(np.float64)
        if not np.isfinite(vertices).all():
            return polygon.inside(self.x, self.y, points)
        kind = self._kinds((vertices - self.low) * self.per_unit, points)
        answer = np.empty(len(self.cell), bool)
        for start in range(0, len(answer), BLOCK):
            part = slice(start, start + BLOCK)
            of_cell = kind[self.cell[part]]
            answer[part] = of_cell == INSIDE
            rows = np.flatnonzero(of_cell == CROSSED) + start
            answer[rows] = polygon.inside(self.x[rows], self.y[rows], points)
        return answer

    def _kinds(self, corners: np.ndarray, points: Sequence[Sequence[float]]) -> np.ndarray:
        """(CELLS² + 1,) uint8: whether each cell is outside, inside or crossed by the line. corners: in cells."""
        at = np.arange(CELLS) + 0.5
        x = np.tile(at / self.per_unit[0] + self.low[0], CELLS)
        y = np.repeat(at / self.per_unit[1] + self.low[1], CELLS)
        kind = np.zeros(NOWHERE + 1, np.uint8)
        kind[:NOWHERE] = polygon.inside(x, y, points)
        kind[:NOWHERE][_crossed(corners).ravel()] = CROSSED
        return kind


def places(x: np.ndarray, y: np.ndarray) -> Places:
    """Sort rows into cells. x, y (N,) float32."""
    lows, per_unit = zip(*(_axis(values) for values in (x, y)), strict=True)
    cell = np.empty(len(x), np.uint16)
    for start in range(0, len(x), BLOCK):
        part = slice(start, start + BLOCK)
        is_known = np.isfinite(x[part]) & np.isfinite(y[part])
        column, line = (
            np.where(is_known, (values[part] - np.float32(low)) * np.float32(scale), 0).clip(0, CELLS - 1)
            for values, low, scale in zip((x, y), lows, per_unit, strict=True)
        )
        cell[part] = np.where(is_known, line.astype(np.uint16) * np.uint16(CELLS) + column.astype(np.uint16), NOWHERE)
    return Places(x, y, cell, lows, per_unit)


def _axis(values: np.ndarray) -> tuple[float, float]:
    """The smallest finite value, and how many cells there are to a unit."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    size = high - low
    return low, CELLS / size if 1e-30 < size < 1e30 else 1.0


def _crossed(corners: np.ndarray) -> np.ndarray:
    """(CELLS, CELLS) bool, lines first: the cells that an edge of a closed polygon touches. corners (V, 2) in cells."""
    lines = np.arange(CELLS)
    found = np.zeros((CELLS, CELLS + 1), np.int32)  # +1 where a stretch of cells begins, -1 after its end
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = min(y1, y2) - MARGIN, max(y1, y2) + MARGIN
        met = lines[(lines + 1 >= low) & (lines <= high)]
        if not len(met):
            continue
        ends = np.tile([0.0, 1.0], (len(met), 1))  # as shares of the edge: where it enters and leaves each line
        if abs(y2 - y1) > 1e-12:
            ends = np.clip((met[:, None] + np.array([-MARGIN, 1 + MARGIN]) - y1) / (y2 - y1), 0, 1)
        across = x1 + ends * (x2 - x1)
        first = np.floor(across.min(axis=1) - MARGIN).clip(0, CELLS).astype(int)
        last = np.floor(across.max(axis=1) + MARGIN).clip(-1, CELLS - 1).astype(int)
        found[met, first] += last >= first
        found[met, last + 1] -= last >= first
    return found.cumsum(axis=1)[:, :CELLS] > 0
