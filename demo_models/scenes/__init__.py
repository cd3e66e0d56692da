"""Scenes of real digits with some of their boxes made wrong on purpose, as a data set that any detector can read."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from demo_models.scenes.canvas import Scene, drawn
from demo_models.scenes.planted import KINDS, Planted, plant

__all__ = ["KINDS", "SHARE", "Written", "read_planted", "write"]

SHARE = 0.015
"""Of the boxes, for each kind of error."""
CLASSES = [str(digit) for digit in range(10)]
PLANTED = "planted.csv"


@dataclass(frozen=True)
class Written:
    """Where a set of scenes lies."""

    annotations: Path
    """COCO's JSON, wrong boxes and all."""
    images: Path
    planted: Path
    """One row a wrong box: what is wrong, and the truth; see `Planted`."""


def write(folder: Path, n: int = 400, *, seed: int = 0, share: float = SHARE) -> Written:
    """Draw n scenes and write annotations.json, images/ and planted.csv; a set that is there already stays.

    The same n, seed and share give the same bytes. A share of the boxes is missing, another one shifted, relabelled and
    spurious each.
    """
    made = Written(folder / "annotations.json", folder / "images", folder / PLANTED)
    if made.annotations.exists():
        return made
    shutil.rmtree(made.images, ignore_errors=True)
    made.images.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    scenes = [drawn(index, chance) for index in range(n)]
    for scene in scenes:
        scene.picture.save(made.images / scene.name)
    given, planted = plant(scenes, share, chance)
    pd.DataFrame([vars(one) for one in planted], columns=list(Planted.__dataclass_fields__)).to_csv(
        made.planted, index=False
    )
    partial = made.annotations.with_suffix(".partial")
    partial.write_text(json.dumps(_document(scenes, given), indent=1) + "\n", "utf-8")
    partial.replace(made.annotations)  # last: it says that the rest is there
    return made


def read_planted(path: Path) -> list[Planted]:
    """The wrong boxes of a set of scenes."""
    table = pd.read_csv(path, dtype={"image": str, "kind": str, "label": str})
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")  # pyright: ignore[reportAssignmentType]
    return [Planted(**{**row, "number": None if row["number"] is None else int(row["number"])}) for row in rows]


def _document(scenes: list[Scene], given: list[list[tuple[int, np.ndarray]]]) -> dict[str, Any]:
    """COCO's JSON."""
    boxes = [(at, label, box) for at, some in enumerate(given, 1) for label, box in some]
    return {
        "images": [
            {
                "id": at,
                "file_name": scene.name,
                "width": scene.size[0],
                "height": scene.size[1],
                "clutter": scene.clutter,
            }
            for at, scene in enumerate(scenes, 1)
        ],
        "annotations": [
            {"id": number, "image_id": at, "category_id": label, "bbox": _ltwh(box), "area": _area(box), "iscrowd": 0}
            for number, (at, label, box) in enumerate(boxes, 1)
        ],
        "categories": [{"id": digit, "name": name} for digit, name in enumerate(CLASSES)],
    }


def _ltwh(box: np.ndarray) -> list[float]:
    left, top, right, bottom = box.tolist()
    return [left, top, right - left, bottom - top]


def _area(box: np.ndarray) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
