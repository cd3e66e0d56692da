"""Whether the ids of a recording still mean the same examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.dynamics.table import Dynamics
from hem_core.errors import DataError

LEAST_MATCHED = 0.5
"""Of the ids of the data or of the recording, whichever are fewer."""
MOST_MOVED = 20
"""The most rows whose insertion or removal before others is detected."""
LEAST_AGREEMENT = {"names": (0.75, 0.5), "positions": (0.9, 0.7)}
"""Share of equal labels, and Cohen's kappa (equal labels beyond chance: 0 for rows in random order, 1 for all equal).

Labels that people corrected since are a few percent. Positions must agree more: any change of the data moves them.
"""


@dataclass(frozen=True)
class Match:
    """How a recording and the data fit together; `note` says it in words."""

    n: int
    """Examples of the data."""
    n_matched: int
    """Those whose id is in the recording."""
    n_compared: int
    """Those whose label is known to both."""
    n_agreeing: int
    are_positions: bool
    """Whether the ids are "0", "1", …"""
    has_targets: bool = False
    """Whether the recording has labels."""

    @property
    def note(self) -> str:
        """One or two sentences for the run's notes."""
        text = f"Training dynamics: matched {self.n_matched:,} of {self.n:,} ids"
        if self.n_matched < self.n:
            n_without = self.n - self.n_matched
            text += f", so {n_without:,} examples have none" if n_without > 1 else ", so 1 example has none"
        if not self.n_compared:
            why = (
                "the data have no labels to compare with the recorded ones"
                if self.has_targets
                else "the recording holds no targets to compare (an older version recorded it, or they were not logged)"
            )
            text += (
                f"; unverified, since {why}: if rows were reordered since the training, every curve belongs to another "
            )
            text += "example's"
        elif self.n_agreeing == self.n_compared:
            text += "; the recorded labels are those of the data"
        else:
            differing = self.n_compared - self.n_agreeing
            text += f"; {differing:,} of {self.n_compared:,} recorded labels differ, as where labels were corrected"
        return text + (" (the ids are positions)." if self.are_positions else ".")


def match(
    recorded: Dynamics, ids: Sequence[str], targets: Sequence[int], classes: Sequence[str], *, source: object
) -> Match:
    """How the recording fits the data: ids (N,), targets (N,) class indices, -1 where there is no label.

    source: what the user called the recording, for the messages.
    Raises DataError, with examples of both sides and the way out, where no or fewer than half of the ids match, where
    positions go beyond the data, and where the labels that the training had are not those of the data.
    """
    place = {id: row for row, id in enumerate(recorded.ids)}
    pairs = [(row, place[id]) for row, id in enumerate(ids) if id in place]
    are_positions = bool(ids) and _are_positions(ids)
    _check_ids(recorded, ids, len(pairs), are_positions=are_positions, source=source)
    compared = []
    if recorded.targets is not None:
        index_of = _index_of(recorded.targets, classes)
        for row, other in pairs:
            label = recorded.targets[other]
            if label is not None and targets[row] >= 0:
                compared.append(
                    (index_of.get(label, -1) if isinstance(label, str) else int(label), int(targets[row]), row)
                )
    n_agreeing = sum(before == now for before, now, _row in compared)
    if compared:
        wanted = LEAST_AGREEMENT["positions" if are_positions else "names"]
        share = n_agreeing / len(compared)
        if share < wanted[0] or _kappa(compared) < wanted[1]:
            _refuse(recorded, ids, classes, compared, n_agreeing, place, source)
        if are_positions and (moved := _moved(compared)):
            _refuse_moved(len(compared) - n_agreeing, len(compared), *moved, source)
    has_targets = any(label is not None for label in recorded.targets or ())
    return Match(len(ids), len(pairs), len(compared), n_agreeing, are_positions, has_targets)


def match_contents(recorded: Dynamics, ids: Sequence[str], hashes: Sequence[str | None], *, source: object) -> None:
    """Raise DataError where over 10% of the data's content hashes (N,) are not those that the training logged."""
    if recorded.hashes is None:
        return
    logged = dict(zip(recorded.ids, recorded.hashes, strict=True))
    both = [(id, logged[id], here) for id, here in zip(ids, hashes, strict=True) if logged.get(id) and here]
    changed = [id for id, before, here in both if before != here]
    if len(changed) > 0.1 * len(both):
        raise DataError(
            f"{len(changed):,} of {len(both):,} examples have different content from when '{source}' was recorded, "
            f"such as id '{changed[0]}': the ids now name other examples; record again or omit --dynamics"
        )


def _check_ids(recorded: Dynamics, ids: Sequence[str], n_matched: int, *, are_positions: bool, source: object) -> None:
    numbers = [int(id) for id in recorded.ids if id.isascii() and id.isdigit()]
    if are_positions and len(numbers) == len(recorded.ids) > 0 and (beyond := max(numbers)) > int(ids[-1]):
        raise DataError(
            f"the recording '{source}' has positions up to {beyond:,} but the data end at {int(ids[-1]):,}: rows "
            "were removed since the training, so the others moved; score the data of the training, record with ids "
            "that stay with their examples, or omit --dynamics"
        )
    fewer = min(len(ids), len(recorded.ids))
    if n_matched and n_matched >= LEAST_MATCHED * fewer:
        return
    how_many = f"{n_matched:,} of {len(ids):,}" if n_matched else f"none of {len(ids):,}"
    raise DataError(
        f"the recording '{source}' matches {how_many} ids (the data have {_some(ids)}; the recording has "
        f"{_some(recorded.ids)}); log the ids that the data have (--id-column names them), or omit --dynamics"
    )


