"""What people said of boxes, as corrections of the annotation file that the run was scored from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations
from hem_core.boxes.corrections import DONE, Change, apply_corrections
from hem_core.errors import DataError
from hem_core.runs.box_decisions import LEVEL, Conflict, decisions
from hem_core.store.run import Run

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog


@dataclass(frozen=True, eq=False)
class Corrected:
    """Annotations as people say that they should be."""

    annotations: Annotations
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...] = ()
    undecided: tuple[str, ...] = ()
    """Ids of boxes that were called wrong without another class or box."""
    outdated: tuple[str, ...] = ()
    """Ids of boxes that were corrected on another state of the annotation file."""

    @property
    def counts(self) -> Counter[str]:
        """Action -> how many were applied; "refused" those that were not."""
        return Counter("refused" if change.refused else change.correction.action for change in self.changes)

    @property
    def words(self) -> str:
        """`12 boxes corrected: 4 moved, 1 moved and relabelled, 3 added, 4 removed`: each box once."""
        of_box: dict[str, set[str]] = {}
        for change in self.changes:
            if not change.refused:
                of_box.setdefault(str(change.box), set()).add(change.correction.action)
        if not of_box:
            return "no corrections"
        done = Counter(
            " and ".join(word for action, word in DONE.items() if action in made) for made in of_box.values()
        )
        listed = ", ".join(f"{n:,} {word}" for word, n in sorted(done.items(), key=_as_in_done))
        return f"{len(of_box):,} {'box' if len(of_box) == 1 else 'boxes'} corrected: {listed}"


def _as_in_done(counted: tuple[str, int]) -> list[int]:
    places = list(DONE.values())
    return [places.index(word) for word in counted[0].split(" and ")]


def corrected_boxes(run: Run, log: TagLog, *, trust: str = "") -> Corrected:
    """The annotations of a run with what people said of its boxes.

    A given box becomes what its reviewers say: another class, another place, or none; what nothing was given for is
    added where they say that there is an object. The last thing that a person said of a box counts. Where two people
    disagree (another class, or an IoU below `box_opinions.SAME_IOU`) the box stays as it is and is listed; trust: the
    name of the person who is right then, or "last". A box that was corrected on another state of the file stays too.
    log: of the workspace.
    Raises DataError for a run without boxes or whose annotation file has changed since it was scored.
    """
    before = _annotations(run)
    found = decisions(run, log, before.image_ids, trust=trust)
    annotations, changes = apply_corrections(before, found.corrections)
    return Corrected(annotations, (*changes, *found.repeated), found.conflicts, found.undecided, found.outdated)


def _annotations(run: Run) -> Annotations:
    source = dict(run.info.get("data", {}).get("annotations") or {})
    if not source or LEVEL not in (run.info.get("levels") or ()):
        raise DataError(f"the run '{run.name}' was not scored from annotations of boxes; name one that was")
    before = formats.read(source["path"], images=source.get("images"), format=source["format"])
    if before.source is None or before.source.digest != source["digest"]:
        raise DataError(f"'{source['path']}' has changed since it was scored; score it again, and correct that run")
    return before
