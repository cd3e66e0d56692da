"""The pictures with their boxes, or with a label of the whole picture, in the XML files of Pascal VOC."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hem_core.boxes import formats
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
from hem_core.export._labels import labels_of

HAS_PICTURES = True
HOLDS_BOXES = True
ANNOTATIONS = "voc_xml"
CARRIES = Carries(columns=("label",), pictures="bytes")
PROGRESS = "writing Pascal VOC"
README = """\
## Pascal VOC

`voc/JPEGImages/` and `voc/Annotations/`, an XML file a picture. The label is of the whole picture: each labelled one
has one `object` with its `name` and no box. `voc/boxes.jsonl` has the true id of every file.

```python
import json
import xml.etree.ElementTree as ET

with open(FOLDER / "voc" / "boxes.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
names = [
    ET.parse(FOLDER / "voc" / "Annotations" / f"{Path(entry['file_name']).stem}.xml").findtext("object/name")
    for entry in entries
]
```
"""
README_OF_BOXES = """\
## Pascal VOC

`voc/JPEGImages/` and `voc/Annotations/`, an XML file a picture with an `object` a box, px from 0. An image of the set
has all its boxes, those included that were not chosen; crowd and ignore regions are `difficult`. `voc/boxes.jsonl` has
the id, `weight` and `in_set` of every image and of its boxes, in the order of the objects.

```python
import json
import xml.etree.ElementTree as ET

with open(FOLDER / "voc" / "boxes.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
roots = [
    ET.parse(FOLDER / "voc" / "Annotations" / f"{Path(entry['file_name']).stem}.xml").getroot() for entry in entries
]
names = [[one.findtext("name") for one in root.findall("object")] for root in roots]
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
    """Write voc/JPEGImages/<id><suffix>, voc/Annotations/<id>.xml and voc/boxes.jsonl. Returns the path of voc.

    Raises DataError without read_image or a column id or label, and for a picture that cannot be read.
    """
    read = wanted("voc", examples, read_image)
    home = folder / "voc"
    with_boxes = examples if is_of_boxes(examples) else examples.assign(boxes=[[]] * len(examples))
    names, sizes_px = write_pictures(examples, home, read, ["JPEGImages"] * len(examples), is_stem_unique=True)
    inside = [name.removeprefix("JPEGImages/") for name in names]
    found = annotations_of(with_boxes, inside, sizes_px, classes)
    formats.write(found, home / "Annotations", format="voc_xml")
    if not is_of_boxes(examples):
        _write_labels(labels_of(examples), inside, home / "Annotations")
    write_marks(with_boxes, names, home)
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels, and the boxes where there are any, and a reader of the pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    home = present(folder, "voc")
    if any(ET.parse(path).find("object/bndbox") is not None for path in (home / "Annotations").glob("*.xml")):
        return read_marked(home, home / "Annotations", "voc_xml")
    entries = json_lines(home / METADATA)
    return examples_of(entries, ("id", "label")), from_files(files_of(home))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    return files_of(folder / "voc")


def _write_labels(labels: Sequence[str | None], names: Sequence[str], folder: Path) -> None:
    """An object without a box for every label of a whole picture."""
    for label, name in zip(labels, names, strict=True):
        if label is None:
            continue
        path = folder / Path(name).with_suffix(".xml").name
        root = ET.parse(path).getroot()
        ET.SubElement(ET.SubElement(root, "object"), "name").text = label
        ET.indent(root, "\t")
        path.write_bytes(ET.tostring(root, encoding="utf-8") + b"\n")
