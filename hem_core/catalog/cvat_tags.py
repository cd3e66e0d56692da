"""CVAT's "CVAT for images 1.1" with tags of whole pictures: an annotations.xml, or the folder of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.boxes.formats import cvat_xml
from hem_core.catalog import info, with_info
from hem_core.catalog import table as tables

OPTIONS = ("images", "predictions")


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and cvat_xml.is_of_tags(Path(source))


def read(source: str | Path, *, images: str | Path | None = None, **columns: Any) -> pa.Table:
    """One row a picture: `id` and `image` are its name, `label` its tag; a set of tags where a picture has several.

    The classes are those of the task, in its order. images: the folder of the pictures, by default `images` beside the
    XML, or its own. Raises DataError for a file that is no such XML.
    """
    path = Path(source) / cvat_xml.NAME if Path(source).is_dir() else Path(source)
    root = cvat_xml.opened(path, path.read_bytes())
    tags = cvat_xml.tags_in(root)
    names = [each.get("name") or each.get("id") or "" for each in root.findall("image")]
    is_set = any(len(each) > 1 for each in tags)
    labels = tags if is_set else [each[0] if each else None for each in tags]
    kind = pa.list_(pa.string()) if is_set else pa.string()
    table = pa.table({"image": pa.array(names, pa.string()), "label": pa.array(labels, kind)})
    beside = path.parent / "images"
    home = Path(images) if images is not None else beside if beside.is_dir() else path.parent
    found = tables.read(table, images=home, **columns)
    classes = cvat_xml.classes_in(root)
    known = {"classes": classes} if classes and not is_set else {}
    labels_are = info(found)["labels_are"] if is_set else "names"
    return with_info(found, name=path.resolve().parent.name, source=str(source), labels_are=labels_are, **known)
