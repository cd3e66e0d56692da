"""Image files: a path below the root for each example."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.errors import DataError
from hem_core.media._contract import Medium, Part, Source
from hem_core.media._image_files import Files
from hem_core.media._open_image import picture_of
from hem_core.media._spoil_arrays import spoil


def _open(source: Source) -> Files:
    paths = source.catalog["image"].to_pylist()
    return Files(source.root, paths, channels=source.channels, resize=source.resize, is_mixed=source.is_mixed)


def check_root(catalog: pa.Table, facts: Mapping[str, Any], root: Path, run: str) -> dict[str, Any]:
    """The facts as they are. Raises DataError when neither the first file nor the folder is there."""
    some = next((path for path in catalog["image"].to_pylist() if path), "")
    if not (root / some).is_file() and not root.is_dir():
        raise DataError(f"the data of run '{run}' are no longer in '{root}'; put them back, or score them again")
    return dict(facts)


def _as_data(part: Part) -> tuple[pa.Table, dict[str, Any]]:
    root = Path(part.facts["root"])
    paths = pa.array([str(root / path) for path in part.table["image"].to_pylist()], pa.string())
    at = part.table.column_names.index("image")
    return part.table.set_column(at, "image", paths), {"image_column": "image"}


MEDIUM = Medium(
    open=_open,
    look="picture",
    reopen=check_root,
    is_picture=lambda _facts: True,
    spoil=spoil,
    pictures="files",
    picture_of=picture_of,
    is_scored_in_place=True,
    as_data=_as_data,
)
