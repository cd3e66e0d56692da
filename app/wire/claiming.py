"""Claims of Review: a page asks for the next rows, and gets those that nobody else has on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from app import loaders
from app.wire.door import signature, text, whole
from app.wire.identity import own_level, own_scores, row_numbers
from hem_core.store.review_claims import LIFETIME, Holder

if TYPE_CHECKING:
    import sqlalchemy as sa

    from hem_core.store.level import Level

MOST_ROWS = 200


def claim(body: dict[str, Any]) -> dict[str, Any]:
    """Claim the first `most` of some rows, in the order of preference, for a window of a person.

    Returns own (rows), others (row -> who has it on screen), judged (row -> its verdict: done meanwhile), settled
    (rows), is_alone (nobody else has any row of the level on screen), revision, and seconds, after which a claim runs
    out. With `is_dispute` no row is judged, and those on which people no longer disagree are settled. `drop` names rows
    to give back; `release` gives back all that the window has but the rows themselves.
    """
    level = own_level(body)
    own_scores(body, level)
    holder, log = Holder(signature(body, "who"), text(body, "window")[:64]), loaders.tags_of(level)
    rows = _distinct(row_numbers(level, body.get("rows"), MOST_ROWS))
    dropped = row_numbers(level, body.get("drop", []), MOST_ROWS, "drop")
    ids, given_back = loaders.ids(level)[rows].tolist(), loaders.ids(level)[dropped].tolist()
    claims, finished = log.claims(level.data), _Finished(level, body.get("is_dispute") is True)
    if body.get("release") is True:
        claims.release(holder, keep=ids)
    revision, over = log.revision(level.data), finished(ids)
    open_ones = [id for id in ids if id not in over]
    found = claims.take(holder, open_ones, whole(body, "most"), drop=given_back, finished=finished)
    row_of = dict(zip(ids, rows.tolist(), strict=True))
    return {
        "own": [row_of[id] for id in found.own],
        "others": {str(row_of[id]): who for id, who in found.others.items()},
        "judged": {str(row_of[id]): one for id, one in finished.judged.items()},
        "settled": [row_of[id] for id in ids if id in finished.settled],
        "is_alone": found.is_alone,
        "revision": revision,
        "seconds": LIFETIME,
    }


@dataclass(frozen=True)
class _Finished:
    """Which rows of a level nobody has to judge any more, and what was found of them."""

    level: Level
    is_dispute: bool
    judged: dict[str, dict[str, str]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def __call__(self, ids: Sequence[str], connection: sa.Connection | None = None) -> set[str]:
        if self.is_dispute:
            return self._settled(ids) if connection is None else set()
        found = loaders.tags_of(self.level).reviews(self.level.data, ids, connection)
        self.judged.update(found)
        return set(found)

    def _settled(self, ids: Sequence[str]) -> set[str]:
        over = set(ids).difference(loaders.disagreements(self.level).disputed)
        self.settled.update(over)
        return over


def _distinct(rows: np.ndarray) -> np.ndarray:
    """The rows in their order, each once."""
    return np.array(list(dict.fromkeys(rows.tolist())), np.int64)
