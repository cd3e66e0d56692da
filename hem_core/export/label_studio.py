"""Tasks for Label Studio to review labels; `hem import-labels` imports the answers."""

from __future__ import annotations

import base64
import json
import mimetypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pandas as pd

from hem_core.export import _label_studio_boxes as of_boxes
from hem_core.export._boxes import is_of_boxes
from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, present
from hem_core.export._images import ReadImage, as_one_of, read_picture, wanted
from hem_core.export._label_sets import SEPARATOR
from hem_core.export._labels import class_names, labels_of
from hem_core.export._plain import rows
from hem_core.tag_sets import NONE, split

HAS_PICTURES = True
CARRIES = Carries(columns=("label", "text"), pictures="pixels")
"""The scores that a task shows are read back too, under their names."""
PROGRESS = "writing Label Studio tasks"
README = """\
## Label Studio

To look at the labels again: make a project, paste `label_studio/config.xml` under *Labeling Interface → Code*, and
import the files `label_studio/tasks-*.json`; the pictures are inside them. A task shows the given label; the label
that HEM suggests, where there is one, is its prediction, and is chosen when the task opens. Export the project,
preferably as JSON (the short formats leave out what was skipped), and import it:

```
hem import-labels project-1.json --workspace WORKSPACE
```

```python
import json

paths = sorted((FOLDER / "label_studio").glob("tasks-*.json"))
tasks = [task for path in paths for task in json.loads(path.read_text("utf-8"))]
config = (FOLDER / "label_studio" / "config.xml").read_text("utf-8")
```
"""

README_OF_BOXES = """\
## Label Studio

To have the boxes corrected: make a project, paste `label_studio/config.xml` under *Labeling Interface → Code*, and
import the files `label_studio/tasks-*.json`; the pictures are inside them. A task has two predictions: `given`, the
given boxes, and `model`, those of the model with a confidence of .5 or more. Everybody must start from the given
boxes, because what is not there at the end counts as deleted: check that *Settings → Annotation → Prelabeling* shows
`given`. Export the project, preferably as JSON, and import it; boxes that were moved, relabelled, deleted or drawn
become verdicts of those who did so, and `hem correct` writes them into the annotation file:

```
hem import-labels project-1.json --workspace WORKSPACE
hem correct WORKSPACE/runs/RUN --out corrected/
```

```python
import json

paths = sorted((FOLDER / "label_studio").glob("tasks-*.json"))
tasks = [task for path in paths for task in json.loads(path.read_text("utf-8"))]
given = {task["data"]["example_id"]: task["data"]["given_boxes"] for task in tasks}
```
"""
HOLDS_BOXES = True
SHOWS_PREDICTIONS = True

FILE_BYTES = 100 << 20
"""Label Studio takes 250 MB at once."""
_SHOWN = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
# An export of Label Studio as CSV or JSON-MIN writes its own `id` and `label` over a task's: ours are called otherwise.
_TOLD = ("difficulty", "label_suspicion", "reason", "evidence", "predicted", "suggested_label")


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write label_studio/tasks-<number>.json, a new file from 100 MB on, and label_studio/config.xml.

    An example is a picture (as a data URI), else the text in the column `text`, else a table of `features`, or of all
    columns where none are named. With a column `boxes` the tasks are to correct these. Returns the path of
    label_studio. Raises DataError for a picture that cannot be read.
    """
    home = folder / "label_studio"
    home.mkdir(parents=True)
    medium = "image" if read_image is not None else "text" if "text" in examples.columns else "row"
    if is_of_boxes(examples):
        config, tasks = (
            of_boxes.config(classes, examples),
            _box_tasks(examples, wanted(home.name, examples, read_image)),
        )
    else:
        is_set = SEPARATOR in examples.attrs
        config = _config(medium, classes if is_set else class_names(examples, classes), is_set=is_set)
        tasks = _tasks(examples, read_image, features)
    (home / "config.xml").write_text(config, encoding="utf-8", newline="\n")
    texts = (json.dumps(task, ensure_ascii=False, allow_nan=False) for task in tasks)
    for number, part in enumerate(_parts(texts)):
        text = "[\n" + ",\n".join(part) + "\n]\n"
        (home / f"tasks-{number:05d}.json").write_text(text, encoding="utf-8", newline="\n")
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """What the tasks show: ids, given labels, texts or rows, a few scores, and a reader of their pictures, if any.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    paths = sorted(present(folder, "label_studio").glob("tasks-*.json"))
    shown = [task["data"] for path in paths for task in json.loads(path.read_text("utf-8"))]
    pictures = {data["example_id"]: data.pop("image") for data in shown if "image" in data}
    if any(of_boxes.SHOWN_BOXES in data for data in shown):
        return examples_of(list(of_boxes.entries_of(shown))), lambda row: _decoded(pictures[str(row["id"])])
    entries = [
        {**data.pop("row", {}), "id": data.pop("example_id"), "label": data.pop("given_label") or None, **data}
        for data in shown
    ]
    return examples_of(entries), (lambda row: _decoded(pictures[str(row["id"])])) if pictures else None


