"""The contents of an example without a picture: its text, or the features of its row compared with its neighbours'."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from hem_core import media
from hem_core.class_columns import CONFIDENCE, PREDICTED, PREFIXES, of_prefix, usual
from hem_core.media import Medium
from hem_core.reasons.differences import Difference, differences, spread
from hem_core.runs.described_by import own_columns
from hem_core.store.level_names import EXAMPLES
from hem_core.store.neighbours_and_curves import neighbours_of

if TYPE_CHECKING:
    from hem_core.store.level import Level

NEIGHBOURS = 15
SNIPPET = 400
"""Characters of a text that a tile can show; the rest is a click away."""
TILE_FEATURES = 6
NAMED = 3
"""Features of a neighbour that are named in a line."""
MOST_FEATURES = 200


def medium(level: Level) -> Medium:
    """What the rows of a level are, as far as its table can show it: `none` where it lacks their columns.

    Examples that only the user's own columns describe look like these.
    A part looks like its thumbnail, else like its text, else like its example.
    """
    level = source_of(level)
    if not level.is_examples:
        return media.medium("image" if level.has_pictures else "text" if "text" in level.source.columns else "none")
    found = media.medium_of(level.info)
    if not set(found.columns) <= set(level.source.columns):
        found = media.medium("none")
    if found.look in ("features", "nothing"):
        return replace(found, look="features" if features(level) else "nothing")
    return found


def source_of(level: Level) -> Level:
    """The level that shows the rows of a level: its examples for parts that have neither a picture nor a text."""
    has_own = level.is_examples or level.has_pictures or "text" in level.source.columns
    return level if has_own or "example" not in level.source.columns else _examples_of(level)[0]


@lru_cache(maxsize=8)
def _examples_of(level: Level) -> tuple[Level, dict[str, int]]:
    """The examples of a level of parts, and id -> row; kept for the levels that are open."""
    examples = type(level)(level.folder, level.info, EXAMPLES)
    return examples, {str(id): row for row, id in enumerate(examples.table(["id"])["id"])}


def shown_rows(level: Level, rows: Sequence[int]) -> tuple[Level, list[int]]:
    """The level that shows some rows of a level, and the row there of each."""
    source = source_of(level)
    if source is level:
        return level, [int(row) for row in rows]
    place = _examples_of(level)[1]
    return source, [place[str(part["example"])] for part in level.records(rows, ["example"])]


def looks(level: Level, rows: Sequence[int], table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records that show some rows: `table`, their own, or those of their examples."""
    source, shown = shown_rows(level, rows)
    return table if source is level else source.records(shown)


def thumbnail(level: Level, row: int) -> bytes | None:
    """The small picture of a row, of a part without one that of its example; None without either."""
    source, (shown,) = shown_rows(level, [row])
    return source.thumbnail(shown)


def has_pictures(level: Level) -> bool:
    """Whether there are pictures of a level's rows."""
    level = source_of(level)
    is_without = level.is_examples and "pictures" in (level.info.get("missing") or {})
    return medium(level).look == "picture" and not is_without


def texts(level: Level, rows: Sequence[int], length: int) -> list[str]:
    """The beginnings of the texts of some rows of a level that shows words."""
    shown = medium(level)
    level, rows = shown_rows(level, rows)
    return [clipped(shown.words(example), length) for example in level.records(rows, list(shown.columns))]


def features(level: Level) -> list[dict[str, str]]:
    """The features of a level over rows: name, kind ('number' or 'category') and the column that holds it.

    Of predictions alone, the user's own columns: without them nobody could judge an example.
    """
    level = source_of(level)
    if not level.is_examples:
        return []
    known = (level.info.get("data") or {}).get("features") or level.info.get("features") or []
    if not known and media.medium_of(level.info).look == "nothing":
        return _own_columns(level)
    found = [{"name": one["name"], "kind": one["kind"], "column": _column(level, one["name"])} for one in known]
    return [one for one in found if one["column"] in level.source.columns]


def _own_columns(level: Level) -> list[dict[str, str]]:
    """The user's columns as features; without lists and predictions, which a blind answer must not see."""
    predicted = {column for prefix in PREFIXES for column in of_prefix(level.source.columns, prefix).values()}
    types = {name: level.source.types[name] for name in own_columns(level) if name not in predicted}
    return [
        {
            "name": name,
            "kind": "number" if pa.types.is_integer(type_) or pa.types.is_floating(type_) else "category",
            "column": name,
        }
        for name, type_ in types.items()
        if usual(name) not in (*PREDICTED, *CONFIDENCE) and not pa.types.is_nested(type_)
    ]


