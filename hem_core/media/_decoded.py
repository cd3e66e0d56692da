"""Image files and pictures of Pillow's as arrays for the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from hem_core.media._picture_file import PictureFile, as_read, read_picture


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


def _fitted(found: PictureFile, channels: int, resize: int | None) -> Decoded:
    picture = found.picture.convert("L" if channels == 1 else "RGB")
    if resize is not None:
        picture = ImageOps.fit(picture, (resize, resize), Image.Resampling.BILINEAR)
    array = np.asarray(picture)
    return Decoded(array.reshape(*array.shape[:2], channels), found.remarks)
