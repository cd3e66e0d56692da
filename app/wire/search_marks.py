"""What a search finds in some rows, for the browser to mark it: the words as they are written, and where a text is long
the part of it with the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.wire.door import Refused
from app.wire.identity import own_level, row_numbers
from hem_core.store import search

if TYPE_CHECKING:
    from hem_core.store.level import Level

MOST_ROWS = 200
MOST_TERMS = 30
BEFORE, AFTER = 50, 220
"""Characters of an excerpt around what was found; a match nearer to the beginning needs none."""


def found(body: dict[str, Any]) -> dict[str, Any]:
    """body: search, rows. `found` has for each row its `terms` and the `excerpt` of its longest text, or null; without
    rows it only says whether the search can be made. Raises DataError for one that cannot.
    """
    level, text = own_level(body), body.get("search")
    if not isinstance(text, str):
        raise Refused(400, "'search' must be a text")
    rows = row_numbers(level, body.get("rows"), MOST_ROWS).tolist()
    wanted = search.parse(text)
    return {"found": _in_rows(level, wanted, rows) if rows else []}


def _in_rows(level: Level, wanted: search.Search, rows: list[int]) -> list[dict[str, Any]]:
    names = search.searched(level.columns())
    records = level.records(rows, names) if names else [{} for _row in rows]
    texts = [None if record[name] is None else str(record[name]) for record in records for name in names]
    terms = search.found_in(wanted, texts)
    out = []
    for k in range(len(rows)):
        part = slice(k * len(names), (k + 1) * len(names))
        own = list(dict.fromkeys(term for some in terms[part] for term in some))
        longest = max(zip(texts[part], terms[part], strict=True), key=lambda one: len(one[0] or ""), default=("", []))
        out.append({"terms": own[:MOST_TERMS], "excerpt": _excerpt(*longest)})
    return out


def _excerpt(text: str | None, terms: list[str]) -> str | None:
    places = [at for at in ((text or "").find(term) for term in terms) if at >= 0]
    if text is None or not places or min(places) <= BEFORE:
        return None
    start = min(places) - BEFORE
    return "…" + text[start : start + BEFORE + AFTER]
