"""What people decided of the boxes of a run, as corrections; the annotation file is not read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hem_core.boxes import box_text
from hem_core.boxes.columns import SIDES
from hem_core.boxes.corrections import Change, Correction
from hem_core.errors import DataError
from hem_core.runs import box_opinions
from hem_core.runs.box_opinions import Object, Opinion
from hem_core.store.run import Run

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog

LEVEL = "boxes"
MARK = "#a"
"""Between the id of an image and the name of an object that a person added to it."""


@dataclass(frozen=True)
class Conflict:
    """A box of which people said different things; it is left as it is."""

    image: str
    box: str
    opinions: tuple[str, ...]
    """What each person said, oldest first: `anna: WBC [1, 2, 30, 40]`."""


@dataclass(frozen=True)
class Decisions:
    """What people say of the boxes of a run, where they agree and where they do not."""

    corrections: tuple[Correction, ...]
    repeated: tuple[Change, ...] = ()
    """Objects that several people added to the same place; each is refused."""
    conflicts: tuple[Conflict, ...] = ()
    undecided: tuple[str, ...] = ()
    """Ids of boxes that were called wrong without another class or box."""
    outdated: tuple[str, ...] = ()
    """Ids of boxes that were corrected on another state of the annotation file."""


def decisions(run: Run, log: TagLog, images: Collection[str], *, trust: str = "") -> Decisions:
    """The corrections of the boxes of some images, by the rules of `hem_core.labels.corrected_boxes`.

    log: of the workspace; images: ids; trust: the name of the person who is right where people disagree, or "last".
    Raises DataError for a name that nobody has.
    """
    said = box_opinions.opinions(log.level(LEVEL).actions(run.data))
    if trust not in ("", "last") and trust not in {one.who for some in said.values() for one in some}:
        raise DataError(f"nobody called '{trust}' has said anything of these boxes; use a reviewer's name, or last")
    if not said:
        return Decisions(())
    digest = str((run.info.get("data", {}).get("annotations") or {}).get("digest") or "")
    rows = {str(part["id"]): part for part in run.level(LEVEL).table().to_dict("records")}
    image_ids = set(images)
    orders: list[Correction] = []
    conflicts, undecided, outdated = list[Conflict](), list[str](), list[str]()
    for id, some in sorted(said.items(), key=lambda each: (each[1][-1].at, each[0])):
        part = rows.get(id)
        image = str(part["example"]) if part is not None else _image_of(id)
        if image not in image_ids:
            continue
        current = [one for one in some if one.about in ("", digest)]
        if len(current) < len(some):
            outdated.append(id)
        outcome = _settled(image, id, current, _sides(part), trust)
        if isinstance(outcome, Conflict):
            conflicts.append(outcome)
        elif isinstance(outcome, str):
            undecided += [outcome] if current else []
        else:
            orders += outcome
    once, again = _without_repeated(orders)
    return Decisions(tuple(once), tuple(again), tuple(conflicts), tuple(undecided), tuple(outdated))


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
    moved = [Correction(image, "move", id, thing.xyxy, None, **by)] if _is_elsewhere(thing, given) else []
    return moved + ([Correction(image, "relabel", id, None, thing.label, **by)] if thing.label != given.label else [])


def _is_elsewhere(one: Object, other: Object) -> bool:
    """Whether two boxes differ by more than their texts round away."""
    return any(abs(a - b) > 10**-box_text.DECIMALS for a, b in zip(one.xyxy, other.xyxy, strict=True))


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
