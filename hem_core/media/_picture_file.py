"""An image file as everybody sees it: the first frame, upright, in 8 bits, grey or in colour."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from hem_core.errors import DataError
from hem_core.media._grey_levels import WHITE, from_floats, from_unsigned

TURNED = "an EXIF orientation and are turned upright"
FRAMES = "several frames or pages, of which the first is taken"
TRANSPARENT = "transparent parts; the transparency is dropped, and the colours below it count"
DEEP = "more than 8 bits a channel and are scaled by their full range to 0 .. 255"

_ORIENTATION = 0x0112
_BITS_PER_SAMPLE = 258
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
GREY = frozenset({"1", "L", "LA", "La", "I", "F"})


@dataclass(frozen=True, eq=False)
class PictureFile:
    """A picture of mode L or RGB, and what was done to it: "an EXIF orientation and are turned upright", …"""

    picture: Image.Image
    remarks: tuple[str, ...]


def read_picture(data: bytes, *, draft_px: int | None = None) -> PictureFile:
    """The picture in an image file's bytes.

    Numbers of 16 bits are scaled by their full range, floats must lie in 0 .. 1; of an animation or a file of pages the
    first one counts; an EXIF orientation is obeyed; transparency is dropped, as training loaders do.
    draft_px: a large JPEG may be decoded at a reduced scale of at least so many pixels a side.
    Raises DataError saying what is wrong with the file.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            return _read(opened, draft_px)
    except DataError as error:
        raise DataError(f"not a readable image: {error}") from error
    except Exception as error:  # a broken file makes Pillow's readers raise many kinds of exceptions
        raise DataError(f"not a readable image: {_short(error)}") from error


def as_read(picture: Image.Image) -> PictureFile:
    """A picture that Pillow has opened or made, as `read_picture` gives it. Raises DataError saying what is wrong."""
    try:
        return _read(picture, None)
    except DataError as error:
        raise DataError(f"not a readable image: {error}") from error
    except Exception as error:
        raise DataError(f"not a readable image: {_short(error)}") from error


def is_grey(data: bytes) -> bool:
    """Whether an image file holds grey levels alone. Raises DataError when it is no image."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.mode in GREY or opened.mode.startswith("I;")
    except Exception as error:
        raise DataError(f"not a readable image: {_short(error)}") from error


def _read(opened: Any, draft_px: int | None) -> PictureFile:
    remarks = []
    if _orientation(opened) in _TURNS:
        remarks.append(TURNED)
    if _n_frames(opened) > 1:
        remarks.append(FRAMES)
    if draft_px is not None:
        opened.draft(None, (draft_px, draft_px))
    opened.load()
    if _is_transparent(opened):
        remarks.append(TRANSPARENT)
    if opened.mode in ("I", "F") or opened.mode.startswith("I;"):
        remarks.append(DEEP)
    picture = _eight_bits(opened)
    turn = _TURNS.get(_orientation(opened))  # once loaded, a TIFF has turned itself
    return PictureFile(picture.transpose(turn) if turn is not None else picture, tuple(remarks))


def _eight_bits(opened: Any) -> Image.Image:
    """A loaded picture of any mode as L or RGB."""
    mode = opened.mode
    if mode == "F":
        return Image.fromarray(from_floats(np.asarray(opened)))
    if mode == "I" or mode.startswith("I;"):
        return Image.fromarray(from_unsigned(np.asarray(opened), white=_white(opened)))
    if mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        turned = ImageCms.applyTransform(opened, ImageCms.buildTransform(*profiles, "LAB", "RGB"))
        assert turned is not None
        return turned
    if mode in ("1", "L"):
        return opened.convert("L")
    if mode in ("La", "RGBa"):  # colours multiplied by their opacity
        opened = opened.convert(mode.upper())
    if mode == "P" and "transparency" in opened.info:
        opened = opened.convert("RGBA")
    return opened.convert("L" if opened.mode == "LA" else "RGB")


def _white(opened: Any) -> int:
    """The number that is white, of a picture of whole numbers wider than 8 bits.

    PNG and PGM scale to 16 bits themselves; a TIFF says how many of its 16 bits are used.
    Raises DataError for signed and 32-bit numbers, whose range is not known.
    """
    if opened.mode.startswith("I;"):
        bits = getattr(opened, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))
        return (1 << int(bits[0])) - 1 if 8 < int(bits[0]) < 16 else WHITE
    if opened.format in ("PNG", "PPM"):
        return WHITE
    low, high = opened.getextrema()
    raise DataError(
        f"its pixels are whole numbers of 32 or signed 16 bits, here from {low} to {high}, and nothing says what is "
        "black and what is white: save it with unsigned 8 or 16 bits"
    )


def _n_frames(opened: Any) -> int:
    try:
        return int(getattr(opened, "n_frames", 1))
    except Exception:  # a later frame that is broken does not cost the first
        opened.seek(0)
        return 2


def _is_transparent(opened: Any) -> bool:
    if opened.mode in ("LA", "RGBA"):
        return opened.getchannel("A").getextrema()[0] < 255
    if opened.mode in ("L", "P", "PA", "RGB") and (opened.mode == "PA" or "transparency" in opened.info):
        return opened.convert("RGBA").getchannel("A").getextrema()[0] < 255
    return opened.mode in ("La", "RGBa")


def _orientation(opened: Any) -> int:
    try:
        return int(opened.getexif().get(_ORIENTATION, 1))
    except Exception:  # metadata that is broken turns nothing; the pixels may be whole
        return 1


def _short(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "of no known format"
    text = str(error).replace("\n", " ") or type(error).__name__
    return text if len(text) <= 120 else text[:117] + "…"