def _column(level: Level, name: str) -> str:
    """A feature that is named like a score stands in the table as `<name>_given`."""
    places = level.source.columns
    while name in places and places[name] != "catalog":
        name += "_given"
    return name


def spreads(level: Level) -> dict[str, float]:
    """How far the values of each feature of numbers lie apart over the whole run; {} without features."""
    level = source_of(level)
    numbers = {one["name"]: one["column"] for one in features(level) if one["kind"] == "number"}
    if level.graph is None:  # nothing to compare with
        return {}
    return {name: spread(pd.Series(level.table([column])[column])) for name, column in numbers.items()}


def snippets(level: Level, rows: Sequence[int], spreads: Mapping[str, float]) -> list[Any]:
    """The snippet of each example on a tile: the beginning of a text, a row's most unusual features, else None."""
    look = medium(level).look
    if look == "words":
        return texts(level, rows, SNIPPET)
    if look == "features":
        return [
            [_pair(one) for one in found.features[:TILE_FEATURES]]
            for found in compare_to_neighbours(level, rows, spreads)
        ]
    return [None] * len(rows)


def clipped(text: object, length: int = SNIPPET) -> str:
    """The beginning of a text with an ellipsis; nothing where there is none."""
    whole = text if isinstance(text, str) else ""
    return whole if len(whole) <= length else whole[: length - 1].rstrip() + "…"


@dataclass(frozen=True, eq=False)
class NeighbourComparison:
    """One row compared with its neighbours."""

    features: list[Difference]
    """The most unusual first."""
    neighbours: pd.DataFrame
    """Their values, the nearest first."""

    def neighbour(self, place: int) -> str:
        """One neighbour's values where this row is most unusual, in a line."""
        near = self.neighbours.iloc[place]
        return " · ".join(f"{one.name} {_short(near[one.name])}" for one in self.features[:NAMED])


def compare_to_neighbours(level: Level, rows: Sequence[int], spreads: Mapping[str, float]) -> list[NeighbourComparison]:
    """The features of some rows compared with those of their neighbours; all rows in one read."""
    level, rows = shown_rows(level, rows)
    known = features(level)[:MOST_FEATURES]
    graph = neighbours_of(level, rows, NEIGHBOURS)
    near = graph[0] if graph else np.full((len(rows), 0), -1)
    wanted = np.unique(np.concatenate([np.asarray(rows, np.int64), near[near >= 0]]))
    table = level.at(wanted, [one["column"] for one in known])
    table.columns = [one["name"] for one in known]
    found = []
    for row, others in zip(rows, near, strict=True):
        example = table.iloc[int(np.searchsorted(wanted, row))].to_dict()
        neighbours = table.iloc[np.searchsorted(wanted, others[others >= 0])]
        found.append(NeighbourComparison(differences(example, neighbours, known, spreads), neighbours))
    return found


def as_json(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """The features of one row as JSON, for the table in Review."""
    return [
        {
            "name": one.name,
            "value": _plain(one.value),
            "usual": _plain(one.usual),
            "distance": None if one.distance is None or math.isinf(one.distance) else round(one.distance, 3),
            "same": one.same,
            "of": one.of,
            "unusual": round(one.unusual, 4),
        }
        for one in found
    ]


def marks(example: Mapping[str, Any]) -> list[list[float]]:
    """The parts of a text that drive its loss: [start, end, weight in -1 .. 1] in characters, from the column
    `marks` (JSON text). The single place where they are read; [] without the column."""
    written = example.get("marks")
    if not isinstance(written, str):
        return []
    try:
        return [[int(start), int(end), float(weight)] for start, end, weight in json.loads(written)]
    except (ValueError, TypeError):
        return []


def _pair(one: Difference) -> dict[str, Any]:
    return {"name": one.name, "value": _plain(one.value), "unusual": round(one.unusual, 3)}


def _short(value: object) -> str:
    plain = None if pd.isna(value) else _plain(value)  # type: ignore[call-overload]
    return "missing" if plain is None else f"{plain:g}" if isinstance(plain, float) else str(plain)


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float | np.number):
        number = float(value)
        return float(f"{number:.6g}") if math.isfinite(number) else None
    return str(value)