def _refuse(
    recorded: Dynamics,
    ids: Sequence[str],
    classes: Sequence[str],
    compared: list[tuple[int, int, int]],
    n_agreeing: int,
    place: dict[str, int],
    source: object,
) -> None:
    row = next(row for before, now, row in compared if before != now)
    now = next(now for _before, now, other in compared if other == row)
    assert recorded.targets is not None
    before: Any = recorded.targets[place[ids[row]]]
    text = (
        f"the recording '{source}' has labels that differ from the data for {len(compared) - n_agreeing:,} of "
        f"{len(compared):,} matched ids, such as id '{ids[row]}': {before!r} then, {now} ('{classes[now]}') now"
    )
    if _is_renumbered(compared):
        raise DataError(
            f"{text}. The classes are the same in another order: name them with --classes in the order of the training"
        )
    raise DataError(
        f"{text}. The rows were reordered or renamed since the training: score the data as they were, record with ids "
        "that stay with their examples, or omit --dynamics"
    )


def _moved(compared: list[tuple[int, int, int]]) -> tuple[int, int] | None:
    """By how many places the rows from which row on were moved, where that explains half of the differing labels.

    Data that are sorted by class differ only where one class ends, however many rows have moved.
    """
    labels, now, rows = np.array(compared, np.int64).T
    n = int(rows.max()) + 1
    before, after = np.full(n, -2), np.full(n, -3)
    before[rows], after[rows] = labels, now
    is_equal, places_of = (before == after).astype(np.int64), np.arange(n)
    most, move = max(0, (len(rows) - int(is_equal.sum()) - 1) // 2), None  # half of what differs, or more
    for distance in range(1, MOST_MOVED + 1 if len(rows) > is_equal.sum() else 1):
        for places in (distance, -distance):
            from_ = places_of - places
            known = np.flatnonzero((after >= 0) & (from_ >= 0) & (from_ < n))
            is_moved = before[from_[known]] == after[known]
            gains = (is_moved - is_equal[known])[::-1].cumsum()[::-1]  # of moving this row and all after it
            if len(gains) and gains.max() > most:
                most, move = gains.max(), (places, int(known[gains.argmax()]))
    return move


def _refuse_moved(n_differing: int, n_compared: int, places: int, row: int, source: object) -> None:
    way = f"down by {places}" if places > 0 else f"up by {-places}"
    raise DataError(
        f"the recording '{source}' has labels that differ from the data for {n_differing:,} of {n_compared:,} rows, "
        f"and fits where the rows are moved {way} from about row {row:,} on: rows were added or removed since the "
        "training, and the ids are positions. Score the data as they were, record with ids that stay with their "
        "examples, or omit --dynamics"
    )


def _index_of(targets: Sequence[int | str | None], classes: Sequence[str]) -> dict[str, int]:
    """Class index of each name; where no label is a class name, but all are indices as text, of each such text."""
    index_of = {name: index for index, name in enumerate(classes)}
    texts = {label for label in targets if isinstance(label, str)}
    as_text = {str(index): index for index in range(len(classes))}
    return as_text if not texts & index_of.keys() and texts <= as_text.keys() else index_of


def _kappa(compared: list[tuple[int, int, int]]) -> float:
    n = len(compared)
    before, now = Counter(pair[0] for pair in compared), Counter(pair[1] for pair in compared)
    observed = sum(pair[0] == pair[1] for pair in compared) / n
    by_chance = sum(before[label] * now[label] for label in before) / n**2
    return 1.0 if observed == 1 else (observed - by_chance) / (1 - by_chance)


def _is_renumbered(compared: list[tuple[int, int, int]]) -> bool:
    """One class then is one class now, but for a few, and there are three or more: of two, all may be wrong."""
    pairs = Counter((before, now) for before, now, _row in compared)
    most: dict[int, tuple[int, int]] = {}
    for (before, now), times in pairs.items():
        most[before] = max(most.get(before, (0, -1)), (times, now))
    kept = sum(times for times, _now in most.values())
    return len(most) > 2 and len({now for _times, now in most.values()}) == len(most) and kept > 0.9 * len(compared)


def _are_positions(ids: Sequence[str]) -> bool:
    """Are the ids "0", "1", … or "1", "2", …, with leading zeros or without?"""
    if not ids[0].isascii() or not ids[0].isdigit() or int(ids[0]) > 1:
        return False
    return all(id.isascii() and id.isdigit() and int(id) == row for row, id in enumerate(ids, int(ids[0])))


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(f"'{id}'" for id in ids[:2])
    return f"{shown}, …" if len(ids) > 2 else shown or "none"
