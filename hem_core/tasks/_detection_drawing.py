"""Boxes in pictures: given ones solid, predicted ones dashed, in colours that colour-blind readers tell apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hem_core.boxes.columns import SIDES
from hem_core.tasks._contract import UNSURE
from hem_core.tasks._detection_reasons import decimal
from hem_core.thresholds import WRONG as COUNTS_FROM

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

RIGHT, WRONG, MISSED = "#56B4E9", "#D55E00", "#F0E442"
"""Sky blue, vermilion and yellow of Okabe and Ito's palette: right; a wrong prediction or place; missed."""
LEGEND = (("right", RIGHT), ("wrong", WRONG), ("missed", MISSED))
LAYERS = {
    "given": "given boxes, solid",
    "predicted": "predicted boxes, dashed",
    "others": "other boxes",
    UNSURE: f"predictions below confidence {decimal(COUNTS_FROM)}",
}
"""What can be hidden of a drawing: `others` are the boxes that are not looked at."""
CONTEXT = 0.75
"""How much of a box's longer side is shown on each side of it."""
LEAST_PX = 24
"""Context of the smallest boxes, in px of the picture."""
LETTERS_FROM = 400
"""Width or height in px from which labels are written into a picture."""


def drawn(
    picture: Image.Image,
    boxes: Sequence[Mapping[str, Any]],
    part: Mapping[str, Any] | None = None,
    *,
    size_px: int | None = None,
    is_crop: bool = False,
    hidden: Collection[str] = (),
) -> Image.Image:
    """A copy of a picture with boxes.

    boxes: rows of the level `boxes` of this picture; part: the one that is looked at, drawn last and thicker. size_px:
    the longer side of the result, no larger than the picture or the crop unless it is tiny. is_crop: show `part` with
    some context, and the other boxes not at all. hidden: names of LAYERS.
    """
    from PIL import Image, ImageDraw

    area = _around(part, picture.size) if is_crop and part is not None else (0, 0, *picture.size)
    shown = picture.convert("RGB").crop(area)
    longer = max(shown.size)
    scale = size_px / longer if size_px and (longer > size_px or is_crop) else 1.0
    if scale != 1.0:
        size = max(1, round(shown.width * scale)), max(1, round(shown.height * scale))
        shown = shown.resize(size, Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(shown)
    is_bare = is_crop or "others" in hidden
    others = [] if is_bare else [each for each in boxes if part is None or each["id"] != part["id"]]
    if UNSURE in hidden:
        others = [each for each in others if corners(each, "given") or not is_unsure(each)]
    for each in others:
        _hypothesis(pen, each, (area[0], area[1], scale), is_main=False, hidden=hidden)
    if part is not None:
        _hypothesis(pen, part, (area[0], area[1], scale), is_main=True, hidden=hidden)
    if max(shown.size) >= LETTERS_FROM and not {"given", "predicted"} <= set(hidden):
        for each in [*others, *([part] if part is not None else [])]:
            if part is None or each is part:
                _letters(pen, each, (area[0], area[1], scale), shown.size)
    return shown


def corners(part: Mapping[str, Any], which: str) -> tuple[float, float, float, float] | None:
    """The `given` or the `predicted` box of a row in px; None without one."""
    found = [part.get(f"{which}_{side}") for side in SIDES]
    if any(side is None or side != side for side in found):
        return None
    left, top, right, bottom = (float(side) for side in found if side is not None)
    return left, top, right, bottom


def is_unsure(part: Mapping[str, Any]) -> bool:
    """Whether a row's prediction is below the confidence from which predictions count as errors."""
    confidence = part.get("confidence")
    return isinstance(confidence, float) and confidence < COUNTS_FROM


def colour(part: Mapping[str, Any]) -> str:
    """The colour of a row by its outcome."""
    return {"right": RIGHT, "Missed": MISSED}.get(str(part.get("type")), WRONG)


def _around(part: Mapping[str, Any], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a picture of that size that shows both boxes of a row with context."""
    found = [box for which in ("given", "predicted") if (box := corners(part, which)) is not None]
    left, top = min(box[0] for box in found), min(box[1] for box in found)
    right, bottom = max(box[2] for box in found), max(box[3] for box in found)
    more = max(CONTEXT * max(right - left, bottom - top) / 2, LEAST_PX)
    width, height = size
    start = max(0, min(int(left - more), width - 1)), max(0, min(int(top - more), height - 1))
    end = min(width, int(right + more) + 1), min(height, int(bottom + more) + 1)
    return (*start, max(end[0], start[0] + 1), max(end[1], start[1] + 1))


def _hypothesis(
    pen: ImageDraw.ImageDraw,
    part: Mapping[str, Any],
    place: tuple[int, int, float],
    *,
    is_main: bool,
    hidden: Collection[str] = (),
) -> None:
    longer = max(pen.im.size)
    width = max(2, round(longer / 320)) + (1 if is_main and longer >= LETTERS_FROM else 0)
    for which in ("given", "predicted"):
        box = corners(part, which)
        is_said = part.get("type") == "right" and "given" not in hidden  # then the given box says enough
        is_left_out = which == "predicted" and not is_main and (is_said or (UNSURE in hidden and is_unsure(part)))
        if box is None or which in hidden or is_left_out:
            continue
        inside = _placed(box, place)
        dash = max(4, 3 * width) if which == "predicted" else 0
        if longer >= LETTERS_FROM:  # in a small picture the rim would take the colour away
            _outline(pen, inside, "black", width + 2, dash)
        _outline(pen, inside, colour(part), width, dash)


def _placed(box: tuple[float, float, float, float], place: tuple[int, int, float]) -> tuple[int, int, int, int]:
    left, top, scale = place
    one, two, three, four = (round((side - (left if at % 2 == 0 else top)) * scale) for at, side in enumerate(box))
    return one, two, max(three, one + 1), max(four, two + 1)


def _outline(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], fill: str, width: int, dash: int) -> None:
    """dash: length of the dashes in px, 0 for a solid line."""
    left, top, right, bottom = box
    for begin, end in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        for one, other in _dashes(begin, end, dash):
            pen.line((*one, *other), fill=fill, width=width)


def _dashes(begin: tuple[int, int], end: tuple[int, int], dash: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    length = abs(end[0] - begin[0]) + abs(end[1] - begin[1])
    if not dash or length <= dash:
        return [(begin, end)]

    def at(step: int) -> tuple[int, int]:
        share = min(step, length) / length
        return round(begin[0] + share * (end[0] - begin[0])), round(begin[1] + share * (end[1] - begin[1]))

    return [(at(step), at(step + dash)) for step in range(0, length, 2 * dash)]


def _letters(
    pen: ImageDraw.ImageDraw, part: Mapping[str, Any], place: tuple[int, int, float], size: tuple[int, int]
) -> None:
    """What a row says, above its box or, at the upper border, inside it."""
    from PIL import ImageFont

    box = corners(part, "given") or corners(part, "predicted")
    if box is None:
        return
    font = ImageFont.load_default(size=max(11, round(max(size) / 60)))
    text = words(part)
    left, top, _right, _bottom = _placed(box, place)
    _x, _y, wide, high = (round(side) for side in pen.textbbox((0, 0), text, font=font))
    x = max(0, min(left, size[0] - wide - 4))
    y = top - high - 4 if top - high - 4 >= 0 else max(0, min(top + 2, size[1] - high - 4))
    pen.rectangle((x, y, x + wide + 4, y + high + 3), fill=colour(part))
    pen.text((x + 2, y + 1), text, fill="black", font=font)


def words(part: Mapping[str, Any]) -> str:
    """`RBC .93`, `RBC → WBC .71`, `missed RBC`, `RBC .62, IoU .41`."""
    given, predicted, confidence = part.get("given"), part.get("predicted"), part.get("confidence")
    sure = f" {decimal(confidence)}" if isinstance(confidence, float) else ""
    if predicted is None:
        return f"missed {given}"
    if given is None:
        return f"{predicted}?{sure}"
    if given != predicted:
        return f"{given} > {predicted}{sure}"
    iou = part.get("iou")
    off = f", IoU {decimal(iou)}" if part.get("type") == "Loc" and isinstance(iou, float) else ""
    return f"{given}{sure}{off}"
