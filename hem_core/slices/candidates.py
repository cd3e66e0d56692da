"""The slices to test, and which of the weak ones are not repetitions of others."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.slices.attributes import Attribute
from hem_core.stats.hypergeometric import chance_of_so_many

MOST_PAIRED = 30
"""Number of columns that are paired, the first ones; single columns are all tested."""

Side = tuple[int, int, int]
"""An attribute's number and its first and last part."""


def candidates(
    parts: list[Attribute], is_wrong: np.ndarray, min_size: int
) -> tuple[list[tuple[Side, ...]], np.ndarray, np.ndarray]:
    """Every slice of at least min_size rows and less than all: its sides, rows and errors."""
    sides: list[tuple[Side, ...]] = []
    n: list[int] = []
    hits: list[int] = []

    def add(made: tuple[Side, ...], size: float, wrong: float) -> None:
        if min_size <= size <= len(is_wrong) - min_size:
            sides.append(made)
            n.append(int(size))
            hits.append(int(wrong))

    for a, part in enumerate(parts):
        size, wrong = _count(part.codes, len(part.clauses), is_wrong)
        for first in range(len(size)):
            for last in range(first, len(size) if part.is_ordered else first + 1):
                add(((a, first, last),), size[first : last + 1].sum(), wrong[first : last + 1].sum())
    paired = list(dict.fromkeys(part.column for part in parts))[:MOST_PAIRED]
    for a, one in enumerate(parts):
        for b, other in enumerate(parts[:a]):
            if one.column == other.column or one.column not in paired or other.column not in paired:
                continue
            width = len(other.clauses)
            both = np.where((one.codes >= 0) & (other.codes >= 0), one.codes * width + other.codes, -1)
            size, wrong = _count(both, len(one.clauses) * width, is_wrong)
            for cell in np.flatnonzero(size >= min_size):
                i, j = divmod(int(cell), width)
                add(((b, j, j), (a, i, i)), size[cell], wrong[cell])
    return sides, np.array(n, np.int64), np.array(hits, np.int64)


def _count(codes: np.ndarray, n_codes: int, is_wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inside = codes >= 0
    size = np.bincount(codes[inside], minlength=n_codes)
    return size, np.bincount(codes[inside], weights=is_wrong[inside], minlength=n_codes)


def beats_its_parts(
    parts: list[Attribute], sides: list[tuple[Side, ...]], n: np.ndarray, hits: np.ndarray, level: float = 0.05
) -> np.ndarray:
    """(C,) bool: whether a pair is significantly worse than each of its two parts. True for a single column."""
    place = {made[0]: c for c, made in enumerate(sides) if len(made) == 1}
    beats = np.ones(len(sides), bool)
    children: dict[Side, int] = {}
    pairs = [c for c, made in enumerate(sides) if len(made) == 2]
    for c in pairs:
        for side in sides[c]:
            children[side] = children.get(side, 0) + 1
    for which in (0, 1):
        asked = np.array([c for c in pairs if sides[c][which] in place], np.int64)
        parent = np.array([place[sides[c][which]] for c in asked], np.int64)
        times = np.array([children[sides[c][which]] for c in asked])
        p = chance_of_so_many(hits[asked], n[asked], hits[parent], n[parent])
        beats[asked] &= p * times <= level
    return beats


def without_repetitions(
    parts: list[Attribute], sides: list[tuple[Side, ...]], order: list[int], most: int, overlap: float
) -> list[int]:
    """The first of `order` that do not repeat an earlier one, at most `most`."""
    chosen: list[int] = []
    masks: list[np.ndarray] = []
    for c in order:
        mask = inside(parts, sides[c])
        columns = {parts[side[0]].column for side in sides[c]}
        for before, other in zip(chosen, masks, strict=True):
            shared = np.count_nonzero(mask & other)
            is_same = columns == {parts[side[0]].column for side in sides[before]}
            if shared > overlap * np.count_nonzero(mask | other) or (is_same and shared):
                break
        else:
            chosen.append(c)
            masks.append(mask)
        if len(chosen) == most:
            break
    return chosen


def inside(parts: list[Attribute], made: tuple[Side, ...]) -> np.ndarray:
    return np.logical_and.reduce([(parts[a].codes >= first) & (parts[a].codes <= last) for a, first, last in made])


def describe(parts: list[Attribute], made: tuple[Side, ...]) -> tuple[dict[str, Any], str]:
    clauses, words = zip(*(parts[a].run(first, last) for a, first, last in made), strict=True)
    return {"all": [dict(clause) for clause in clauses]}, " · ".join(words)
