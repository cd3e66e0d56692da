"""What typical members of each slice look like, as cells of the table of slices."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from app.wire import contents
from hem_core.runs.typical_rows import typical_rows

if TYPE_CHECKING:
    from hem_core.slices.traits import Traits
    from hem_core.store.level import Level

SIDE_PX, GAP_PX = 56, 4
LINE = 90
"""Characters of a text in a cell."""


@dataclass(frozen=True)
class Typical:
    """A cell for each slice: a picture of up to three members as a data address, or their beginnings. Where there
    is nothing to show, a picture is None and a text empty: a table would print None."""

    kind: Literal["pictures", "texts"]
    cells: list[str | None]


def typical(level: Level, rules: Sequence[dict[str, Any]], traits: Traits) -> Typical | None:
    """The members nearest the middle of each slice; for rows of features what sets its cluster apart; None where no
    slice has something to show."""
    if contents.medium(level).look == "features":
        return _shown("texts", [cell or "" for cell in _apart(rules, traits)])
    rows = typical_rows(level, [level.rows(rule) for rule in rules])
    if contents.has_pictures(level):
        return _shown("pictures", [_strip(level, some) for some in rows])
    if contents.medium(level).look == "words":
        return _shown("texts", [" · ".join(contents.texts(level, some, LINE)) for some in rows])
    return None


def _shown(kind: Literal["pictures", "texts"], cells: list[str | None]) -> Typical | None:
    return Typical(kind, cells) if any(cells) else None


def _apart(rules: Sequence[dict[str, Any]], traits: Traits) -> list[str | None]:
    """The sentences on what sets the cluster of a slice apart; None for a slice of another kind."""
    from hem_core.slices.cluster_names import described_clusters

    clusters = [_cluster(rule) for rule in rules]
    found = described_clusters(traits)
    return ["; ".join(found[one].apart) or None if one in found else None for one in clusters]


def _cluster(rule: dict[str, Any]) -> str:
    """The one cluster that a rule names as `cluster_names` calls it; "" without."""
    lists = [clause["in"] for clause in rule.get("all", []) if clause.get("column") == "cluster" and "in" in clause]
    if not lists:
        return ""
    first = str(lists[0][0])
    return first if len(lists[0]) == 1 else f"group {first.partition('.')[0]}"


def _strip(level: Level, rows: Sequence[int]) -> str | None:
    """The thumbnails of some rows side by side, as a data address."""
    small = [contents.thumbnail(level, row) for row in rows]
    pictures = [Image.open(io.BytesIO(one)).convert("RGB") for one in small if one]
    if not pictures:
        return None
    strip = Image.new("RGBA", (3 * SIDE_PX + 2 * GAP_PX, SIDE_PX))
    for at, picture in enumerate(pictures):
        scale = SIDE_PX / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        is_tiny = max(picture.size) < SIDE_PX
        fitted = picture.resize(size, Image.Resampling.NEAREST if is_tiny else Image.Resampling.LANCZOS)
        left = at * (SIDE_PX + GAP_PX) + (SIDE_PX - size[0]) // 2
        strip.paste(fitted, (left, (SIDE_PX - size[1]) // 2))
    out = io.BytesIO()
    strip.save(out, "WEBP", quality=80, method=2)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
