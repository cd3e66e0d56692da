"""The files inside a page: what the routes of a server would answer about its rows."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from app import loaders
from app.wire import columns, contents, payloads, pictures, tag_sets
from app.wire.detail import details
from app.wire.explorer_data import explorer_data
from app.wire.tagging import CSV_COLUMNS
from hem_core.errors import HemError
from hem_core.runs.typical_rows import typical_rows
from hem_core.store import search

if TYPE_CHECKING:
    from app.static_page.chosen_rows import ChosenRows
    from hem_core.store.level import Level

LARGE = 200
"""So many rows, the hardest, have a large picture; the others are enlarged from their small one."""
LARGE_PX = 640
AT_ONCE = 50
WITHOUT = {
    "tags": "This is a copy without a server: nothing can be tagged here.",
    "review": "There is no page Review in this copy.",
    "why": "This is a copy without a server: groups cannot be compared here.",
    "drawer": "A row is enlarged in its place.",
    "sets": "There is no page Sets in this copy.",
    "density": "There is no server that could count.",
}


def files(level: Level, chosen: ChosenRows) -> dict[str, bytes]:
    """The files of a page by name; call it inside `Place.entered`.

    `data`, `columns`, `ids`, `contents`, `details`, `free`, `csv`, `searched` and `clusters` are JSON; `column/<name>`,
    `thumbs` and `verdicts` as the routes answer them; `image/<k>` is the large picture of row k of the page.
    """
    rows = chosen.rows
    found = {"thumbs": payloads.pack([contents.thumbnail(level, row) or b"" for row in rows.tolist()])}
    described, state = columns.described(level), loaders.tags_of(level).state(level.data)
    for name, column in described.items():
        values = np.frombuffer(columns.encoded(level, name), column["type"])
        found[f"column/{name}"] = values[rows].tobytes()
    ids = level.at(rows, ["id"])["id"].tolist()
    free = payloads.free_tags(state)
    about = {
        "data": _data(level, len(rows)),
        "columns": {"n": len(rows), "columns": described, "skipped": columns.skipped(level)},
        "ids": ids,
        "contents": contents.snippets(level, rows.tolist(), loaders.ranks(level).spreads),
        "details": _details(level, rows),
        "free": [free.get(id, []) for id in ids],
        "csv": _csv(level, rows),
        "searched": _searched(level, rows),
        "clusters": {"clusters": _clusters(level, rows)},
    }
    found |= {name: json.dumps(value, allow_nan=False).encode() for name, value in about.items()}
    found["verdicts"] = payloads.verdict_codes(state, loaders.row_of(level))[rows].tobytes()
    return found | _pictures(level, chosen)


def _clusters(level: Level, rows: np.ndarray) -> list[dict[str, Any]]:
    """The clusters of the map with the typical rows among those of the page, numbered as there."""
    found = loaders.clusters_on_map(level)
    if not found or len(rows) == level.n:
        return found
    place = {int(row): k for k, row in enumerate(rows)}
    codes, names = level.categories("cluster")
    number = {str(name): code for code, name in enumerate(names)}
    typical = typical_rows(level, [rows[codes[rows] == number[one["cluster"]]] for one in found])
    return [{**one, "typical": [place[row] for row in some]} for one, some in zip(found, typical, strict=True)]


def _data(level: Level, n: int) -> dict[str, Any]:
    """What the explorer has to know; boxes are drawn into the pictures already, so no layer of them can be hidden."""
    data = explorer_data(level)
    drawing = {**data["drawing"], "layers": [], "hidden": []} if data["drawing"] else None
    missing = {name: why for name, why in data["missing"].items() if name != "map_pending"}
    near = {"missing": "This is a copy without a server: nothing can be looked for that is like a row.", "other": False}
    own = {"n": n, "is_crowd": False, "drawing": drawing, "missing": missing, "near": near, "without": WITHOUT}
    return {**data, **own, "person": "", "token": ""}


def _details(level: Level, rows: np.ndarray) -> list[dict[str, Any]]:
    """What is known of each row, without who said what of it; of its neighbours those that are in the page."""
    place = {int(row): k for k, row in enumerate(rows)}
    found: list[dict[str, Any]] = []
    for at in range(0, len(rows), AT_ONCE):
        some = rows[at : at + AT_ONCE].tolist()
        items = details(level, loaders.ranks(level), some, loaders.tags_of(level))
        both = zip(items, tag_sets.items(level, some), strict=True)
        found += [_anonymous({**item, **tags}, place) for item, tags in both]
    return found


def _anonymous(item: Mapping[str, Any], place: Mapping[int, int]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in ("history", "verdict", "bulk", "curve")}
    for name in ("neighbours", "duplicates"):
        others = item[name]
        kept[name] = [{**one, "row": place[one["row"]]} for one in others or () if one["row"] in place] or None
    return {**kept, "row": place[item["row"]]}


def _csv(level: Level, rows: np.ndarray) -> dict[str, Any]:
    """The table behind the button CSV, with the columns that the app's has."""
    names = [name for name in CSV_COLUMNS if name in level.columns()]
    return {"names": names, "rows": [[_cell(row[name]) for name in names] for row in level.records(rows, names)]}


def _searched(level: Level, rows: np.ndarray) -> list[list[str]]:
    """The texts of each row that a search reads."""
    names = search.searched(level.columns())
    records = level.records(rows, names) if names else [{} for _ in rows]
    return [[str(value) for value in one.values() if value is not None] for one in records]


def _cell(value: object) -> Any:
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else str(value)


def _pictures(level: Level, chosen: ChosenRows) -> dict[str, bytes]:
    if not contents.has_pictures(level):
        return {}
    place = {int(row): k for k, row in enumerate(chosen.rows)}
    found = {}
    for row in chosen.hardest[:LARGE].tolist():
        picture = _large(level, row)
        if picture is not None:
            found[f"image/{place[row]}"] = picture
    return found


def _large(level: Level, row: int) -> bytes | None:
    hidden: Sequence[str] = (pictures.drawing(level) or {}).get("hidden") or ()
    try:
        picture = pictures.picture_of(level, row, hidden=hidden, size_px=LARGE_PX)
    except HemError:  # its file has been moved or deleted since: the small one is shown
        return None
    if picture is None or max(picture.size) <= 96:
        return None  # the small one is as large
    picture.thumbnail((LARGE_PX, LARGE_PX))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
