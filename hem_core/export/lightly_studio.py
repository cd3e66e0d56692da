"""The pictures with labels or boxes, predictions, scores and tags, and a script that opens them in LightlyStudio."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.boxes.columns import GIVEN, PREDICTED, SIDES
from hem_core.export._boxes import FALSE_POSITIVES, boxes_in, is_of_boxes, write_pictures
from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, from_files, json_lines, present
from hem_core.export._images import ReadImage, wanted
from hem_core.export._names import Names
from hem_core.export._plain import plain, rows

HAS_PICTURES = True
HOLDS_BOXES = True
HOLDS_LISTS = True
SHOWS_PREDICTIONS = True
_KEPT = ("label_before", "split", "weight")
CARRIES = Carries(columns=("label", *_KEPT), pictures="bytes")
PROGRESS = "writing for LightlyStudio"
SAMPLES, LOADER = "samples.jsonl", "load.py"
README = """\
## LightlyStudio

`python lightly_studio/load.py` makes a data set of `lightly_studio/images/` in LightlyStudio and opens it (`--no-gui`
makes it alone, `--embed` embeds the pictures, too). Labels and boxes are annotations of the source `given`, what the
model says of the source `model`; tags are tags, scores and other columns are metadata, the id among them (`hem_id`).
`lightly_studio/tags/` has the pictures of each tag, one a line, as LightlyStudio itself exports them.

```python
import json

with open(FOLDER / "lightly_studio" / "samples.jsonl", encoding="utf-8") as file:
    samples = [json.loads(line) for line in file]
```
"""
_SCRIPT = '''\
"""Make a data set of this folder in LightlyStudio, and open it: python load.py [--no-gui] [--embed]"""

import json
import sys
from pathlib import Path

import lightly_studio
from lightly_studio.core.annotation.annotation_create import CreateClassification, CreateObjectDetection

HOME = Path(__file__).resolve().parent


def annotation(note):
    sure = {"class_name": note["label"], "confidence": note.get("confidence")}
    if "left" not in note:
        return CreateClassification(**sure)
    left, top, right, bottom = (round(note[side]) for side in ("left", "top", "right", "bottom"))
    return CreateObjectDetection(x=left, y=top, width=right - left, height=bottom - top, **sure)


with open(HOME / "samples.jsonl", encoding="utf-8") as file:
    entries = {entry["file_name"].rpartition("/")[2]: entry for entry in map(json.loads, file)}
dataset = lightly_studio.ImageDataset.load_or_create(name=HOME.parent.name)
dataset.add_images_from_path(HOME / "images", embed="--embed" in sys.argv)
for sample in dataset:
    entry = entries.get(sample.file_name)
    if entry is None or sample.metadata["hem_id"] == entry["id"]:
        continue
    for tag in entry["tags"]:
        sample.add_tag(tag)
    for source in ("given", "model"):
        if entry[source]:
            sample.add_annotations(map(annotation, entry[source]), annotation_source=source)
    sample.metadata.update({"hem_id": entry["id"], **entry["metadata"]})
if "--no-gui" not in sys.argv:
    lightly_studio.start_gui()
'''


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write lightly_studio/images/<id><suffix>, samples.jsonl, tags/<tag>.txt and load.py. Returns the path.

    Columns of texts, numbers and truth values are metadata; lists are left out. Raises DataError without read_image or
    a column id or label, and for a picture that cannot be read.
    """
    read = wanted("lightly_studio", examples, read_image)
    home = folder / "lightly_studio"
    names, _sizes = write_pictures(examples, home, read, ["images"] * len(examples))
    is_boxes = is_of_boxes(examples)
    samples = [_sample(name, row, is_boxes=is_boxes) for name, row in zip(names, rows(examples), strict=True)]
    lines = [json.dumps(each, ensure_ascii=False, allow_nan=False) for each in samples]
    _write(home / SAMPLES, "".join(f"{line}\n" for line in lines))
    _write(home / LOADER, _SCRIPT)
    files = Names()
    for tag in sorted({tag for each in samples for tag in each["tags"]}):
        tagged = [each["file_name"] for each in samples if tag in each["tags"]]
        _write(home / "tags" / files.take(tag, ".txt"), "".join(f"{name}\n" for name in tagged))
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids, labels or boxes, and the columns `label_before`, `split` and `weight`, and a reader of the pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    samples = json_lines(present(folder, "lightly_studio") / SAMPLES)
    entries = [
        {"id": each["id"], "label": each["label"], **{name: each["metadata"].get(name) for name in _KEPT}}
        | ({GIVEN: each["given"]} if each["is_boxes"] else {})
        for each in samples
    ]
    return examples_of(entries), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "lightly_studio"
    return {each["id"]: home / each["file_name"] for each in json_lines(home / SAMPLES)}


def _sample(name: str, row: Mapping[str, Any], *, is_boxes: bool) -> dict[str, Any]:
    """One line of samples.jsonl; row: plain values by column."""
    columns = ("id", "label", "tags", "predicted", GIVEN, PREDICTED, FALSE_POSITIVES, "image", "image_row")
    own = {each: value for each, value in row.items() if each not in columns}
    scalars = {each: value for each, value in own.items() if isinstance(value, str | int | float)}
    given, model = (row[GIVEN], row.get(PREDICTED)) if is_boxes else (row.get("label"), row.get("predicted"))
    sure = None if is_boxes or isinstance(model, list) else row.get("predicted_prob")
    return {
        "file_name": name,
        "id": str(row["id"]),
        "label": row.get("label"),
        "is_boxes": is_boxes,
        "tags": [tag for tag in str(row.get("tags") or "").split(", ") if tag],
        "given": _notes(given, None),
        "model": _notes(model, sure),
        "metadata": {each: value for each, value in scalars.items() if value != ""},
    }


def _notes(value: Any, confidence: Any) -> list[dict[str, Any]]:
    """Annotations: boxes as they are, a label or several as their names."""
    if value is None:
        return []
    several = value if isinstance(value, list) else [value]
    if all(isinstance(each, Mapping) and SIDES[0] in each for each in several):
        return [{name: plain(part) for name, part in box.items()} for box in boxes_in(several)]
    sure = {} if confidence is None else {"confidence": confidence}
    return [{"label": str(each), **sure} for each in several]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
