"""The pictures with labels or boxes, predictions, scores and tags, as a FiftyOneDataset that FiftyOne opens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.boxes.formats import fiftyone_json
from hem_core.boxes.formats._fiftyone_samples import FILE, TRUTH, detections_of, samples_of
from hem_core.export._boxes import cells_of, marked
from hem_core.export._carries import Carries
from hem_core.export._fiftyone_sample import ID, sample_of
from hem_core.export._files import examples_of, from_files, present
from hem_core.export._images import ReadImage, read_picture, size_px, wanted
from hem_core.export._labels import class_names
from hem_core.export._names import Names
from hem_core.export._plain import rows

HAS_PICTURES = True
HOLDS_BOXES = True
HOLDS_LISTS = True
SHOWS_PREDICTIONS = True
ANNOTATIONS = "fiftyone_json"
_KEPT = ("label_before", "split", "weight")
CARRIES = Carries(columns=("label", *_KEPT), pictures="bytes")
PROGRESS = "writing a FiftyOne data set"
README = """\
## FiftyOne

`fiftyone/` is a data set of the type `FiftyOneDataset`: `data/` has the pictures, `samples.json` the rest. The label is
the field `ground_truth`, what the model says `predictions`; tags are sample tags; scores and the other columns are
fields of their own, and the id is `hem_id`.

```python
import json

samples = json.loads((FOLDER / "fiftyone" / "samples.json").read_text("utf-8"))["samples"]

def open_in_fiftyone():
    import fiftyone as fo

    return fo.Dataset.from_dir(dataset_dir=str(FOLDER / "fiftyone"), dataset_type=fo.types.FiftyOneDataset)
```
"""
README_OF_BOXES = README.replace(
    "The label is\nthe field `ground_truth`, what the model says `predictions`;",
    "The given\nboxes are the field `ground_truth`, those of the model with a confidence of .5 or more `predictions`;",
)


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write fiftyone/data/<id><suffix>, fiftyone/samples.json and fiftyone/metadata.json. Returns the path of fiftyone.

    A label is a Classification, a list of labels Classifications, a number a Regression; boxes are Detections. Columns
    of texts, numbers and truth values are fields; lists are left out. Raises DataError without read_image or a column
    id or label, and for a picture that cannot be read.
    """
    read = wanted("fiftyone", examples, read_image)
    home = folder / "fiftyone"
    (home / "data").mkdir(parents=True)
    names = list(classes) or class_names(examples, classes)
    _write(home / "metadata.json", {"media_type": "image", "info": {"default_classes": names}})
    _write(home / FILE, {"samples": list(_samples(examples, home, read))})
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels or boxes, and the columns `label_before`, `split` and `weight`, and a reader of the pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    home = present(folder, "fiftyone")
    samples = samples_of(home / FILE)
    if any("detections" in (sample.get(TRUTH) or {}) for sample in samples):
        return _read_boxes(folder, samples)
    entries = [
        {"id": each[ID], "label": _label(each.get(TRUTH)), **{name: each.get(name) for name in _KEPT}}
        for each in samples
    ]
    return examples_of(entries), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "fiftyone"
    return {each[ID]: home / each["filepath"] for each in samples_of(home / FILE)}


def _samples(examples: pd.DataFrame, home: Path, read_image: ReadImage) -> Iterator[dict[str, Any]]:
    names = Names()
    for values, (_, row) in zip(rows(examples), examples.iterrows(), strict=True):
        suffix, content = read_picture(read_image, row)
        file = f"data/{names.take(str(row['id']), suffix)}"
        (home / file).write_bytes(content)
        yield sample_of(values, file, size_px(content, row))


def _read_boxes(folder: Path, samples: list[dict[str, Any]]) -> tuple[pd.DataFrame, ReadImage | None]:
    found = fiftyone_json.read(folder / "fiftyone" / FILE)
    entries = []
    for sample, boxes in zip(samples, cells_of(found), strict=True):
        marks = [{"id": box.get(ID), "in_set": bool(box.get("in_set")), "weight": box.get("weight")}
                 for box in detections_of(sample, TRUTH)]  # fmt: skip
        entries.append(marked({**sample, "id": sample[ID], "boxes": marks}, boxes))
    return examples_of(entries), from_files(files(folder))


def _label(value: dict[str, Any] | None) -> Any:
    if value is None:
        return None
    several = value.get("classifications")
    return [each["label"] for each in several] if several is not None else value.get("label", value.get("value"))


def _write(path: Path, value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
