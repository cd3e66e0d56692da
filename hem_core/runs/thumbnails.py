"""The small pictures of a run: of its examples and, where the task draws them, of their parts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hem_core.engine.batch import Inputs
from hem_core.engine.progress import Progress
from hem_core.media import medium
from hem_core.media._open_image import thumbnail
from hem_core.media._picture_facts import PictureFacts, of_picture
from hem_core.runs.scored import Scored
from hem_core.store.atomic import write_array, write_bytes
from hem_core.store.damage import torn
from hem_core.tasks import UNSURE, Draws, Parts, Task

EXAMPLE_PX, PART_PX = 224, 160
"""Longer side of the small pictures of examples with parts in them, and of parts."""
AT_ONCE = 1024
NOT_DRAWN = frozenset({"evidence", "reason"})
"""Columns of text that no drawing reads."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """Who draws, and the parts of each example."""

    task: Draws
    level: str
    parts: Mapping[str, Sequence[tuple[int, Mapping[str, Any]]]]
    """Example -> the row of each of its parts in their level, and its columns."""
    n: int
    """How many parts there are."""

    @classmethod
    def of(cls, task: Task, parts: Parts | None) -> Drawing | None:
        """None for a task without parts, or one that does not draw them."""
        if parts is None or not isinstance(task, Draws):
            return None
        parts_of: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        names = [name for name in parts.table.column_names if name not in NOT_DRAWN]
        for row, part in enumerate(parts.table.select(names).to_pylist()):
            parts_of.setdefault(part["example"], []).append((row, part))
        return cls(task, parts.level, parts_of, parts.table.num_rows)


@dataclass(frozen=True)
class Pictures:
    """What `write_thumbnails` returns."""

    is_there: bool
    """False when the examples are no pictures, or none of them is there."""
    measured: Sequence[PictureFacts | None] = ()
    """One of each example; () for pictures that are drawn on request, and without pictures."""


@dataclass(frozen=True)
class _Small:
    example: bytes
    parts: tuple[tuple[int, bytes], ...] = ()
    measured: PictureFacts | None = None


def write_thumbnails(scored: Scored, drawing: Drawing | None, progress: Progress) -> Pictures:
    """All thumbnails in one file with offsets, those of parts in the folder of their level; each picture is measured.

    Thumbnails that are drawn on request are not stored.
    """
    indices, inputs, plan = scored.joined.columns["index"].tolist(), scored.ready.inputs, scored.plan
    if inputs is None or not any(inputs.picture(index) is not None for index in _some(indices, drawing)):
        return Pictures(is_there=False)
    if medium(scored.ready.facts["medium"]).is_drawn_on_request:
        return Pictures(is_there=True)
    homes = [plan.folder, *([plan.folder / drawing.level] if drawing else [])]
    is_done = all(map(_is_there, homes))
    make = _measurer(inputs) if is_done else _maker(inputs, scored.ids, drawing)
    examples: list[bytes] = []
    measured: list[PictureFacts | None] = []
    parts = [b""] * (drawing.n if drawing else 0)
    with progress.stage("thumbnails", len(indices)) as report, ThreadPoolExecutor(max_workers=2) as pool:
        for start in range(0, len(indices), AT_ONCE):
            block = range(start, min(start + AT_ONCE, len(indices)))
            for small in pool.map(make, block, [indices[place] for place in block]):
                examples.append(small.example)
                measured.append(small.measured)
                for row, content in small.parts:
                    parts[row] = content
            report(len(examples))
    if drawing is not None and not is_done:
        _write(plan.folder / drawing.level, parts)
    if not is_done:
        _write(plan.folder, examples)
    return Pictures(is_there=True, measured=measured)


def _some(indices: Sequence[int], drawing: Drawing | None) -> Iterator[int]:
    """The examples of which one must have a picture: the first or, where pictures may be missing, any."""
    yield from indices if drawing is not None else indices[:1]


def _is_there(home: Path) -> bool:
    blob, offsets = home / "thumbnails.bin", home / "thumbnails.npy"
    return offsets.exists() and torn(blob, offsets) is None


def _write(home: Path, small: Sequence[bytes]) -> None:
    write_bytes(home / "thumbnails.bin", b"".join(small))
    write_array(home / "thumbnails.npy", np.concatenate([[0], np.cumsum([len(one) for one in small])]).astype(np.int64))


def _maker(inputs: Inputs, ids: Sequence[str], drawing: Drawing | None) -> Callable[[int, int], _Small]:
    def make(place: int, index: int) -> _Small:
        pixels = inputs.picture(index)
        if pixels is None:
            return _Small(b"")
        picture, measured = Image.fromarray(pixels), of_picture(pixels)
        if drawing is None:
            return _Small(thumbnail(picture), measured=measured)
        own = drawing.parts.get(ids[place], ())
        rows = [part for _row, part in own]
        whole = drawing.task.drawn(picture, rows, size_px=EXAMPLE_PX, hidden=(UNSURE,))
        crops = ((row, drawing.task.drawn(picture, rows, part, size_px=PART_PX, is_crop=True)) for row, part in own)
        return _Small(_encoded(whole), tuple((row, _encoded(crop)) for row, crop in crops), measured)

    return make


def _measurer(inputs: Inputs) -> Callable[[int, int], _Small]:
    """Of a run whose thumbnails are there: a killed one has not kept the measures."""

    def measure(_place: int, index: int) -> _Small:
        pixels = inputs.picture(index)
        return _Small(b"", measured=None if pixels is None else of_picture(pixels))

    return measure


def _encoded(picture: Image.Image) -> bytes:
    """A drawn picture as WebP; it has its final size."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80, method=0)
    return buffer.getvalue()
