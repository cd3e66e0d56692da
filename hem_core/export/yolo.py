"""The pictures as Ultralytics trains on them: train and val, with their boxes or in a folder for each label."""

from __future__ import annotations

import json
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
from hem_core.export._images import ReadImage, read_picture, wanted
from hem_core.export._labels import class_names, labels_of
from hem_core.export._names import Names
from hem_core.export._split import splits

HAS_PICTURES = True
CARRIES = Carries(columns=("label", "split"), of_labelled=("split",), pictures="bytes")
"""A picture without a label is in no part."""
PROGRESS = "writing YOLO folders"
README = """\
## YOLO (classification)

`yolo/train/<label>/…` and `yolo/val/<label>/…`, as `yolo classify train data=FOLDER/yolo` reads it; classes are
numbered by the sorted names of their folders, of which there is one for every class of the model. Where the data have
a column `split`, its val and test stay that; else a tenth is drawn for val by a digest of the id, the same one each
time, near-duplicates on one side. A val part of hard examples measures hard examples only: evaluate the model on data
that were not selected. Pictures without a label are in `yolo/no_label`. `yolo/metadata.jsonl` has the true id and
label of every file.

```python
import json

with open(FOLDER / "yolo" / "metadata.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
names = sorted(path.name for path in (FOLDER / "yolo" / "train").iterdir())
train = [FOLDER / "yolo" / entry["file_name"] for entry in entries if entry["split"] == "train"]
```
"""


README_OF_BOXES = """\
## YOLO

`yolo/data.yaml`, `yolo/images/<train|val|test>/` and `yolo/labels/<train|val|test>/`, as
`yolo detect train data=FOLDER/yolo/data.yaml` reads it: a text file an image, a line a box (class, centre, width and
height as shares of the image). An image of the set has all its boxes, those included that were not chosen; crowd and
ignore regions, which YOLO has no word for, are left out, so an image with a crowd teaches that it is background. Where
the data have a column `split`, its val and test stay that; else a tenth is drawn for val by a digest of the id.
`yolo/boxes.jsonl` has the id, `weight` and `in_set` of every image and of its boxes, in the order of the lines.

```python
import json

with open(FOLDER / "yolo" / "boxes.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
label_files = [
    FOLDER / "yolo" / Path("labels", *Path(entry["file_name"]).parts[1:]).with_suffix(".txt") for entry in entries
]
lines = [path.read_text().split("\\n") for path in label_files]
```
"""
HOLDS_BOXES = True
ANNOTATIONS = "yolo_txt"


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write yolo/<train|val|test>/<label>/<id><suffix> and yolo/metadata.jsonl (file_name, id, label, split).

    With a column `boxes` it writes data.yaml, images, labels and boxes.jsonl, see README_OF_BOXES. Every part has a
    folder for every class, so that the numbers of the classes agree. Returns the path of yolo. Raises DataError without
    read_image or a column id or label, and for a picture that cannot be read.
    """
    read = wanted("yolo", examples, read_image)
    home = folder / "yolo"
    if is_of_boxes(examples):
        return _write_boxes(examples, home, read, classes)
    labels, parts = labels_of(examples), splits(examples)
    folders, files = Names(), {"no_label": Names()}
    folder_of = {label: folders.take(label) for label in class_names(examples, classes)}
    for part in dict.fromkeys(["train", "val", *parts]):
        for name in folder_of.values():
            (home / part / name).mkdir(parents=True)
            files[f"{part}/{name}"] = Names()
    with (_made(home) / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as metadata:
        for label, part, (_, row) in zip(labels, parts, examples.iterrows(), strict=True):
            place = "no_label" if label is None else f"{part}/{folder_of[label]}"
            suffix, content = read_picture(read, row)
            name = files[place].take(str(row["id"]), suffix)
            (_made(home / place) / name).write_bytes(content)
            entry = {"file_name": f"{place}/{name}", "id": str(row["id"]), "label": label}
            metadata.write(
                json.dumps({**entry, "split": part if label is not None else None}, ensure_ascii=False) + "\n"
            )
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels and parts (`split`: train, val or test) of yolo/metadata.jsonl, and a reader of their pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    if (folder / "yolo" / METADATA).is_file():
        return read_marked(folder / "yolo", folder / "yolo" / "data.yaml", "yolo_txt")
    entries = json_lines(present(folder, "yolo") / "metadata.jsonl")
    return examples_of(entries, ("id", "label", "split")), from_files(files(folder))


def _write_boxes(examples: pd.DataFrame, home: Path, read_image: ReadImage, classes: Sequence[str]) -> Path:
    parts = splits(examples.drop(columns="label"))  # words for what is in an image are no class to keep in train
    for part in ("train", "val"):
        (home / "images" / part).mkdir(parents=True)
    places = [f"images/{part}" for part in parts]
    names, sizes_px = write_pictures(examples, home, read_image, places, is_stem_unique=True)  # a.jpg and a.png: a.txt
    formats.write(annotations_of(examples, names, sizes_px, classes), home, format="yolo_txt")
    settings = (home / "data.yaml").read_text("utf-8")
    settings = settings.replace("train: images\nval: images\n", "train: images/train\nval: images/val\n")
    tested = "test: images/test\n" if "test" in parts else ""
    (home / "data.yaml").write_text(settings.replace("names:\n", f"{tested}names:\n"), "utf-8", newline="\n")
    write_marks(examples.assign(split=parts), names, home, has_ignored=False)
    return home


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "yolo"
    if (home / METADATA).is_file():
        return files_of(home)
    return {entry["id"]: home / entry["file_name"] for entry in json_lines(home / "metadata.jsonl")}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
