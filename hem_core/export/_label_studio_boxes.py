"""Label Studio tasks of images with boxes: the given boxes and the model's are predictions to start from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd

from hem_core.boxes.columns import PREDICTED, SIDES
from hem_core.boxes.geometry import clip
from hem_core.export._boxes import BOXES, OF_IMAGES, boxes_in, marked
from hem_core.export._images import size_px
from hem_core.export._plain import plain

GIVEN_VERSION, MODEL_VERSION = "given", "model"
"""What the two predictions of a task are called: the given boxes, and those of the model."""
SHOWN_BOXES, SHOWN_PREDICTIONS = "given_boxes", "predicted_boxes"
"""Keys of a task's data: the given boxes that it shows, and the ids of the predicted ones."""
RUN, STATE = "hem_run", "annotations_digest"
"""Keys of a task's data, and `attrs` of the examples: the run, and the state of the annotations that it was made of."""
SIZE = ("width", "height")
"""Keys of a task's data: the size of the picture in px."""
OF_BOXES = ("id", "label", *SIDES, "area_px", "is_crowd", "is_ignored", "number", "in_set", "weight")
LEAST_PX = 1.0
COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#009E73")
"""Okabe and Ito's, in turn: those that Label Studio takes by itself are alike for some names."""
OF_MODEL = "-model"
"""How the name of a region ends that is a box of the model's."""


def config(classes: Sequence[str], examples: pd.DataFrame) -> str:
    """The labelling interface: rectangles of the classes, those of the boxes that are no class included."""
    cells = [cell for name in (BOXES, PREDICTED) if name in examples for cell in examples[name]]
    named = {str(box["label"]) for cell in cells for box in boxes_in(cell)}
    names = (*classes, *sorted(named - set(classes)))
    labels = "".join(
        f'    <Label value={quoteattr(name)} background="{colour}"/>\n'
        for name, colour in zip(names, itertools.cycle(COLOURS))
    )
    return (
        '<View>\n  <Header value="Given: $given_label"/>\n  <Header value="$look_at" size="5"/>\n'
        '  <Image name="example" value="$image" zoom="true" zoomControl="true"/>\n'
        '  <RectangleLabels name="label" toName="example" canRotate="false" strokeWidth="2">\n'
        f"{labels}  </RectangleLabels>\n</View>\n"
    )


def data_of(row: pd.Series, content: bytes) -> dict[str, Any]:
    """What a task of boxes has beside the picture and the scores: the boxes, its size, and where to look.

    content: the bytes of the picture.
    """
    width, height = size_px(content, row)
    shown = [{name: plain(box.get(name)) for name in OF_BOXES} for box in _named(row, BOXES)]
    kept = {name: plain(row[name]) for name in OF_IMAGES if name in row and name != "label"}
    predicted = [str(box["id"]) for box in _named(row, PREDICTED)]
    places = {SHOWN_BOXES: shown, SHOWN_PREDICTIONS: predicted}
    return {**kept, SIZE[0]: width, SIZE[1]: height, "look_at": _look_at(row), **places}


def predictions_of(row: pd.Series, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The model's boxes as one prediction, where it has any, and the given ones as another.

    The given ones come last: in Label Studio a new project starts from the version of the last prediction it reads.
    """
    size = data[SIZE[0]], data[SIZE[1]]
    given = [box for box in _named(row, BOXES) if not box["is_ignored"]]
    found: list[dict[str, Any]] = []
    predicted = _named(row, PREDICTED)
    if predicted:
        mean = float(np.mean([box["confidence"] for box in predicted]))
        found.append({"model_version": MODEL_VERSION, "score": mean, "result": _regions(predicted, size, OF_MODEL)})
    return [*found, {"model_version": GIVEN_VERSION, "result": _regions(given, size, "")}]


def _named(row: pd.Series, column: str) -> list[dict[str, Any]]:
    """The boxes in a column, each with its id, also where they come straight from annotations."""
    letter = "g" if column == BOXES else "p"
    boxes = boxes_in(row[column]) if column in row else []
    return [box if "id" in box else {**box, "id": f"{row['id']}#{letter}{box['number']}"} for box in boxes]


def entries_of(tasks: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The examples that the data of tasks hold."""
    for data in tasks:
        boxes = [{name: box[name] for name in OF_BOXES if name not in ("id", "in_set", "weight")}
                 for box in data[SHOWN_BOXES]]  # fmt: skip
        marks = {**data, "id": data["example_id"], "label": data["given_label"], "boxes": data[SHOWN_BOXES]}
        yield marked(marks, boxes)


def clipped(box: Mapping[str, Any], size: tuple[float, float]) -> np.ndarray | None:
    """(4,) the part of a box inside its picture, as it is shown; None where that is less than 1 px wide or high."""
    corners = np.asarray([[box[side] for side in SIDES]], np.float64)
    inside = clip(corners, np.asarray([size], np.float64))[0]
    return None if (inside[2:] - inside[:2] < LEAST_PX).any() else inside


def _regions(boxes: Sequence[Mapping[str, Any]], size: tuple[int, int], ending: str) -> list[dict[str, Any]]:
    """Rectangles in percent of the picture; Label Studio cuts ids at a #, so theirs are `g3`, of `image#g3`."""
    found = []
    for box in boxes:
        inside = clipped(box, size)
        if inside is None:
            continue
        left, top, right, bottom = inside.tolist()
        place = {"x": left / size[0], "y": top / size[1], "width": (right - left) / size[0]}
        place["height"] = (bottom - top) / size[1]
        value = {name: 100 * share for name, share in place.items()} | {"rotation": 0}
        region = {
            "id": str(box["id"]).rpartition("#")[2] + ending,
            "from_name": "label",
            "to_name": "example",
            "type": "rectanglelabels",
            "original_width": size[0],
            "original_height": size[1],
            "image_rotation": 0,
            "value": {**value, "rectanglelabels": [str(box["label"])]},
        }
        found.append(region | ({"score": float(box["confidence"])} if "confidence" in box else {}))
    return found


def _look_at(row: pd.Series) -> str:
    """In words, which boxes are in the set; otherwise the evidence that the image has."""
    listed = [box for name in (BOXES, PREDICTED) if name in row for box in boxes_in(row[name]) if box.get("in_set")]
    chosen = {str(box["id"]): box for box in listed}
    if not chosen:
        evidence = row.get("evidence")
        return evidence if isinstance(evidence, str) else ""
    places = [f"{box['label']} at {box['left']:.0f}, {box['top']:.0f}" for box in chosen.values()]
    return "Look at: " + "; ".join(places)
