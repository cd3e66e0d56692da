"""Which rows of two lists of paths are the same picture, where the folders above it have other names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

import pyarrow as pa

from hem_core.errors import DataError

Parts: TypeAlias = tuple[str, ...]
DEEPEST = 3
"""Parts of a path that are compared at most where neither is below the other's folder: split/class/picture."""


def places_by_path(own: pa.Array, wanted: pa.Array, where: str) -> pa.Array:
    """(N,) int32: the row of `own` (M,) for each path of `wanted` (N,), null without one.

    Two paths are the same where one ends with the whole of the other, at any depth. Where no two do, those are whose
    last parts are the same and occur once on both sides: as many parts as give the most pairs, then other numbers.
    where: what has the rows, for errors. Raises DataError when one path fits several.
    """
    rows, ids = _parts(own), _parts(wanted)
    place, is_clear = _by_whole(rows, ids)
    if is_clear and not place:
        place, is_clear = _by_last_parts(rows, ids)
    if not is_clear:
        raise DataError(
            f"{where} names pictures as '{own[0].as_py()}', and several have the same name; name each by its path "
            f"below the folder, such as '{wanted[0].as_py()}'"
        )
    return pa.array([place.get(index) for index in range(len(ids))], pa.int32())


def _parts(paths: pa.Array) -> list[Parts]:
    return [PurePosixPath((text or "").replace("\\", "/")).parts for text in paths.to_pylist()]


def _by_whole(rows: Sequence[Parts], ids: Sequence[Parts]) -> tuple[dict[int, int], bool]:
    """Index of an id -> row, where they are equal, else where one ends with the whole of the other; and whether none
    fits several."""
    at = {parts: row for row, parts in enumerate(rows) if parts}
    equal = {index: at[parts] for index, parts in enumerate(ids) if parts in at}
    taken = set(equal.values())
    pairs = {(index, row) for row, index in _ends(rows, ids)} | set(_ends(ids, rows))
    pairs = {(index, row) for index, row in pairs if index not in equal and row not in taken}
    is_clear = all(len({pair[side] for pair in pairs}) == len(pairs) for side in (0, 1))
    return equal | dict(pairs), is_clear


def _ends(longer: Sequence[Parts], shorter: Sequence[Parts]) -> Iterable[tuple[int, int]]:
    """Each index of `longer` with those of `shorter` that are its longest end."""
    at: defaultdict[Parts, list[int]] = defaultdict(list)
    for index, parts in enumerate(shorter):
        at[parts].append(index)
    for index, parts in enumerate(longer):
        end = next((parts[k:] for k in range(len(parts)) if parts[k:] in at), None)
        yield from ((index, other) for other in (at[end] if end else ()))


def _by_last_parts(rows: Sequence[Parts], ids: Sequence[Parts]) -> tuple[dict[int, int], bool]:
    """Index of an id -> row by the last parts of both; and whether no two that are left have the same name."""
    each = [_once_in_both(rows, ids, n_parts) for n_parts in range(DEEPEST, 0, -1)]
    place: dict[int, int] = {}
    for found in sorted(each, key=len, reverse=True):  # as it is stable, the deepest of those with as many
        taken = set(place.values())
        place |= {index: row for index, row in found.items() if index not in place and row not in taken}
    taken = set(place.values())
    left = {parts[-1:] for row, parts in enumerate(rows) if row not in taken and parts}
    return place, left.isdisjoint(parts[-1:] for index, parts in enumerate(ids) if index not in place)


def _once_in_both(rows: Sequence[Parts], ids: Sequence[Parts], n_parts: int) -> dict[int, int]:
    there, asked = ([parts[-n_parts:] for parts in side] for side in (rows, ids))
    n_there, n_asked = Counter(there), Counter(asked)
    row_of = {parts: row for row, parts in enumerate(there) if parts and n_there[parts] == 1}
    return {index: row_of[parts] for index, parts in enumerate(asked) if parts in row_of and n_asked[parts] == 1}
