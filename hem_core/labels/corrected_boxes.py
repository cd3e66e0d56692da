"""What people said of boxes, as corrections of the annotation file that the run was scored from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations
from hem_core.boxes.columns import SIDES
from hem_core.boxes.corrections import Change, Correction, apply_corrections
from hem_core.errors import DataError
from hem_core.labels import box_opinions
from hem_core.labels.box_opinions import Object, Opinion
from hem_core.store.run import Run

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog

LEVEL = "boxes"
MARK = "#a"
"""Between the id of an image and the name of an object that a person added to it."""
DONE = {"move": "moved", "relabel": "relabelled", "add": "added", "remove": "removed"}
"""Action -> what was done to a box, in the order in which they are counted."""


@dataclass(frozen=True)
class Conflict:
    """A box of which people said different things; it is left as it is."""

    image: str
    box: str
    opinions: tuple[str, ...]
    """What each person said, oldest first: `anna: WBC [1, 2, 30, 40]`."""


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
        """`12 boxes corrected: 5 moved, 3 added, 4 removed`; a box may be moved and relabelled."""
        applied = [change for change in self.changes if not change.refused]
        n = len({change.box for change in applied})
        if not n:
            return "no corrections"
        counts = self.counts
        done = ", ".join(f"{counts[action]:,} {word}" for action, word in DONE.items() if counts[action])
        return f"{n:,} {'box' if n == 1 else 'boxes'} corrected: {done}"


def corrected_boxes(run: Run, log: TagLog, *, trust: str = "") -> Corrected:
    """The annotations of a run with what people said of its boxes.

    A given box becomes what its reviewers say: another class, another place, or none; what nothing was given for is
    added where they say that there is an object. The last thing that a person said of a box counts. Where two people
    disagree (another class, or an IoU below `box_opinions.SAME_IOU`) the box stays as it is and is listed; trust: the
    name of the person who is right then, or "last". A box that was corrected on another state of the file stays too.
    log: of the workspace.
    Raises DataError for a run without boxes or whose annotation file has changed since it was scored.
    """
    before, digest = _annotations(run)
    said = box_opinions.opinions(log.level(LEVEL).actions(run.data))
    if trust not in ("", "last") and trust not in {one.who for some in said.values() for one in some}:
        raise DataError(f"nobody called '{trust}' has said anything of these boxes; use a reviewer's name, or last")
    rows = {str(part["id"]): part for part in run.level(LEVEL).table().to_dict("records")}
    images = set(before.image_ids)
    orders: list[Correction] = []
    conflicts, undecided, outdated = list[Conflict](), list[str](), list[str]()
    for id, some in sorted(said.items(), key=lambda each: (each[1][-1].at, each[0])):
        part = rows.get(id)
        image = str(part["example"]) if part is not None else _image_of(id)
        if image not in images:
            continue
        current = [one for one in some if one.about in ("", digest)]
        if len(current) < len(some):
            outdated.append(id)
        found = _settled(image, id, current, _sides(part), trust)
        if isinstance(found, Conflict):
            conflicts.append(found)
        elif isinstance(found, str):
            undecided += [found] if current else []
        else:
            orders += found
    once, again = _without_repeated(orders)
    annotations, changes = apply_corrections(before, once)
    return Corrected(annotations, (*changes, *again), tuple(conflicts), tuple(undecided), tuple(outdated))


def conflicts_in(run: Run, log: TagLog) -> list[str]:
    """Ids of the boxes of a run of which people said different things, oldest first; the annotations are not read."""
    said = box_opinions.opinions(log.level(LEVEL).actions(run.data))
    several = {id: some for id, some in said.items() if len(some) > 1}
    if not several:
        return []
    table = run.level(LEVEL).table()
    rows = {str(part["id"]): part for part in table.loc[table["id"].isin(list(several)), :].to_dict("records")}
    found = {id: _settled("", id, some, _sides(rows[id]), "") for id, some in several.items() if id in rows}
    return [id for id, each in found.items() if isinstance(each, Conflict)]


def _annotations(run: Run) -> tuple[Annotations, str]:
    source = dict(run.info.get("data", {}).get("annotations") or {})
    if not source or LEVEL not in (run.info.get("levels") or ()):
        raise DataError(f"the run '{run.name}' was not scored from annotations of boxes; name one that was")
    before = formats.read(source["path"], images=source.get("images"), format=source["format"])
    if before.source is None or before.source.digest != source["digest"]:
        raise DataError(f"'{source['path']}' has changed since it was scored; score it again, and correct that run")
    return before, str(source["digest"])


def _settled(
    image: str, id: str, said: Sequence[Opinion], sides: tuple[Object | None, Object | None], trust: str
) -> list[Correction] | Conflict | str:
    """The corrections of one box that people agree on; a Conflict where they do not; its id where nobody says what
    would be right."""
    given, predicted = sides
    meant: list[tuple[Opinion, Object | None]] = []
    for one in said:
        try:
            meant.append((one, box_opinions.object_of(one, given, predicted)))
        except DataError:
            continue  # it says that something is wrong, and not what
    if not meant:
        return id
    opinion, thing = next((each for each in reversed(meant) if each[0].who == trust), meant[-1])
    is_settled = trust == "last" or opinion.who == trust
    if not is_settled and not all(box_opinions.is_same(thing, other) for _one, other in meant):
        return Conflict(image, id, tuple(box_opinions.words(meant)))
    return _corrections(image, id, given, thing, opinion)


def _corrections(image: str, id: str, given: Object | None, thing: Object | None, opinion: Opinion) -> list[Correction]:
    """What leads from what is given to what is there."""
    by = {"who": opinion.who, "when": opinion.at}
    if given is None:
        return [] if thing is None else [Correction(image, "add", None, thing.xyxy, thing.label, **by)]
    if thing is None:
        return [Correction(image, "remove", id, None, None, **by)]
    moved = [Correction(image, "move", id, thing.xyxy, None, **by)] if thing.xyxy != given.xyxy else []
    return moved + ([Correction(image, "relabel", id, None, thing.label, **by)] if thing.label != given.label else [])


def _without_repeated(orders: Sequence[Correction]) -> tuple[list[Correction], list[Change]]:
    """The corrections without objects that several people added to the same place, and these as refused changes."""
    once, again = list[Correction](), list[Change]()
    added: dict[str, list[Object]] = {}
    for order in orders:
        if order.action == "add" and order.xyxy is not None:
            thing, others = Object(str(order.label), order.xyxy), added.setdefault(order.image, [])
            if any(box_opinions.is_same(thing, other) for other in others):
                again.append(Change(order, None, None, None, "this object was added by another correction"))
                continue
            others.append(thing)
        once.append(order)
    return once, again


def _image_of(id: str) -> str:
    """The image that an object was added to by hand; "" for another id."""
    return id.rpartition(MARK)[0]


def _sides(part: Mapping[str, Any] | None) -> tuple[Object | None, Object | None]:
    """What is given and what is predicted in a row."""
    given, predicted = (_object(part, which) for which in ("given", "predicted"))
    return given, predicted


def _object(part: Mapping[str, Any] | None, which: str) -> Object | None:
    label = part[which] if part is not None else None
    if part is None or not isinstance(label, str):
        return None
    left, top, right, bottom = (float(part[f"{which}_{side}"]) for side in SIDES)
    return Object(label, (left, top, right, bottom))
