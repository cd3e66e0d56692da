"""How an export reads pictures and converts them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection

import pandas as pd
from PIL import Image, ImageOps, UnidentifiedImageError

from hem_core.errors import DataError, HemError

_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)
"""The EXIF tag, and its values that turn a picture by a quarter."""

ReadImage = Callable[[pd.Series], tuple[str, bytes]]
"""row of the examples -> (suffix such as ".png", the bytes of the file)."""


def wanted(format: str, examples: pd.DataFrame, read_image: ReadImage | None) -> ReadImage:
    """The picture reader for a format that consists of pictures.

    Raises DataError where the data are no pictures, and without a column id or label.
    """
    if read_image is None:
        raise DataError(f"format '{format}' needs the pictures: this data has none; use parquet, csv or jsonl")
    missing = [name for name in ("id", "label") if name not in examples.columns]
    if missing:
        raise DataError(f"format '{format}' needs the columns id and label; there is no '{missing[0]}'")
    return read_image


def read_picture(read_image: ReadImage, row: pd.Series) -> tuple[str, bytes]:
    """Suffix (".png"; ".img" for one that is no plain suffix) and bytes of a picture.

    Raises DataError, naming the example, when it cannot be read.
    """
    try:
        suffix, content = read_image(row)
    except (HemError, OSError) as error:
        raise _unreadable(row, error) from error
    return (suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ".img"), content


def as_one_of(suffixes: Collection[str], picture: tuple[str, bytes], row: pd.Series) -> tuple[str, bytes]:
    """The picture as it is where its suffix is one of these, else as a PNG. Raises DataError when it is none."""
    suffix, content = picture
    if suffix in suffixes:
        return picture
    buffer = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content)) as opened:
            _as_png(opened).save(buffer, "PNG")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise _unreadable(row, error) from error
    return ".png", buffer.getvalue()


def size_px(content: bytes, row: pd.Series) -> tuple[int, int]:
    """Width and height of a picture as it is looked at, upright. Raises DataError when it is none."""
    try:
        with Image.open(io.BytesIO(content)) as opened:
            width, height = opened.size
            return (height, width) if opened.getexif().get(_ORIENTATION) in _ON_ITS_SIDE else (width, height)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise _unreadable(row, error) from error


def _as_png(opened: Image.Image) -> Image.Image:
    """Upright, as an orientation tag says, which a PNG does not keep; grey of 16 bits stays, floats become levels."""
    upright = ImageOps.exif_transpose(opened)
    if upright.mode.startswith("I;"):
        return upright
    if upright.mode == "F":
        return upright.point(lambda level: level * 255).convert("L")
    return upright.convert("L" if upright.mode in ("1", "L") else "RGB")


def _unreadable(row: pd.Series, error: Exception) -> DataError:
    words = "of no known format" if isinstance(error, UnidentifiedImageError) else error
    return DataError(f"the picture of '{row['id']}' cannot be exported: {words}; repair it, or remove the example")
