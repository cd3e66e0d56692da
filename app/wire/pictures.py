"""The picture of a row at its full size; of a task that draws its parts, with these in it."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from app import loaders
from app.wire import contents
from hem_core.errors import DataError, HemError
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from PIL import Image

    from hem_core.store.level import Level

LARGEST_PX, SMALL_PX = 1600, 224
"""Longer side of a large and a small picture with parts drawn into it."""


def picture_of(
    level: Level, row: int, *, is_plain: bool = False, hidden: Collection[str] = (), size_px: int = LARGEST_PX
) -> Image.Image | None:
    """The picture of a row of a level, of a part that of its example with the part marked; None without one.

    is_plain: without what the task draws; hidden: the layers that it leaves out. Raises DataError when the file is
    gone.
    """
    from hem_core.tasks import Draws

    task = loaders.task(level)
    if not isinstance(task, Draws):
        source, (shown,) = contents.shown_rows(level, [row])
        return _of_example(source, shown) if source.is_examples else None
    examples = level if level.is_examples else loaders.level(level.run, EXAMPLES)
    example, part = row, None
    if not level.is_examples:
        (part,) = level.records([row])
        example = loaders.row_of(examples)[str(part["example"])]
    picture = _of_example(examples, example)
    if picture is None or is_plain:
        return picture
    parts = [part] if part is not None and "others" in hidden else _parts(examples, example)
    return task.drawn(picture, parts, part, size_px=size_px, hidden=hidden)


def whole_thumbnail(level: Level, row: int) -> bytes:
    """A small picture of the example of a part with this part alone in it; the example's own where its file is gone."""
    try:
        picture = picture_of(level, row, size_px=SMALL_PX, hidden=("others",))
    except HemError:
        picture = None
    if picture is not None:
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=80, method=0)
        return out.getvalue()
    if level.is_examples:
        return contents.thumbnail(level, row) or b""
    (part,) = level.records([row], ["example"])
    examples = loaders.level(level.run, EXAMPLES)
    return examples.thumbnail(loaders.row_of(examples)[str(part["example"])]) or b""


def drawing(level: Level) -> dict[str, Any] | None:
    """What the task draws into the pictures of a level: `layers` that can be hidden, [name, title] each, those that are
    `hidden` at first, and `legend`, [title, colour] each; None for one that draws nothing."""
    from hem_core.tasks import UNSURE, Draws

    task = loaders.task(level)
    if not isinstance(task, Draws):
        return None
    layers = [[name, title] for name, title in task.layers.items() if name != "others" or not level.is_examples]
    hidden = [name for name, _title in layers if name == UNSURE]
    return {"layers": layers, "hidden": hidden, "legend": [list(one) for one in task.legend]}


def size_of(run: str, example: str) -> tuple[float, float]:
    """Width and height in px of an example's picture: as its data say, else as the file has it.

    Raises DataError where neither is known, or the run has no such example.
    """
    examples = loaders.level(run, EXAMPLES)
    row = loaders.row_of(examples).get(example)
    if row is None:
        raise DataError(f"{examples.title} has no example '{example}'")
    names = [name for name in ("width", "height") if name in examples.source.columns]
    (known,) = examples.records([row], names) if names else [{}]
    width, height = (float(known.get(name) or 0) for name in ("width", "height"))
    if width > 0 and height > 0:
        return width, height
    picture = _of_example(examples, row)
    if picture is None:
        raise DataError(f"the size of '{example}' is not known, so that no box can be placed in it; name its picture")
    return picture.size


def is_drawn(level: Level) -> bool:
    """Whether the task draws its parts into the pictures of a level."""
    from hem_core.tasks import Draws

    return isinstance(loaders.task(level), Draws)


def _of_example(level: Level, row: int) -> Image.Image | None:
    shown = contents.medium(level)
    if not shown.pictures or level.root is None:
        return None
    return shown.picture_of(level.root, level.records([row])[0])


def _parts(examples: Level, row: int) -> list[dict[str, Any]]:
    """The parts of an example, of the first level that has any."""
    (example,) = examples.records([row], ["id"])
    for name in examples.info.get("levels") or ():
        if name == EXAMPLES:
            continue
        level = loaders.level(examples.run, name)
        rows = loaders.rows_of_examples(level, [str(example["id"])])
        if rows:
            return level.records(rows)
    return []
