"""The pictures, sorted into a folder for each label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, from_files, json_lines, present
from hem_core.export._images import ReadImage, read_picture, wanted
from hem_core.export._label_sets import UNKNOWN, is_list_column
from hem_core.export._labels import labels_of
from hem_core.export._names import Names

HAS_PICTURES = True
HOLDS_LISTS = True
TOGETHER = "examples"
"""The folder of all pictures where a label is a list, which no folder can be named after."""
CARRIES = Carries(columns=("label",), pictures="bytes")
PROGRESS = "writing the pictures"
README = """\
## Image folder

`imagefolder/<label>/<id>.<suffix>`, as torchvision's `ImageFolder` and the `imagefolder` loader of Hugging Face
`datasets` read it; the folder of a class without an example is empty. Characters that a file name cannot have are
replaced; `imagefolder/metadata.jsonl` has the true id and label of every file. Where a label is a list of tags, all
pictures are in `imagefolder/examples`, and the lists are in `metadata.jsonl`, as Hugging Face's loader reads them; tags
in `label_unknown` are neither present nor absent.

```python
import json

from PIL import Image

with open(FOLDER / "imagefolder" / "metadata.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
image = Image.open(FOLDER / "imagefolder" / entries[0]["file_name"])
label = entries[0]["label"]
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
    """Write imagefolder/<label>/<id><suffix> and imagefolder/metadata.jsonl (file_name, id, label). Labels
    that are lists have no folders: their pictures are in imagefolder/examples.

    Every class has a folder, also without an example. Every name is one plain part of a path, different from the
    others also where upper and lower case are the same. Examples without a label are in a folder `no_label`.
    Returns the path of imagefolder.
    Raises DataError without read_image or a column id or label, and for a picture that cannot be read.
    """
    read = wanted("imagefolder", examples, read_image)
    target = folder / "imagefolder"
    target.mkdir(parents=True)
    folders = Names({"metadata.jsonl"})
    files: dict[str, Names] = {}
    is_list = is_list_column(examples)
    folder_of: dict[str | None, str] = {name: folders.take(name) for name in (() if is_list else classes)}
    for name in folder_of.values():
        (target / name).mkdir()
    with (target / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as metadata:
        for text, (_, row) in zip(labels_of(examples), examples.iterrows(), strict=True):
            kind = TOGETHER if is_list else text
            if kind not in folder_of:
                folder_of[kind] = folders.take("no_label" if kind is None else kind)
                (target / folder_of[kind]).mkdir()
            home, label = folder_of[kind], row["label"] if is_list and text is not None else text
            suffix, content = read_picture(read, row)
            name = files.setdefault(home, Names()).take(str(row["id"]), suffix)
            (target / home / name).write_bytes(content)
            entry = {"file_name": f"{home}/{name}", "id": str(row["id"]), "label": label}
            entry |= {UNKNOWN: row[UNKNOWN]} if UNKNOWN in examples.columns else {}
            metadata.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return target


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids and labels of imagefolder/metadata.jsonl, and a reader of their pictures.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    entries = json_lines(present(folder, "imagefolder") / "metadata.jsonl")
    columns = ("id", "label", *((UNKNOWN,) if any(UNKNOWN in entry for entry in entries) else ()))
    return examples_of(entries, columns), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "imagefolder"
    return {entry["id"]: home / entry["file_name"] for entry in json_lines(home / "metadata.jsonl")}
