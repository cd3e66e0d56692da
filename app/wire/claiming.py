"""Claims of Review: a page asks for the next rows, and gets those that nobody else has on screen."""

from __future__ import annotations

from typing import Any

import numpy as np

from app import loaders
from app.wire.door import signature, text, whole
from app.wire.identity import own_level, own_scores, row_numbers
from hem_core.store.review_claims import LIFETIME, Holder

MOST_ROWS = 200


def claim(body: dict[str, Any]) -> dict[str, Any]:
    """Claim the first `most` of some rows, in the order of preference, for a window of a person.

    Returns own (rows), others (row -> who has it on screen), judged (row -> its verdict: done meanwhile), settled
    (rows), revision, and seconds, after which a claim runs out. With `is_dispute` no row is judged, and those on which
    people no longer disagree are settled. `drop` names rows to give back; `release` gives back all that the window
    has but the rows themselves.
    """
    level = own_level(body)
    own_scores(body, level)
    holder = Holder(signature(body, "who"), text(body, "window")[:64])
    claims = loaders.tags_of(level).claims(level.data)
    rows = _distinct(row_numbers(level, body.get("rows"), MOST_ROWS))
    dropped = row_numbers(level, body.get("drop", []), MOST_ROWS, "drop")
    ids = loaders.ids(level)[rows].tolist()
    if body.get("release") is True:
        claims.release(holder, keep=ids)
    log = loaders.tags_of(level)
    revision, judged, settled = log.revision(level.data), {}, set()
    if body.get("is_dispute") is True:
        settled = set(ids).difference(loaders.disagreements(level).disputed)
    else:
        judged = log.reviews(level.data, ids)
    open_ones = [id for id in ids if id not in judged and id not in settled]
    found = claims.take(holder, open_ones, whole(body, "most"), drop=loaders.ids(level)[dropped].tolist())
    row_of = dict(zip(ids, rows.tolist(), strict=True))
    return {
        "own": [row_of[id] for id in found.own],
        "others": {str(row_of[id]): who for id, who in found.others.items()},
        "judged": {str(row_of[id]): one for id, one in judged.items()},
        "settled": [row_of[id] for id in ids if id in settled],
        "revision": revision,
        "seconds": LIFETIME,
    }


def _distinct(rows: np.ndarray) -> np.ndarray:
    """The rows in their order, each once."""
    return np.array(list(dict.fromkeys(rows.tolist())), np.int64)
