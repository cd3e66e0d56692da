"""Rows of which two or more people said something: where they disagree, and how much they agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from hem_core import tasks
from hem_core.errors import UnknownNameError
from hem_core.runs import box_opinions
from hem_core.runs.box_decisions import objects_of
from hem_core.runs.box_opinions import Object
from hem_core.store.opinions import Opinion, opinions, prevailing
from hem_core.store.verdicts import VERDICTS, WITHOUT_OPINION
from hem_core.tasks import Corrects

if TYPE_CHECKING:
    from hem_core.store.level import Level
    from hem_core.store.tags import TagLog

KEPT = ("right", "hard", "easy")
"""Verdicts that are one answer: the label is right, and the example stays."""


@dataclass(frozen=True)
class Said:
    """What one person said of a row."""

    opinion: Opinion
    answer: str
    """What it means, in a word."""
    is_placed: bool = False
    """Whether it says what is at a place, as where people correct boxes."""
    thing: Object | None = None
    """What is there according to that person; None for nothing."""


@dataclass(frozen=True)
class Agreement:
    """How far two people agree on the rows that both judged."""

    people: tuple[str, str]
    n: int
    """Rows that both judged."""
    n_same: int
    kappa: float
    """Cohen's kappa, 1 for complete agreement, 0 for that of chance; NaN where chance alone agrees completely."""


@dataclass(frozen=True, eq=False)
class Disagreements:
    """What several people said of the rows of a level."""

    said: Mapping[str, tuple[Said, ...]]
    """Id -> what each person last said, oldest first, of the rows that two or more judged."""
    disputed: tuple[str, ...]
    """Ids of those on which they disagree, the oldest dispute first."""
    agreements: tuple[Agreement, ...]
    """Each two people who judged the same rows, those with the most rows first."""


def disagreements(level: Level, log: TagLog) -> Disagreements:
    """The rows of a level that several people judged, and those on which they disagree.

    log: of the workspace. Right, hard and easy are one answer; skipping is none, and so is a verdict on many rows at
    once. A dispute is settled when more people give one answer than any other: a third person's verdict settles that
    of two. Of boxes the answer of most is then what is corrected; elsewhere the last verdict counts, so that a dispute
    goes on while it is not the answer of most.
    """
    said, is_last = said_of(level, log), not _is_corrected(level)
    disputed = [id for id, some in said.items() if not _is_settled(some, has_last=is_last)]
    disputed.sort(key=lambda id: (said[id][-1].opinion.at, id))
    return Disagreements(said, tuple(disputed), _agreements(said))


def said_of(level: Level, log: TagLog, ids: Collection[str] | None = None) -> dict[str, tuple[Said, ...]]:
    """Id -> what each person last said, oldest first, of the rows that two or more judged: of some ids, or of all.

    Takes time by the rows that several people judged, however long the log is.
    """
    own = log.level(level.name)
    several = own.several(level.data, ids)
    if not several:
        return {}
    actions = own.actions(level.data, several)
    if _is_corrected(level):
        return _of_boxes(level, box_opinions.opinions(actions))
    return _of_labels(level, opinions(actions, _counts))


def _is_corrected(level: Level) -> bool:
    try:
        task = tasks.of(level.info)
    except UnknownNameError:  # of a plugin that is not installed here
        return False
    return isinstance(task, Corrects) and level.name == task.corrects


def is_same(one: Said, other: Said) -> bool:
    """Whether two people gave the same answer: the same word, of boxes the same class at the same place."""
    return box_opinions.is_same(one.thing, other.thing) if one.is_placed else one.answer == other.answer


def _of_labels(level: Level, found: Mapping[str, Sequence[Opinion]]) -> dict[str, tuple[Said, ...]]:
    several = {id: some for id, some in found.items() if len(some) > 1}
    known = set(level.at(_rows(level, several), ["id"])["id"])
    return {id: tuple(Said(one, _answer(one)) for one in some) for id, some in several.items() if id in known}


def _rows(level: Level, ids: Collection[str]) -> list[int]:
    """Those of some ids that are rows of a level: other runs over the same data may have others."""
    return level.rows({"all": [{"rows": list(ids)}]}).tolist() if ids else []


def _answer(one: Opinion) -> str:
    if one.tag in KEPT:
        return KEPT[0]
    return f"{one.tag} {one.value}".strip()


def _of_boxes(level: Level, found: Mapping[str, Sequence[Opinion]]) -> dict[str, tuple[Said, ...]]:
    several = {id: some for id, some in found.items() if len(some) > 1}
    digest = str((level.info.get("data", {}).get("annotations") or {}).get("digest") or "")
    said = {}
    for part in level.records(_rows(level, several)):
        given, predicted = objects_of(part)
        current = [one for one in several[str(part["id"])] if one.about in ("", digest)]
        meant = box_opinions.meanings(current, given, predicted)
        if len(meant) > 1:
            said[str(part["id"])] = tuple(Said(one, _answer_of(thing, given), True, thing) for one, thing in meant)
    return said


def _answer_of(thing: Object | None, given: Object | None) -> str:
    if thing is None:
        return "nothing"
    return "as given" if thing == given else f"object {thing.label}"


def _is_settled(some: Sequence[Said], *, has_last: bool) -> bool:
    most = prevailing(some, is_same)
    return bool(most) and (not has_last or len(some) - 1 in most)


def _counts(tag: str, is_bulk: bool) -> bool:
    return tag in VERDICTS and tag != WITHOUT_OPINION and not is_bulk


def _agreements(said: Mapping[str, Sequence[Said]]) -> tuple[Agreement, ...]:
    shared: dict[tuple[str, str], list[tuple[Said, Said]]] = {}
    for some in said.values():
        for one, other in combinations(sorted(some, key=lambda each: each.opinion.who), 2):
            shared.setdefault((one.opinion.who, other.opinion.who), []).append((one, other))
    found = [_agreement(people, pairs) for people, pairs in shared.items()]
    return tuple(sorted(found, key=lambda each: (-each.n, each.people)))


def _agreement(people: tuple[str, str], pairs: Sequence[tuple[Said, Said]]) -> Agreement:
    """Reference: Cohen 1960, doi:10.1177/001316446002000104; of boxes, agreement is that of `is_same`."""
    n, n_same = len(pairs), sum(is_same(*pair) for pair in pairs)
    first, second = (Counter(pair[at].answer for pair in pairs) for at in (0, 1))
    chance = sum(first[answer] * second[answer] for answer in first) / n**2
    kappa = (n_same / n - chance) / (1 - chance) if chance < 1 else float("nan")
    return Agreement(people, n, n_same, kappa)
