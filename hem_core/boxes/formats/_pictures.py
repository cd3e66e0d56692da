"""Pictures that lie beside annotations: which they are, and how large."""

from __future__ import annotations

import io
from pathlib import Path

from hem_core.buckets.mirror import is_note
from hem_core.paths import read_file

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
_TURNED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


def pictures_below(folder: Path) -> list[Path]:
    """The pictures in a folder and below it, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height in px as it is shown, of the header alone; (0, 0) where it is missing or no picture."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(read_file(path)) if is_note(path) else path) as picture:
            width, height = picture.size
            return (height, width) if picture.getexif().get(274) in _TURNED else (width, height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0, 0
