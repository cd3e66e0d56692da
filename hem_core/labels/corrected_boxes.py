"""What people said of boxes, as corrections of the annotation file that the run was scored from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.csv as csv

from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations
from hem_core.boxes.correction_tables import SIDES, changes_table
from hem_core.boxes.corrections import Change, Correction, apply_corrections
from hem_core.errors import DataError
from hem_core.store.atomic import write_with
from hem_core.store.run import Run

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog

LEVEL = "boxes"
WRONG, TAKE, REMOVE = "mislabelled", "take predicted", "remove"
"""The verdict that a label is wrong; the free tags that the predicted box is right, and that nothing is here."""
CHANGES = "changes.csv"


@dataclass(frozen=True, eq=False)
class Corrected:
    """Annotations as people say that they should be."""

    annotations: Annotations
    changes: tuple[Change, ...]
    undecided: tuple[str, ...]
    """Ids of boxes whose label was called wrong without another class or box."""

    @property
    def counts(self) -> Counter[str]:
        """Action -> how many were applied; "refused" those that were not."""
        return Counter("refused" if change.refused else change.correction.action for change in self.changes)


def corrected_boxes(run: Run, log: TagLog) -> Corrected:
    """The annotations of a run with what people said of its boxes.

    A given box is relabelled where it was called mislabelled and a class was named, moved to the predicted box (and
    relabelled) where it has the tag "take predicted", and removed where it has the tag "remove". A prediction without a
    given box is added where it has the tag "take predicted" or was called mislabelled, as the class that was named or
    else as predicted. log: of the workspace.
    Raises DataError for a run without boxes or whose annotation file has changed since it was scored.
    """
    source = dict(run.info.get("data", {}).get("annotations") or {})
    if not source or LEVEL not in (run.info.get("levels") or ()):
        raise DataError(f"the run '{run.name}' was not scored from annotations of boxes; name one that was")
    before = formats.read(source["path"], images=source.get("images"), format=source["format"])
    if before.source is None or before.source.digest != source["digest"]:
        raise DataError(f"'{source['path']}' has changed since it was scored; score it again, and correct that run")
    state = log.level(LEVEL).state(run.data)
    said = state.loc[state["tag"].isin((WRONG, TAKE, REMOVE)), :].sort_values(["at", "id"], kind="stable")
    rows = {part["id"]: part for part in run.level(LEVEL).table().to_dict("records")}
    orders: list[Correction] = []
    undecided = []
    for tag in said.to_dict("records"):
        part = rows.get(tag["id"])
        found = _corrections(part, tag) if part is not None else []
        if part is not None and not found:
            undecided.append(str(tag["id"]))
        orders += found
    annotations, changes = apply_corrections(before, orders)
    return Corrected(annotations, changes, tuple(undecided))


def write_corrected(corrected: Corrected, home: Path) -> list[Path]:
    """The annotation files in their own format, and changes.csv with who changed what. Returns the paths.

    Raises DataError when the folder holds anything.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise DataError(f"'{home}' is not empty; name a new folder for the corrected annotations")
    home.mkdir(parents=True, exist_ok=True)
    paths = formats.write(corrected.annotations, home)
    table = changes_table(corrected.changes)
    return [*paths, write_with(home / CHANGES, lambda file: csv.write_csv(table, file))]


def _corrections(part: Mapping[str, Any], tag: Mapping[str, Any]) -> list[Correction]:
    """What one tag asks for; [] where it does not say what would be right."""
    image, who, when = str(part["example"]), str(tag["who"]), str(tag["at"])
    given, predicted = _text(part["given"]), _text(part["predicted"])
    named = str(tag["value"] or "")
    if given is None:
        if tag["tag"] == REMOVE:
            return []
        return [Correction(image, "add", None, _corners(part), named or predicted, who, when)]
    box = str(part["id"])
    if tag["tag"] == REMOVE:
        return [Correction(image, "remove", box, None, None, who, when)]
    if tag["tag"] == WRONG:
        return [Correction(image, "relabel", box, None, named, who, when)] if named else []
    if predicted is None:
        return []
    moved = [Correction(image, "move", box, _corners(part), None, who, when)]
    return moved + ([Correction(image, "relabel", box, None, predicted, who, when)] if predicted != given else [])


def _corners(part: Mapping[str, Any]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(part[f"predicted_{side}"]) for side in SIDES)
    return left, top, right, bottom


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
