"""Predicted boxes as detectors and their tools leave them: one kind a file, which reads them beside annotations.

A kind defines `accepts(source) -> bool`, which decides by the source alone, and `read(source, annotations) ->
Predictions`; the first one by name that accepts a source reads it. Where predictions lie in the file of annotations
itself, it also defines `own(annotations) -> Predictions | None`. What cannot be used is recorded in `problems`.
"""

from __future__ import annotations

import sys
from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hem_core import folder
from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.errors import DataError

KINDS = (
    "COCO results or a list of boxes, labels and scores (.json), a folder of YOLO's text files, FiftyOne's "
    "samples.json, tasks of Label Studio, a table (.csv, .tsv, .parquet), tensors saved by torch.save (.pt) or arrays "
    "saved by numpy.savez (.npz)"
)


@dataclass(frozen=True, eq=False)
class InMemory:
    """Predictions that were passed from Python: a list with a dict of boxes, labels and scores for each image, a dict
    of such dicts by image, or a table."""

    value: Any

    @property
    def n(self) -> int | None:
        """How many entries it has, where that is known."""
        return len(self.value) if isinstance(self.value, Sized) else None


def read(source: Any, annotations: Annotations) -> Predictions:
    """Predictions of a file, a folder, or of `InMemory`, on the images of `annotations`.

    Raises DataError for what is none of KINDS, and for a pickle, which could run code.
    """
    chosen = source if isinstance(source, InMemory) else Path(source)
    package = sys.modules[__name__]
    for name in folder.names(package):
        kind = folder.load(package, name)
        if kind.accepts(chosen):
            return kind.read(chosen, annotations)
    what = type(source.value).__name__ if isinstance(source, InMemory) else f"'{source}'"
    if str(what).strip("'").endswith((".pkl", ".pickle")):
        raise DataError(f"{what} is a pickle, which could run code, so it is not opened; save the boxes as {KINDS}")
    raise DataError(f"{what} holds no predictions of boxes that can be read; expected {KINDS}")


def own(annotations: Annotations) -> Predictions | None:
    """The predictions that lie in the file of the annotations themselves; None where there are none."""
    package = sys.modules[__name__]
    kinds = [folder.load(package, name) for name in folder.names(package)]
    found = (kind.own(annotations) for kind in kinds if hasattr(kind, "own"))
    return next((each for each in found if each is not None), None)
