"""The pictures with their boxes, or with a label of the whole picture, in the JSON of COCO."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.boxes.formats import coco_json
from hem_core.export._boxes import OF_IMAGES, annotations_of, cells_of, is_of_boxes, marked, marks_of, write_pictures
from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, from_files, present
from hem_core.export._images import ReadImage, read_picture, size_px, wanted
from hem_core.export._labels import class_names, labels_of
from hem_core.export._names import Names
from hem_core.export._plain import plain

HAS_PICTURES = True
_KEPT = ("label_before", "weight")
"""Columns that an annotation also has, if present; a picture without a label has no annotation."""
CARRIES = Carries(columns=("label", *_KEPT), of_labelled=_KEPT, pictures="bytes")
PROGRESS = "writing COCO"
README = """\
## COCO

`coco/images/` and `coco/annotations.json`. The label is of the whole picture: each labelled one has one annotation
with a `category_id` and no box; its `area` is the picture's, so that filters by area read it. Category k is class
k - 1 of the model. `images[…]["example_id"]` is the id.

```python
from pycocotools.coco import COCO

coco = COCO(FOLDER / "coco" / "annotations.json")
entry = coco.loadImgs(coco.getImgIds()[:1])[0]
file = FOLDER / "coco" / "images" / entry["file_name"]
label = coco.loadCats([note["category_id"] for note in coco.loadAnns(coco.getAnnIds([entry["id"]]))])[0]["name"]
```
"""


README_OF_BOXES = """\
## COCO

`coco/images/` and `coco/annotations.json`, as detectors are trained and evaluated on: an image of the set has all its
boxes, those included that were not chosen. `images[…]` also has `example_id`, `label` (what is in it, in words),
`weight` and, where boxes were chosen, `in_set` (their ids); `annotations[…]` has `example_id` (the id of the box),
`in_set` (whether it was chosen) and `weight`. Crowd regions have `iscrowd`, other ignore regions `ignore`.

```python
from pycocotools.coco import COCO

coco = COCO(FOLDER / "coco" / "annotations.json")
entry = coco.loadImgs(coco.getImgIds()[:1])[0]
file = FOLDER / "coco" / "images" / entry["file_name"]
chosen = [note["bbox"] for note in coco.loadAnns(coco.getAnnIds([entry["id"]])) if note["in_set"]]
```
"""
HOLDS_BOXES = True
ANNOTATIONS = "coco_json"


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write coco/images/<id><suffix> and coco/annotations.json, images in the order of the examples, numbered from 1.

    With a column `boxes` the annotations are these. Returns the path of coco. Raises DataError without read_image or a
    column id or label, and for a picture that cannot be read.
    """
    read = wanted("coco", examples, read_image)
    home = folder / "coco"
    if is_of_boxes(examples):
        return _write_boxes(examples, home, read, classes)
    (home / "images").mkdir(parents=True)
    numbers = {name: number for number, name in enumerate(class_names(examples, classes), 1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    names = Names()
    for label, (_, row) in zip(labels_of(examples), examples.iterrows(), strict=True):
        suffix, content = read_picture(read, row)
        width, height = size_px(content, row)
        name = names.take(str(row["id"]), suffix)
        (home / "images" / name).write_bytes(content)
        image = {"id": len(images) + 1, "file_name": name, "width": width, "height": height}
        images.append({**image, "example_id": str(row["id"])})
        if label is not None:
            kept = {column: plain(row[column]) for column in _KEPT if column in row}
            note = {"id": len(annotations) + 1, "image_id": image["id"], "category_id": numbers[label]}
            annotations.append({**note, "area": width * height, "iscrowd": 0, **kept})
    categories = [{"id": number, "name": name} for name, number in numbers.items()]
    whole = {"images": images, "annotations": annotations, "categories": categories}
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)
    (home / "annotations.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels, `label_before` and `weight` of coco/annotations.json, and a reader of their pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    present(folder, "coco")
    whole = _annotations(folder)
    if whole.get("info", {}).get("boxes"):
        return _read_boxes(folder, whole)
    name_of = {category["id"]: category["name"] for category in whole["categories"]}
    note_of = {note["image_id"]: note for note in whole["annotations"]}
    kept = [name for name in _KEPT if any(name in note for note in note_of.values())]
    entries = []
    for image in whole["images"]:
        note = note_of.get(image["id"], {})
        label = name_of.get(note.get("category_id"))
        entries.append({"id": image["example_id"], "label": label, **{name: note.get(name) for name in kept}})
    return examples_of(entries, ("id", "label", *kept)), from_files(files(folder))


def _write_boxes(examples: pd.DataFrame, home: Path, read_image: ReadImage, classes: Sequence[str]) -> Path:
    names, sizes_px = write_pictures(examples, home, read_image, ["images"] * len(examples))
    inside = [name.removeprefix("images/") for name in names]
    ((_name, content),) = coco_json.files(annotations_of(examples, inside, sizes_px, classes))
    whole = {"info": {"boxes": True}, **json.loads(content)}
    notes = iter(whole["annotations"])  # by image, as the boxes are
    for image, (_, row) in zip(whole["images"], examples.iterrows(), strict=True):
        marks = marks_of(row)
        image |= {"example_id": marks["id"], **{name: marks[name] for name in OF_IMAGES if name in marks}}
        for mark, note in zip(marks["boxes"], notes, strict=False):
            note |= {"example_id": mark["id"], "in_set": mark["in_set"], "weight": mark["weight"]}
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)
    (home / "annotations.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return home


def _read_boxes(folder: Path, whole: dict[str, Any]) -> tuple[pd.DataFrame, ReadImage | None]:
    found = coco_json.read(folder / "coco" / "annotations.json")
    entries, of_image = [], {image["id"]: [] for image in whole["images"]}
    for note in whole["annotations"]:
        mark = {"id": note.get("example_id"), "in_set": note.get("in_set"), "weight": note.get("weight")}
        of_image[note["image_id"]].append(mark)
    for image, boxes in zip(whole["images"], cells_of(found), strict=True):
        entries.append(marked({**image, "id": image["example_id"], "boxes": of_image[image["id"]]}, boxes))
    return examples_of(entries), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    images = _annotations(folder)["images"]
    return {image["example_id"]: folder / "coco" / "images" / image["file_name"] for image in images}


def _annotations(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "coco" / "annotations.json").read_text("utf-8"))
