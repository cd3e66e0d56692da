"""Six small pictures with a box each that a reader can check in the head; two classes, ids with a gap."""

import json

import numpy as np
from PIL import Image

CLASSES = ("cell", "dust")
IMAGES = {  # name -> width, height
    "confused.png": (120, 100),
    "crowd.png": (140, 100),
    "empty.png": (60, 60),
    "false.png": (100, 80),
    "missed.png": (100, 90),
    "off.png": (110, 100),
    "right.png": (100, 100),
}
GIVEN = {  # name -> (class, left, top, width, height, is_crowd)
    "confused.png": [(0, 10, 10, 40, 40, 0)],
    "crowd.png": [(0, 0, 0, 100, 100, 1), (1, 110, 20, 20, 20, 0)],
    "missed.png": [(1, 20, 20, 30, 30, 0)],
    "off.png": [(0, 10, 10, 40, 40, 0)],
    "right.png": [(0, 10, 10, 40, 40, 0), (1, 60, 60, 20, 20, 0)],
}
PREDICTED = {  # name -> (class, left, top, width, height, confidence)
    "confused.png": [(1, 10, 10, 40, 40, 0.75)],
    "crowd.png": [(0, 10, 10, 30, 30, 0.9), (0, 50, 50, 30, 30, 0.8), (1, 110, 20, 20, 20, 0.7)],
    "false.png": [(0, 30, 30, 20, 20, 0.95), (1, 0, 0, 10, 10, 0.01)],
    "off.png": [(0, 30, 10, 40, 40, 0.6)],  # half of each is shared: IoU 1/3
    "right.png": [(0, 10, 10, 40, 40, 0.9), (0, 10, 10, 40, 38, 0.5), (1, 60, 60, 20, 20, 0.4)],
}
LATER = {
    **PREDICTED,
    "missed.png": [(1, 20, 20, 30, 30, 0.8)],  # found now
    "false.png": [],  # the false positive is gone
    "right.png": [(1, 60, 60, 20, 20, 0.4)],  # the cell is lost, and so is the second box on it
    "empty.png": [(0, 5, 5, 20, 20, 0.9)],  # a new false positive
}
"""What another model predicts."""
KEYS = (3, 7)
"""The file's own numbers of the classes."""


def document():
    """The annotations as COCO has them; the pictures are numbered from 1 in the order of their names."""
    number = {name: at for at, name in enumerate(IMAGES, 1)}
    boxes = [(name, box) for name, some in GIVEN.items() for box in some]
    return {
        "images": [
            {"id": number[name], "file_name": name, "width": width, "height": height, "camera": "north"}
            for name, (width, height) in IMAGES.items()
        ],
        "annotations": [
            {"id": at, "image_id": number[name], "category_id": KEYS[k], "bbox": box, "area": box[2] * box[3],
             "iscrowd": is_crowd}
            for at, (name, (k, *box, is_crowd)) in enumerate(boxes, 1)
        ],
        "categories": [{"id": key, "name": name} for key, name in zip(KEYS, CLASSES, strict=True)],
    }  # fmt: skip


def results(predicted=None):
    """The predictions as COCO has them."""
    number = {name: at for at, name in enumerate(IMAGES, 1)}
    return [
        {"image_id": number[name], "category_id": KEYS[k], "bbox": box, "score": score}
        for name, some in (predicted or PREDICTED).items()
        for k, *box, score in some
    ]


def write(folder):
    """annotations.json, results.json and the folder of pictures."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    for at, (name, (width, height)) in enumerate(IMAGES.items()):
        pixels = np.full((height, width, 3), 40 + 20 * at, np.uint8)
        Image.fromarray(pixels).save(photos / name)
    (folder / "annotations.json").write_text(json.dumps(document()))
    (folder / "results.json").write_text(json.dumps(results()))
    return folder


def two_runs(folder):
    """A workspace with the runs `first` and `later`, of two models on the same scenes."""
    import hem_core

    data = write(folder / "data")
    (data / "later.json").write_text(json.dumps(results(LATER)))
    for name, file in (("first", "results.json"), ("later", "later.json")):
        where = {"images": data / "photos", "predictions": data / file, "name": "scenes"}
        hem_core.score(None, data / "annotations.json", out=folder / "w" / "runs" / name, **where)
    return folder / "w"
