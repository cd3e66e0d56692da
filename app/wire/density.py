"""The map of very many rows for the window that is seen: cells with counts and colours, and the hardest as points.

An answer is a uint32, the length of a head in JSON, the head, and the arrays that the head lists, each at a multiple
of four bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.responses import Response

from app import loaders
from app.wire import arrays, columns, masks
from app.wire.crowd import asked_level, clip, finite, number_column
from app.wire.door import NEVER, Refused, text, whole
from hem_core.store import density, rules
from hem_core.store.density import Window

if TYPE_CHECKING:
    from hem_core.store.level import Level

MOST_POINTS = 300_000
"""A window with at most so many rows that match the filter shows each of them; a page may ask for fewer."""
HARDEST, ONE_OF = 2_000, 50
"""How many points lie over the cells: so many, or of few rows one of 50."""
MOST_CELLS = 1_000_000
FIELDS = ("x", "y", "colour", "slots", "score", "filter", "selection", "most_points",
          "x0", "x1", "y0", "y1", "columns", "lines")  # fmt: skip
"""What an answer depends on."""
MOST_SLOTS = 64
"""Names with a colour of their own; the page decides which: `browser/explorer/name_colours.js`."""
RIGHT_OR_WRONG = "is_correct"
"""The column whose cells are coloured by the share of wrong predictions: most cells have some, few are mostly wrong."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """How rows are coloured."""

    kind: str
    """`number`, `names` or `share`."""
    level: np.ndarray
    """(N,) uint8: a step of the scale, or a name."""
    most: int
    """Levels from this one on are one: another name, or a missing value."""
    wrong: int = 0
    """Of a share, the level that it is of."""


def raster(body: dict[str, Any]) -> Response:
    """The rows in a window of two columns, as the filter and the selection leave them; the same window is kept."""
    level = asked_level(body)
    asked = {name: body.get(name) for name in FIELDS}
    is_about_tags = any(rules.needs_tags(asked[rule]) for rule in ("filter", "selection"))
    revision = loaders.tags().revision(level.data) if is_about_tags else -1
    key = ("density", json.dumps(asked, sort_keys=True), revision, MOST_POINTS, HARDEST, ONE_OF)
    content = arrays.kept(level, key, lambda: np.frombuffer(_raster(level, body), np.uint8))
    return Response(content.tobytes(), media_type="application/octet-stream", headers=NEVER)


def _raster(level: Level, body: dict[str, Any]) -> bytes:
    window = _window(body)
    x, y = (number_column(level, body, axis) for axis in ("x", "y"))
    cells = arrays.kept(
        level,
        ("cells", x, y, window),
        lambda: density.cells_of(arrays.numbers(level, x), arrays.numbers(level, y), window),
    )
    colour = _colouring(level, text(body, "colour"), body.get("slots", []))
    kept, chosen = (masks.mask(level, body.get(rule)) for rule in ("filter", "selection"))
    parts: dict[str, np.ndarray] = {}
    in_window = cells >= 0 if kept is None else (cells >= 0) & kept
    total = int(np.count_nonzero(in_window))
    is_points = total <= _most_points(body)
    if kept is not None:
        parts["out"] = _any(cells, (cells >= 0) & ~kept, window)
    if not is_points:
        parts |= _cells(cells, colour, kept, window, "")
        if chosen is not None:
            in_window &= chosen
            parts |= _cells(cells, colour, in_window, window, "selected_")
    rows = np.flatnonzero(in_window)
    rows = density.top(_hardness(level, body, colour), rows, len(rows) if is_points else min(HARDEST, total // ONE_OF))
    parts |= {"rows": rows.astype(np.uint32), "level": colour.level[rows]}
    parts |= {axis: arrays.numbers(level, name)[rows] for axis, name in (("x", x), ("y", y))}
    head = {"kind": colour.kind, "total": total, "is_points": is_points}
    return packed(head, parts)


def packed(head: Mapping[str, Any], parts: Mapping[str, np.ndarray]) -> bytes:
    """Arrays in one answer."""
    listed, blobs, at = [], [], 0
    for name, part in parts.items():
        content = np.ascontiguousarray(part, part.dtype.newbyteorder("<")).tobytes()
        listed.append([name, part.dtype.str.replace("=", "<"), len(part), at])
        blobs.append(content + bytes(-len(content) % 4))
        at += len(blobs[-1])
    text = json.dumps({**head, "parts": listed}).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<I", len(text)), text, *blobs])


def _cells(
    cells: np.ndarray, colour: Colouring, mask: np.ndarray | None, window: Window, name: str
) -> dict[str, np.ndarray]:
    """The count and the colour of each cell."""
    tallied = density.tally(cells, colour.level, mask, window.cells, colour.most)
    if colour.kind == "number":
        shown = density.hardest(tallied)
    else:
        shown = density.commonest(tallied) if colour.kind == "names" else density.share(tallied, colour.wrong)
    return {f"{name}count": density.counts(tallied), f"{name}cell": shown}


def _any(cells: np.ndarray, mask: np.ndarray, window: Window) -> np.ndarray:
    found = np.zeros(window.cells, np.uint8)
    found[cells[mask]] = 1
    return found


def _colouring(level: Level, name: str, slots: object) -> Colouring:
    described = columns.described(level)
    if name not in described:
        raise Refused(404, f"'colour': {level.title} has no column '{name}'")
    if described[name]["kind"] == "number":
        low, high = clip(level, name)
        steps = arrays.kept(level, ("levels", name), lambda: density.levels(arrays.numbers(level, name), low, high))
        return Colouring("number", steps, density.LEVELS)
    names, codes = described[name]["names"], columns.coded(level, name)
    if name == RIGHT_OR_WRONG:
        return Colouring("share", codes, len(names), names.index("false") if "false" in names else len(names))
    if not isinstance(slots, list) or len(slots) > MOST_SLOTS or not all(_is_code(slot, names) for slot in slots):
        raise Refused(400, f"'slots' must be at most {MOST_SLOTS} numbers of names of '{name}'")
    found = arrays.kept(level, ("levels", name, *slots), lambda: _in_slots(codes, slots, len(names)))
    return Colouring("names", found, len(slots))


def _is_code(slot: object, names: list[str]) -> bool:
    return isinstance(slot, int) and not isinstance(slot, bool) and 0 <= slot < len(names)


def _in_slots(codes: np.ndarray, slots: list[int], count: int) -> np.ndarray:
    """(N,) uint8: the slot of each row's name, MISSING for names without one. slots: codes; count: how many names."""
    slot_of = np.full(count + 1, density.MISSING, np.uint8)
    slot_of[slots] = np.arange(len(slots))
    return slot_of[np.minimum(codes, count) if codes.dtype.kind == "u" else codes]  # -1 is the last one, too


def _hardness(level: Level, body: dict[str, Any], colour: Colouring) -> np.ndarray:
    """(N,) the higher, the rather a row is drawn as a point: its colour's number, or else that of the page's score."""
    name = text(body, "colour") if colour.kind == "number" else number_column(level, body, "score")
    return arrays.numbers(level, name)


def _most_points(body: dict[str, Any]) -> int:
    return min(MOST_POINTS, whole(body, "most_points")) if "most_points" in body else MOST_POINTS


def _window(body: dict[str, Any]) -> Window:
    x0, x1, y0, y1 = (finite(body, name) for name in ("x0", "x1", "y0", "y1"))
    found = Window(x0, x1, y0, y1, whole(body, "columns"), whole(body, "lines"))
    if not (x1 > x0 and y1 > y0):
        raise Refused(400, "the window must have x0 below x1 and y0 below y1")
    if not 0 < found.cells <= MOST_CELLS:
        raise Refused(400, f"a window has 1 to {MOST_CELLS:,} cells; got {found.cells:,}")
    return found
