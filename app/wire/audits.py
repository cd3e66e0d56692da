"""The audit of a level's labels, as Review walks through it: the queue, and how far it has come in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from app import loaders, words
from app.wire import scenes, tag_sets
from hem_core.labels.audit import reviews_left
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.store.level import Level

AHEAD = 300
"""Rows of the sample that a page is given at once."""


def is_possible(level: Level) -> bool:
    """Whether the labels of this level can be judged blind, one by one."""
    task = scenes.corrects(level)
    is_of_parts = task is not None and level.name == EXAMPLES  # the boxes of a picture are audited, not the picture
    return "label_suspicion" in level.source.columns and not is_of_parts and "no_blind" not in tag_sets.for_page(level)


def queue(level: Level, person: str) -> pd.DataFrame:
    """What this person judged in the audit, then the next rows to judge, unless enough is known: row, id, drawn_as."""
    found, ids = loaders.audit(level), loaders.ids(level)
    verdicts = loaders.verdicts(level)
    own = [row for row in found.done.tolist() if verdicts["who"].get(ids[row]) == person]
    ahead = [] if found.is_enough(loaders.audit_stop(level).half) else found.rows(AHEAD)
    rows = [*own, *ahead]
    return pd.DataFrame({"row": rows, "id": ids[rows].tolist(), "drawn_as": "audit"})


def standing(level: Level) -> dict[str, Any]:
    """The key of the audit, whether it can stop, a sentence, how many it has `drawn` that everybody has answered, and
    about how many are `left` to the `goal`, at the rates found so far; `end` says why to stop, None before that."""
    found, stop = loaders.audit(level), loaders.audit_stop(level)
    is_enough = found.is_enough(stop.half)
    sentence = share(level) if found.n_drawn else "share of wrong labels not known yet"
    return {
        "key": found.frame.key,
        "is_enough": is_enough,
        "sentence": f"Enough: stop. {sentence}" if is_enough else sentence,
        "drawn": found.n_drawn,
        "left": 0 if is_enough else _more(level),
        "goal": f"± {words.points(stop.half)}",
        "end": end(level) if is_enough else None,
    }


def share(level: Level) -> str:
    """`6.1% wrong (4.2% to 8.7%)`, or the interval alone while a bin has no review."""
    found = loaders.audit(level).share
    interval = f"{words.percent(found.low)} to {words.percent(found.high)}"
    return f"{interval} wrong" if found.share != found.share else f"{words.percent(found.share)} wrong ({interval})"


def scope(level: Level) -> str:
    """What the queue is, in a line."""
    by = loaders.audit(level).frame.by
    return f"blind, at random from {words.rows(level)}" + (f", in bins of {by.replace('_', ' ')}" if by else "")


def end(level: Level) -> str:
    """Why there is nothing more to review."""
    found, stop = loaders.audit(level), loaders.audit_stop(level)
    if found.is_enough(stop.half):
        return (
            f"Enough: stop. {share(level)}, of {words.rows(level)} after {words.count(found.n_drawn, 'review')}: "
            f"± {words.points(found.share.half)}, and ± {words.points(stop.half)} was asked for. To continue, set a "
            "narrower interval above."
        )
    return f"Every {words.one(level.name)} has a verdict. {share(level)} of {words.rows(level)}."


def _more(level: Level) -> int:
    """Reviews until the stop rule, at the rates found so far, to two digits: it is a forecast."""
    found, stop = loaders.audit(level), loaders.audit_stop(level)
    n = reviews_left(found.bins, stop.half, found.confidence)
    step = 10 ** max(0, len(str(n)) - 2)
    return round(n / step) * step
