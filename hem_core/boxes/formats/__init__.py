"""Files of boxes: one format a file, which reads annotations and predictions and writes corrected annotations.

A format defines `read(path, *, images=None) -> Annotations`, `files(annotations) -> Iterator[(name, bytes)]`, and,
where predictions come in it, `read_predictions(path, annotations) -> Predictions`; `recognizes(path) -> bool` where its
files can be told from others by a look at their first bytes. What cannot be used is recorded in
`problems`. `files` gives what was not corrected byte for byte or value for value, other keys of the file included.
An installed package adds a format with an entry point of the group `hem.box_formats`; `hem_core.testing` has its
contract, `check_box_format`.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING

from hem_core import folder
from hem_core.errors import DataError

if TYPE_CHECKING:
    from hem_core.boxes.annotations import Annotations

PLUGINS = "hem.box_formats"
DEFINES = ("read", "files")


def names() -> list[str]:
    """Names of all formats, sorted."""
    return folder.names(sys.modules[__name__])


def format_of(path: Path | str) -> str:
    """The format of annotations: the one that recognizes them; otherwise a .json file is COCO, a folder with .xml files
    is Pascal VOC, and all else is YOLO."""
    path = Path(path)
    recognized = recognized_as(path)
    if recognized is not None:
        return recognized
    if path.suffix.lower() == ".json":
        return "coco_json"
    is_voc = path.suffix.lower() == ".xml" or (path.is_dir() and next(path.rglob("*.xml"), None) is not None)
    return "voc_xml" if is_voc else "yolo_txt"


def recognized_as(path: Path) -> str | None:
    """The first format, by name, that recognizes a file or folder; None where none does."""
    modules = {name: folder.load(sys.modules[__name__], name) for name in names()}
    return next((name for name, module in modules.items() if _recognizes(module, path)), None)


def _recognizes(module: ModuleType, path: Path) -> bool:
    asks = getattr(module, "recognizes", None)
    try:
        return asks is not None and bool(asks(path))
    except OSError:
        return False


def read(path: Path | str, *, images: Path | str | None = None, format: str | None = None) -> Annotations:
    """Annotations of a file or folder, in the named format, by default the one that `format_of` recognizes.

    images: the folder of the pictures, to see which are missing. Raises UnknownNameError for an unknown format,
    DataError for what is no such file at all.
    """
    module = folder.load(sys.modules[__name__], format or format_of(path))
    return module.read(Path(path), images=None if images is None else Path(images))


def write(annotations: Annotations, home: Path | str, *, format: str | None = None) -> list[Path]:
    """Write annotations below a folder, by default in the format that they were read from.

    Files that are there already are replaced, each as a whole. Returns the paths. Raises DataError when the source has
    changed since it was read, when no format is named for annotations without a source, and for a name that would leave
    the folder.
    """
    return [_write(Path(home), name, content) for name, content in contents(annotations, format=format)]


def contents(annotations: Annotations, *, format: str | None = None) -> list[tuple[str, bytes]]:
    """Name and bytes of each file that `write` writes, each below its folder. Raises DataError as it does."""
    if format is None and annotations.source is None:
        raise DataError(f"these annotations come from no file; name a format: {', '.join(names())}")
    module = folder.load(sys.modules[__name__], format or annotations.source.format)  # pyright: ignore[reportOptionalMemberAccess]
    found = list(module.files(annotations))
    for name, _content in found:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise DataError(f"'{name}' is outside the folder that is written; give the image a name below it")
    return found


def _write(home: Path, name: str, content: bytes) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