def _box_tasks(examples: pd.DataFrame, read_image: ReadImage) -> Iterator[dict[str, Any]]:
    for label, values, (_, row) in zip(labels_of(examples), rows(examples), examples.iterrows(), strict=True):
        suffix, content = as_one_of(_SHOWN, read_picture(read_image, row), row)
        scores = {name: values[name] for name in _TOLD if name in values}
        about = {"example_id": str(row["id"]), "given_label": label or "", **scores}
        origin = {name: examples.attrs[name] for name in (of_boxes.RUN, of_boxes.STATE) if name in examples.attrs}
        own = of_boxes.data_of(row, content) | origin
        yield {
            "data": {**about, **own, "image": _data_uri(suffix, content)},
            "predictions": of_boxes.predictions_of(row, own),
        }


def _decoded(data_uri: str) -> tuple[str, bytes]:
    head, _, content = data_uri.partition(";base64,")
    kind = head.removeprefix("data:")
    suffix = next(suffix for suffix in _SHOWN if mimetypes.types_map.get(suffix, "image/webp") == kind)
    return suffix, base64.b64decode(content)


def _tasks(examples: pd.DataFrame, read_image: ReadImage | None, features: Sequence[str]) -> Iterator[dict[str, Any]]:
    listed = list(features) or [str(name) for name in examples.columns]
    for label, values, (_, row) in zip(labels_of(examples), rows(examples), examples.iterrows(), strict=True):
        shown = {name: values[name] for name in _TOLD if name in values}
        data = {"example_id": str(row["id"]), "given_label": label or "", **shown}
        if read_image is not None:
            data["image"] = _data_uri(*as_one_of(_SHOWN, read_picture(read_image, row), row))
        elif "text" in examples.columns:
            data["text"] = values["text"] or ""
        else:
            data["row"] = {name: values.get(name) for name in listed}
        task: dict[str, Any] = {"data": data}
        if values.get("suggested_label") is not None:
            task["predictions"] = [
                {
                    "model_version": "HEM",
                    "result": [_choice(str(values["suggested_label"]), examples.attrs.get(SEPARATOR))],
                }
            ]
        yield task


def _choice(label: str, separator: str | None) -> dict[str, Any]:
    chosen = [label] if separator is None else list(split(label, separator).given) or [NONE]
    return {"from_name": "label", "to_name": "example", "type": "choices", "value": {"choices": chosen}}


def _data_uri(suffix: str, content: bytes) -> str:
    kind = mimetypes.types_map.get(suffix, "image/webp")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _parts(texts: Iterator[str]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for text in texts:
        if part and size + len(text) > FILE_BYTES:
            yield part
            part, size = [], 0
        part.append(text)
        size += len(text)
    yield part


def _config(medium: str, names: Sequence[str], *, is_set: bool) -> str:
    shown = {
        "image": '<Image name="example" value="$image"/>',
        "text": '<Text name="example" value="$text"/>',
        "row": '<Table name="example" value="$row"/>',
    }
    offered = [*names, NONE] if is_set else names  # Label Studio gives an empty answer for "no tag" and for no answer
    choices = "".join(f"    <Choice value={quoteattr(name)}/>\n" for name in offered)
    how = 'choice="multiple" required="false"' if is_set else 'choice="single" required="true"'
    # The question comes first: a picture takes the whole width, so what is below it is off the screen.
    return (
        '<View>\n  <Header value="Given label: $given_label"/>\n'
        f'  <Choices name="label" toName="example" {how} showInLine="true">\n'
        f"{choices}  </Choices>\n  {shown[medium]}\n</View>\n"
    )
