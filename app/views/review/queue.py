"""Which rows a queue of Review holds, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app import loaders
from app.state import AUDIT, DISPUTES
from app.wire import audits
from hem_core.store import definitions
from hem_core.store.level import Level

LONGEST = 1_000
"""Rows without a verdict that a page is sent at once, and rows with one; when some have one, the next ones follow."""
SUSPECTS = {"all": [definitions.SUSPECTED]}


@dataclass(frozen=True, eq=False)
class Queue:
    """rows: row, id, drawn_as, in their order, as many as a page is sent; n: how many the queue has, None for the share
    of one reviewer in a large run, which nobody has counted; n_done_beyond: how many of its rows have a verdict and are
    not sent."""

    rows: pd.DataFrame
    n: int | None
    n_done_beyond: int = 0


def queue_of(level: Level, queue: str, rule: dict | None, person: str, judged: pd.DataFrame) -> Queue:
    """The queue of a name. rule: that of a queue which has one; judged: the verdicts by id, with who gave them."""
    if queue == DISPUTES:
        disputed = loaders.disagreements(level).disputed
        ids = list(disputed[:LONGEST])
        rows = pd.DataFrame({"row": loaders.row_of(level).get_indexer(ids), "id": ids, "drawn_as": "disputed"})
        return Queue(rows, len(disputed))
    if queue == AUDIT:
        rows = audits.queue(level, person)
        return Queue(rows, len(rows))
    return _mixed(level, person, judged) if rule is None else _matching(level, rule, queue, judged)


def stratum(queue: str) -> tuple[float, float] | None:
    """The percentiles in 'sample 80 90'; None for another queue."""
    parts = queue.split()
    numbers = [part.replace(".", "", 1) for part in parts[1:]]
    is_sample = len(parts) == 3 and parts[0] == "sample" and all(number.isdecimal() for number in numbers)
    return (float(parts[1]), float(parts[2])) if is_sample else None


def _mixed(level: Level, person: str, judged: pd.DataFrame) -> Queue:
    """The queue of this person: what others have judged is left out, what is their own stays to go back to."""
    by_others = judged.loc[judged["who"] != person, :].index
    people = tuple(loaders.reviewers(level.data, person))
    limit = LONGEST * (2 + len(judged) // LONGEST)  # in steps, so that few queues are made
    queue = loaders.queue(level, person, people, limit)
    rows = queue.loc[~queue["id"].isin(by_others.tolist()), :]
    return _sent(rows, judged, rows["id"].tolist(), len(rows) if len(queue) < limit else None)


def _matching(level: Level, rule: dict, queue: str, judged: pd.DataFrame) -> Queue:
    sampled = stratum(queue)
    if sampled:
        rows = loaders.sample(level, *sampled, LONGEST).assign(drawn_as="sample")
        return Queue(rows, len(rows))
    tags = loaders.tags_of(level).state(level.data)
    order = "label_suspicion" if rule == SUSPECTS and "label_suspicion" in level.source.columns else _order(level)
    limit = LONGEST + len(judged)
    found = level.query(rule, tags=tags, columns=["id"], order=order, limit=limit).assign(drawn_as="chosen")
    is_all = len(found) < limit
    ids = found["id"].tolist() if is_all else loaders.ids(level)[level.rows(rule, tags=tags)].tolist()
    return _sent(found, judged, ids, len(ids))


def _sent(found: pd.DataFrame, judged: pd.DataFrame, ids: list[str], n: int | None) -> Queue:
    """Of the first rows of a queue the first LONGEST without a verdict, and before them the last ones that have one, to
    go back to. ids: those of the whole queue."""
    known = judged.index.tolist()
    is_done = found["id"].isin(known)
    is_near = (~is_done).cumsum() <= LONGEST
    is_last = (is_done & is_near)[::-1].cumsum()[::-1] <= LONGEST
    rows = found.loc[is_near & (~is_done | is_last), :]
    return Queue(rows, n, len(set(ids).intersection(known).difference(rows["id"])))


def _order(level: Level) -> str | None:
    return "difficulty" if "difficulty" in level.source.columns else None
