"""The pictures with their boxes, or with tags of the whole picture, in the XML of CVAT."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.boxes import formats
from hem_core.boxes.formats import _xml
from hem_core.boxes.formats.cvat_xml import NAME, tags_in
from hem_core.export._boxes import (
    METADATA,
    annotations_of,
    files_of,
    is_of_boxes,
    read_marked,
    write_marks,
    write_pictures,
)
from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, from_files, json_lines, present
from hem_core.export._images import ReadImage, wanted
from hem_core.export._label_sets import is_list_column
from hem_core.export._labels import class_names, labels_of

HAS_PICTURES = True
HOLDS_BOXES = True
HOLDS_LISTS = True
ANNOTATIONS = "cvat_xml"
CARRIES = Carries(columns=("label",), pictures="bytes")
PROGRESS = "writing CVAT"
README = """\
## CVAT

`cvat/annotations.xml`, "CVAT for images 1.1", and the pictures in `cvat/images/`. Make a task of these pictures with
the labels of the XML, and upload the annotations there (*Actions → Upload annotations → CVAT 1.1*). A label is a `tag`
of the whole picture. `cvat/boxes.jsonl` has the true id of every file.

```python
import xml.etree.ElementTree as ET

root = ET.parse(FOLDER / "cvat" / "annotations.xml").getroot()
tags = {image.get("name"): [tag.get("label") for tag in image.findall("tag")] for image in root.findall("image")}
```
"""
README_OF_BOXES = """\
## CVAT

`cvat/annotations.xml`, "CVAT for images 1.1", and the pictures in `cvat/images/`. Make a task of these pictures with
the labels of the XML, and upload the annotations there (*Actions → Upload annotations → CVAT 1.1*). An image of the set
has all its boxes, those included that were not chosen; crowd and ignore regions, which CVAT has no word for, are
left out. `cvat/boxes.jsonl` has the id, `weight` and `in_set` of every image and of its boxes.

```python
import xml.etree.ElementTree as ET

root = ET.parse(FOLDER / "cvat" / "annotations.xml").getroot()
boxes = {image.get("name"): [box.attrib for box in image.findall("box")] for image in root.findall("image")}
```
"""


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write cvat/images/<id><suffix>, cvat/annotations.xml and cvat/boxes.jsonl. Returns the path of cvat.

    Raises DataError without read_image or a column id or label, and for a picture that cannot be read.
    """
    read = wanted("cvat", examples, read_image)
    home = folder / "cvat"
    is_boxes = is_of_boxes(examples)
    with_boxes = examples if is_boxes else examples.assign(boxes=[[]] * len(examples))
    names, sizes_px = write_pictures(examples, home, read, ["images"] * len(examples))
    labels = [] if is_boxes else _labels(examples)
    every = classes if is_boxes else _every(examples, classes, labels)
    inside = [name.removeprefix("images/") for name in names]
    ((_name, content),) = formats.contents(annotations_of(with_boxes, inside, sizes_px, every), format=ANNOTATIONS)
    (home / NAME).write_bytes(content if is_boxes else _with_tags(content, labels))
    write_marks(with_boxes, names, home, has_ignored=False)
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels, and the boxes where there are any, and a reader of the pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    home = present(folder, "cvat")
    root = ET.parse(home / NAME).getroot()
    if root.find("image/box") is not None:
        return read_marked(home, home / NAME, ANNOTATIONS)
    entries = [_entry(each, tags) for each, tags in zip(json_lines(home / METADATA), tags_in(root), strict=True)]
    return examples_of(entries, ("id", "label")), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    return files_of(folder / "cvat")


def _labels(examples: pd.DataFrame) -> list[list[str]]:
    """The tags of every example; none for one without a label."""
    if is_list_column(examples):
        return [list(map(str, label)) if isinstance(label, list) else [] for label in examples["label"]]
    return [[] if label is None else [label] for label in labels_of(examples)]


def _every(examples: pd.DataFrame, classes: Sequence[str], labels: Sequence[Sequence[str]]) -> list[str]:
    if not is_list_column(examples):
        return class_names(examples, classes)
    return [*classes, *sorted({name for each in labels for name in each} - set(classes))]


def _with_tags(content: bytes, labels: Sequence[Sequence[str]]) -> bytes:
    root = ET.fromstring(content)
    for image, names in zip(root.findall("image"), labels, strict=True):
        for name in names:
            ET.SubElement(image, "tag", {"label": name, "source": "manual"})
    ET.indent(root, "  ")
    return _xml.text(root, b"")


def _entry(marks: dict[str, Any], tags: list[str]) -> dict[str, Any]:
    is_set = isinstance(marks.get("label"), list)
    return {"id": marks["id"], "label": tags if is_set else tags[0] if tags else None}
