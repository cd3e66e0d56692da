"""Demos of boxes: where their annotations are, the run that is made of them, and what is found of what was planted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

import hem_core
from demo_models.scenes import read_planted
from demo_models.scenes.planted import KINDS, Planted
from hem_core.errors import DataError
from hem_core.store.run import Run

FIRST = 50
"""Boxes that are looked at, the most suspicious first."""


@dataclass(frozen=True)
class Boxes:
    """The annotations and pictures of a demo and, where boxes were made wrong on purpose, the list of these."""

    annotations: Path
    images: Path | None = None
    planted: Path | None = None


class BoxDemo(Protocol):
    """A file of this package whose data are annotations of boxes."""

    OOS: int
    TRAIN: str | Callable[..., Any]
    """`package.module:train` of the detector, or the function."""

    def boxes(self, folder: Path, data: Path | None) -> Boxes:
        """The annotations, made in `folder` or found in `data`."""
        ...


def run(demo: BoxDemo, name: str, workspace: Path, data: Path | None, common: Mapping[str, Any]) -> Run:
    """Score the annotations by detectors that were trained without each fold in turn."""
    found = demo.boxes(workspace / "data" / name, data)
    options = {"images": found.images} if found.images is not None else {}
    out = workspace / "runs" / name
    return hem_core.score(None, found.annotations, train=demo.TRAIN, oos=demo.OOS, out=out, **options, **common)


def annotations_of(data: Path | None, *, demo: str, wanted: str) -> Boxes:
    """The boxes in a folder: a COCO .json with its `images`, or Pascal VOC's Annotations, here or one folder below.

    Raises DataError, saying what is `wanted`, when there are none.
    """
    if data is None:
        raise DataError(f"hem demo {demo} reads {wanted}, which you have to bring: say --data FOLDER")
    if not data.is_dir():
        raise DataError(f"no folder '{data}'; wanted {wanted}")
    for home in (data, *sorted(each for each in data.iterdir() if each.is_dir())):
        files = sorted(home.glob("*coco*.json"))
        if files:
            return Boxes(files[0], home / "images" if (home / "images").is_dir() else None)
        if any((home / "Annotations").glob("*.xml")):
            return Boxes(home)
    raise DataError(f"no annotations in '{data}'; wanted {wanted}")


def findings(name: str, workspace: Path, run: Run) -> list[str]:
    """What is found of the boxes that were made wrong on purpose, in a sentence; [] where none was."""
    planted = workspace / "data" / name / "planted.csv"
    return [found_in(run.level("boxes").table(), read_planted(planted))] if planted.is_file() else []


def found_in(boxes: pd.DataFrame, planted: list[Planted], first: int = FIRST) -> str:
    """A sentence: the wrong boxes among the `first` rows of the level `boxes` by `label_suspicion`, by their kind."""
    worst = boxes.sort_values(["label_suspicion", "id"], ascending=[False, True], kind="stable").head(first)
    counts: Counter[str] = Counter()
    for row in worst.to_dict("records"):
        number = row["id"].rpartition("#g")[2] if "#g" in row["id"] else None
        box = [row[f"predicted_{side}"] for side in ("left", "top", "right", "bottom")]
        own = (one for one in planted if one.image == row["example"])
        kind = next((one.kind for one in own if one.is_at(int(number) if number else None, box)), None)
        counts.update([kind] if kind else [])
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)
    n = sum(counts.values())
    return f"Of the {len(worst)} most suspicious boxes, {n} were made wrong on purpose: {kinds}."
