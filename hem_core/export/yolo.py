"""The pictures as Ultralytics trains a classifier on them: train and val, a folder for each label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

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


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write yolo/<train|val|test>/<label>/<id><suffix> and yolo/metadata.jsonl (file_name, id, label, split).

    Every part has a folder for every class, so that the numbers of the classes agree. Returns the path of yolo.
    Raises DataError without read_image or a column id or label, and for a picture that cannot be read.
    """
    read = wanted("yolo", examples, read_image)
    home = folder / "yolo"
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
    entries = json_lines(present(folder, "yolo") / "metadata.jsonl")
    return examples_of(entries, ("id", "label", "split")), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "yolo"
    return {entry["id"]: home / entry["file_name"] for entry in json_lines(home / "metadata.jsonl")}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
