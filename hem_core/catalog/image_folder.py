"""A folder of class folders: root/cat/1.png, or root/train/cat/1.png."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.errors import DataError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test"})


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and Path(source).is_dir()


def read(source: str | Path, **_columns: str) -> pa.Table:
    """One row an image file; `id` and `image` are its path below the root, `label` its folder's name.

    Class order is the sorted folder names, as in torchvision. When every folder of the root is named like a split
    (train, val, test …), the class folders are one level deeper and `split` is a column.
    Raises DataError when there are no class folders or no images in them.
    """
    root = Path(source).resolve()
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise DataError(f"'{source}' has no class folders; expected {source}/<class>/<image>.png")
    is_split = all(path.name.lower() in SPLITS for path in folders)
    rows = []
    for top in folders:
        inside = [path for path in sorted(top.iterdir()) if path.is_dir()] if is_split else [top]
        for class_folder in inside:
            for path in sorted(class_folder.rglob("*")):
                if path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith("."):
                    rows.append((path.relative_to(root).as_posix(), class_folder.name, top.name))
    if not rows:
        raise DataError(f"no images below '{source}'; looked for {', '.join(sorted(SUFFIXES))}")
    ids, labels, splits = zip(*rows, strict=True)
    columns = {"id": pa.array(ids, pa.string()), "label": pa.array(labels, pa.string())}
    if is_split:
        columns["split"] = pa.array(splits, pa.string())
    columns["image"] = columns["id"]
    classes = sorted(set(labels)) if is_split else [path.name for path in folders]
    return with_info(
        pa.table(columns),
        name=root.name,
        source=str(source),
        root=str(root),
        medium="image",
        classes=classes,
        labels_are="names",
    )
