"""One picture at its full size: of an image file, or of a row of an array."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from hem_core.errors import DataError
from hem_core.media._grey_levels import to_picture
from hem_core.media._npy import ArrayRows
from hem_core.media._picture_file import read_picture
from hem_core.paths import read_file


def picture_of(root: Path, example: Mapping[str, Any]) -> Image.Image | None:
    """The picture of an example by its columns `image` and, for a row of an array, `image_row`; None without a path."""
    image, row = example.get("image"), example.get("image_row")
    if not isinstance(image, str):
        return None
    return open_image(root, image, None if row is None or row != row else int(row))


def open_image(root: Path, image: str, image_row: int | None = None) -> Image.Image:
    """The picture of one example, as the model saw it: the file `root/image`, or row `image_row` of that .npy file.

    Raises DataError when the file is gone or unreadable, naming it.
    """
    path = root / image
    if not path.is_file():
        raise DataError(
            f"no file at '{path}'; if the data were moved, score them again from their new place, with the same --out; "
            "hem export and hem retrain also take --data FOLDER"
        )
    try:
        if image_row is None:
            return read_picture(read_file(path)).picture.convert("RGB")
        rows = ArrayRows(path)
        try:
            return Image.fromarray(to_picture(rows.read(image_row, image_row + 1)[0]))
        finally:
            rows.close()
    except (DataError, OSError, ValueError) as error:
        raise DataError(f"cannot show '{path}': {error}") from error


def thumbnail(picture: Image.Image, *, size_px: int = 96) -> bytes:
    """A WebP no larger than size_px on its longer side; smaller pictures keep their size and every pixel."""
    is_tiny = max(picture.size) <= size_px
    if not is_tiny:
        picture = picture.copy()
        picture.thumbnail((size_px, size_px))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=is_tiny, quality=80, method=0)
    return buffer.getvalue()
