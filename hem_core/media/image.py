"""Image files: decoding for the model and opening for the eye, both by `picture_file`."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from hem_core.errors import DataError
from hem_core.media.array import ArrayRows, to_picture
from hem_core.media.picture_file import PictureFile, as_read, read_picture


@dataclass(frozen=True, eq=False)
class Decoded:
    """`array` uint8 (H, W, channels), and `remarks` on what was done to the picture."""

    array: np.ndarray
    remarks: tuple[str, ...]


def decode(data: bytes, *, channels: int, resize: int | None = None) -> np.ndarray:
    """The array of `decoded`."""
    return decoded(data, channels=channels, resize=resize).array


def decoded(data: bytes, *, channels: int, resize: int | None = None) -> Decoded:
    """An image file's bytes as uint8 (H, W, channels), upright: an EXIF orientation is obeyed; channels is 1 or 3.

    resize: the shorter side is scaled to this many pixels, then the centre square is cut out; None keeps the size.
    Large JPEGs are decoded at a reduced scale. See `read_picture` for depths, frames and transparency.
    Raises DataError saying what is wrong with the file.
    """
    return _fitted(read_picture(data, draft_px=resize * 2 if resize is not None else None), channels, resize)


def levelled(picture: Image.Image, *, channels: int, resize: int | None = None) -> Decoded:
    """A picture of Pillow's, of any mode, treated as `decoded` treats a file. Raises DataError saying what is wrong."""
    return _fitted(as_read(picture), channels, resize)


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
            return read_picture(path.read_bytes()).picture.convert("RGB")
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


def _fitted(found: PictureFile, channels: int, resize: int | None) -> Decoded:
    picture = found.picture.convert("L" if channels == 1 else "RGB")
    if resize is not None:
        picture = ImageOps.fit(picture, (resize, resize), Image.Resampling.BILINEAR)
    array = np.asarray(picture)
    return Decoded(array.reshape(*array.shape[:2], channels), found.remarks)
