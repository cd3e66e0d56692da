"""What several people said of a row, for Review: each with a name, of a box also where it was said to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app import loaders
from hem_core.labels.disagreements import said_of

if TYPE_CHECKING:
    from hem_core.labels.disagreements import Said
    from hem_core.store.level import Level


def items(level: Level, rows: Sequence[int]) -> list[dict[str, Any]]:
    """For each row `opinions`, oldest first: who, tag, value, at; where people correct boxes `place`, the class and
    the box that this person says is there, None for nothing. [] where fewer than two people said something."""
    ids = loaders.ids(level)[list(rows)].tolist()
    said = said_of(level, loaders.tags(), ids)
    return [{"opinions": [_as_json(one) for one in said.get(id, ())]} for id in ids]


def _as_json(one: Said) -> dict[str, Any]:
    opinion, thing = one.opinion, one.thing
    found: dict[str, Any] = {"who": opinion.who, "tag": opinion.tag, "value": opinion.value, "at": opinion.at}
    if one.is_placed:
        found["place"] = {"label": thing.label, "box": list(thing.xyxy)} if thing else None
    return found
