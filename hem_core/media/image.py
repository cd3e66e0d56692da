"""Image files: decoding for the model and opening for the eye."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from hem_core.errors import DataError
from hem_core.media.array import ArrayRows, to_picture


def decode(data: bytes, *, channels: int, resize: int | None = None) -> np.ndarray:
    """An image file's bytes as uint8 (H, W, channels), as stored: an EXIF tag turns nothing; channels is 1 or 3.

    resize: the shorter side is scaled to this many pixels, then the centre square is cut out; None keeps the size.
    Large JPEGs are decoded at a reduced scale. Raises DataError saying what is wrong with the file.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if resize is not None:
                opened.draft(None, (resize * 2, resize * 2))
            picture = opened.convert("L" if channels == 1 else "RGB")
            if resize is not None:
                picture = ImageOps.fit(picture, (resize, resize), Image.Resampling.BILINEAR)
            array = np.asarray(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"not a readable image: {_short(error)}") from error
    return array.reshape(*array.shape[:2], channels)


def open_image(root: Path, image: str, image_row: int | None = None) -> Image.Image:
    """The picture of one example, as the model saw it: the file `root/image`, or row `image_row` of that .npy file.

    Raises DataError when the file is gone or unreadable, naming it.
    """
    path = root / image
    if not path.is_file():
        raise DataError(
            f"no file at '{path}'; were the data moved? Score them again from their new place, with the same --out; "
            "hem export and hem retrain also take --data FOLDER"
        )
    try:
        if image_row is None:
            return Image.open(path).convert("RGB")
        rows = ArrayRows(path)
        try:
            return Image.fromarray(to_picture(rows.read(image_row, image_row + 1)[0]))
        finally:
            rows.close()
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise DataError(f"cannot show '{path}': {_short(error)}") from error


def thumbnail(picture: Image.Image, *, size_px: int = 96) -> bytes:
    """A WebP no larger than size_px on its longer side; smaller pictures keep their size and every pixel."""
    is_tiny = max(picture.size) <= size_px
    if not is_tiny:
        picture = picture.copy()
        picture.thumbnail((size_px, size_px))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=is_tiny, quality=80, method=0)
    return buffer.getvalue()


def _short(error: Exception) -> str:
    text = "of no known format" if isinstance(error, UnidentifiedImageError) else str(error).replace("\n", " ")
    return text if len(text) <= 120 else text[:117] + "…"
