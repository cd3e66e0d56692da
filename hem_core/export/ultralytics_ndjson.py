"""The pictures with their boxes, or with a class each, as the NDJSON that Ultralytics' platform and YOLO take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.boxes import formats
from hem_core.boxes.formats import _ndjson_records as ndjson
from hem_core.boxes.formats.ultralytics_ndjson import NAME
from hem_core.export._boxes import (
    annotations_of,
    cells_of,
    is_of_boxes,
    marked,
    marks_of,
    write_pictures,
)
from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, from_files, present
from hem_core.export._images import ReadImage, wanted
from hem_core.export._labels import class_names, labels_of
from hem_core.export._split import splits

HAS_PICTURES = True
HOLDS_BOXES = True
ANNOTATIONS = "ultralytics_ndjson"
CARRIES = Carries(columns=("label", "split"), pictures="bytes")
PROGRESS = "writing Ultralytics NDJSON"
README = """\
## Ultralytics NDJSON (classification)

`ultralytics_ndjson/dataset.ndjson`: a line on the data set with its `class_names`, then a line an image; the pictures
are in `images/<split>/`. Ultralytics fetches pictures with a class each from the address in `url`, which is yours to
add: upload the folder, and write the addresses as below. To train from this disk, export `yolo` instead.

```python
import json

lines = (FOLDER / "ultralytics_ndjson" / "dataset.ndjson").read_text("utf-8").splitlines()
head, *records = [json.loads(line) for line in lines]
for record in records:
    record["url"] = f"https://example.com/images/{record['split']}/{record['file']}"
```
"""
README_OF_BOXES = """\
## Ultralytics NDJSON

`ultralytics_ndjson/dataset.ndjson`, as `yolo detect train data=FOLDER/ultralytics_ndjson/dataset.ndjson` reads it: a
line on the data set with its `class_names`, then a line an image with its boxes (class, centre, width and height as
shares of the image); the pictures are in `images/<split>/`. Each line also has `hem_id`, and the `hem_boxes` with the
id, `weight` and `in_set` of each box, which Ultralytics passes over. Crowd and ignore regions are left out.

```python
import json

lines = (FOLDER / "ultralytics_ndjson" / "dataset.ndjson").read_text("utf-8").splitlines()
head, *records = [json.loads(line) for line in lines]
boxes = {record["file"]: record["annotations"]["boxes"] for record in records}
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
    """Write ultralytics_ndjson/dataset.ndjson and the pictures below ultralytics_ndjson/images/<train|val|test>.

    Returns the path of ultralytics_ndjson. Raises DataError without read_image or a column id or label, and for a
    picture that cannot be read.
    """
    read = wanted("ultralytics_ndjson", examples, read_image)
    home = folder / "ultralytics_ndjson"
    is_boxes = is_of_boxes(examples)
    parts = splits(examples.drop(columns="label") if is_boxes else examples)
    names, sizes_px = write_pictures(examples, home, read, [f"images/{part}" for part in parts], is_stem_unique=True)
    with_boxes = examples if is_boxes else examples.assign(boxes=[[]] * len(examples))
    ((_name, content),) = formats.contents(annotations_of(with_boxes, names, sizes_px, classes), format=ANNOTATIONS)
    head, records = ndjson.records_of(content, home / NAME)
    placed = [{**each, "file": Path(name).name, "split": part}
              for each, name, part in zip(records, names, parts, strict=True)]  # fmt: skip
    if is_boxes:
        placed = [each | _marks(row) for each, (_, row) in zip(placed, examples.iterrows(), strict=True)]
    else:
        head, placed = _with_classes(head, placed, examples, classes)
    text = "".join(f"{ndjson.line_of(each)}\n" for each in (head, *placed))
    (home / NAME).write_text(text, encoding="utf-8", newline="\n")
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels or boxes, and parts (`split`: train, val or test), and a reader of the pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    path = present(folder, "ultralytics_ndjson") / NAME
    head, records = _records(folder)
    if head.get("task") == ndjson.CLASSIFY:
        names = ndjson.class_names(head)
        entries = [{"id": each["hem_id"], "label": _label(each, names), "split": each["split"]} for each in records]
        return examples_of(entries), from_files(files(folder))
    boxes = cells_of(formats.read(path, format=ANNOTATIONS))
    entries = [
        marked({**each, "id": each["hem_id"], "boxes": each["hem_boxes"]}, cell)
        for each, cell in zip(records, boxes, strict=True)
    ]
    return examples_of(entries), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "ultralytics_ndjson"
    return {each["hem_id"]: home / "images" / each["split"] / each["file"] for each in _records(folder)[1]}


def _records(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    path = folder / "ultralytics_ndjson" / NAME
    return ndjson.records_of(path.read_bytes(), path)


def _marks(row: pd.Series) -> dict[str, Any]:
    """What HEM knows of an image and its boxes; Ultralytics keeps it in the line."""
    marks = marks_of(row, has_ignored=False)
    kept = {name: value for name, value in marks.items() if name not in ("id", "boxes", "split")}
    return {"hem_id": marks["id"], "hem_boxes": marks["boxes"], **kept}


def _with_classes(
    head: Mapping[str, Any], records: Sequence[Mapping[str, Any]], examples: pd.DataFrame, classes: Sequence[str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The records of a data set of classes: the number of each image's class, none for one without a label."""
    names = class_names(examples, classes)
    number = {name: at for at, name in enumerate(names)}
    rows = zip(records, examples["id"], labels_of(examples), strict=True)
    noted = [
        {**each, "hem_id": str(id), "annotations": {} if label is None else {"classification": [number[label]]}}
        for each, id, label in rows
    ]
    own = {name: value for name, value in head.items() if name != "path"}
    return {**own, "task": ndjson.CLASSIFY, "class_names": {str(at): name for at, name in enumerate(names)}}, noted


def _label(record: Mapping[str, Any], names: Mapping[int, str]) -> str | None:
    numbers = record["annotations"].get("classification")
    return names[numbers[0]] if numbers else None
