"""Pictures of nothing, on which the model is sure to see something: whole images without objects, and crops."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from hem_core.boxes.background import background_crop
from hem_core.boxes.columns import SIDES
from hem_core.boxes.contents import NOTHING
from hem_core.export._boxes import FALSE_POSITIVES, boxes_in, is_of_boxes
from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, from_files, json_lines, present
from hem_core.export._images import ReadImage, read_picture, size_px, wanted
from hem_core.export._labels import class_names, labels_of
from hem_core.export._names import Names

HAS_PICTURES = True
IS_BACKGROUND = True
"""Whatever boxes the images have, none is in what is written."""
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")
"""Modes of a picture that a PNG can have; a crop in another one, such as CMYK, is written in RGB."""
CARRIES = Carries(columns=("label",), pictures="bytes")
PROGRESS = "writing hard negatives"
README = """\
## Hard negatives

`hard_negatives/images/`, pictures without any object, as a plain folder, and `hard_negatives/annotations.json`, COCO
with these images, all classes and no annotation: add both to a training set, and the detector learns that nothing is
there. An image without a given box is written as it is; of an image with objects a crop around each detection on
background, cut so that no given box is in it. Where that cannot be done, the detection is skipped.
`hard_negatives/metadata.jsonl` has the id of each picture (of a crop, that of the detection), the `example` it is of,
`crop` (left, top, right, bottom in px, null for a whole image), `predicted` and `confidence`.

```python
import json

with open(FOLDER / "hard_negatives" / "metadata.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
pictures = [FOLDER / "hard_negatives" / "images" / entry["file_name"] for entry in entries]
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
    """Write hard_negatives/images, annotations.json and metadata.jsonl. Returns the path of hard_negatives.

    Examples without boxes are written whole. Raises DataError without read_image or a column id or label, and for a
    picture that cannot be read.
    """
    read = wanted("hard_negatives", examples, read_image)
    home = folder / "hard_negatives"
    (home / "images").mkdir(parents=True)
    names, entries, images = Names(), [], []
    for _, row in examples.iterrows():
        for entry, suffix, content in _pictures(row, read):
            name = names.take(entry["id"], suffix)
            (home / "images" / name).write_bytes(content)
            width, height = size_px(content, row)
            entries.append({"file_name": name, **entry})
            images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
    known = list(classes) if is_of_boxes(examples) else class_names(examples, classes)
    categories = [{"id": number, "name": name} for number, name in enumerate(known, 1)]
    whole = {"images": images, "annotations": [], "categories": categories}
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    (home / "annotations.json").write_text(text, encoding="utf-8", newline="\n")
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    (home / "metadata.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The ids and labels of the pictures, and a reader of these.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    entries = json_lines(present(folder, "hard_negatives") / "metadata.jsonl")
    return examples_of(entries, ("id", "label")), from_files(files(folder))


def files(folder: Path) -> dict[str, Path]:
    """Id -> the file of its picture."""
    home = folder / "hard_negatives"
    return {entry["id"]: home / "images" / entry["file_name"] for entry in json_lines(home / "metadata.jsonl")}


def _pictures(row: pd.Series, read: ReadImage) -> Iterator[tuple[dict[str, Any], str, bytes]]:
    """What metadata.jsonl says of each picture of an example, its suffix and its bytes."""
    suffix, content = read_picture(read, row)
    found, given = boxes_in(row.get(FALSE_POSITIVES)), boxes_in(row.get("boxes"))
    if not given:
        surest = max(found, key=lambda one: one["confidence"], default={})
        says = {"predicted": surest.get("label"), "confidence": surest.get("confidence")}
        (label,) = labels_of(row.to_frame().T)
        yield {"id": str(row["id"]), "example": str(row["id"]), "label": label, "crop": None, **says}, suffix, content
        return
    if not found:
        return
    objects = np.array([[box[side] for side in SIDES] for box in given], np.float64)
    with Image.open(io.BytesIO(content)) as opened:
        upright = ImageOps.exif_transpose(opened)
        for one in found:
            crop = background_crop(np.array([one[side] for side in SIDES], np.float64), objects, upright.size)
            if crop is None:
                continue
            buffer = io.BytesIO()
            cut = upright.crop(crop)
            (cut if cut.mode in PNG_MODES else cut.convert("RGB")).save(buffer, "PNG")
            says = {"predicted": one["label"], "confidence": one["confidence"]}
            place = {"id": str(one["id"]), "example": str(row["id"]), "label": NOTHING, "crop": crop}
            yield {**place, **says}, ".png", buffer.getvalue()
