"""The hardest rows of a level, as pictures or as what stands for them."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app import loaders, words
from app.report.markup import section
from app.wire import contents

if TYPE_CHECKING:
    from hem_core.store.level import Level

PICTURES, TEXTS = 12, 6
TINY_PX = 64


def hardest(level: Level) -> str:
    """The section with the hardest rows; "" for a level without difficulty."""
    if "difficulty" not in level.source.columns or not level.n:
        return ""
    look = contents.medium(level).look
    most = PICTURES if look == "picture" else TEXTS
    values = pd.Series(level.table(["difficulty"])["difficulty"]).to_numpy(np.float64, na_value=-1)
    rows = np.argsort(-values, kind="stable")[:most].tolist()
    wanted = ("id", "given", "label", "predicted", "difficulty", "reason", "evidence")
    records = level.records(rows, [name for name in wanted if name in level.source.columns])
    snippets = contents.snippets(level, rows, loaders.ranks(level).spreads)
    tiles = [
        _tile(level, row, record, snippet) for row, record, snippet in zip(rows, records, snippets, strict=True)
    ]  # fmt: skip
    grid = f'<div class="tiles{"" if look == "picture" else " texts"}">{"".join(tiles)}</div>'
    return section(
        "The hardest", grid, f"{len(rows)} of {words.rows(level)}: given, predicted, likely reason", is_long=True
    )


def _tile(level: Level, row: int, record: dict[str, Any], snippet: Any) -> str:
    given, predicted = record.get("given", record.get("label")), record.get("predicted")
    lines = [f"<b>{_cell(given)}</b> → {_cell(predicted)}"]
    if record.get("reason"):
        lines.append(escape(str(record["reason"]).replace("_", " ")))
    if record.get("evidence"):
        lines.append(f'<span class="soft">{escape(contents.clipped(record["evidence"], 120))}</span>')
    return f"<figure>{_shown(level, row, record, snippet)}<figcaption>{'<br>'.join(lines)}</figcaption></figure>"


def _shown(level: Level, row: int, record: dict[str, Any], snippet: Any) -> str:
    if isinstance(snippet, str):
        return f"<blockquote>{escape(contents.clipped(snippet, 300))}</blockquote>"
    if isinstance(snippet, list):
        lines = [f"{escape(str(one['name']))}: <b>{_cell(one['value'])}</b>" for one in snippet]
        return f"<blockquote>{'<br>'.join(lines)}</blockquote>"
    picture = contents.thumbnail(level, row)
    if not picture:
        return f"<blockquote>{escape(str(record['id']))}</blockquote>"
    data = base64.b64encode(picture).decode()
    look = ' class="tiny"' if _side(picture) < TINY_PX else ""
    return f'<img{look} alt="{escape(str(record["id"]))}" src="data:image/webp;base64,{data}">'


def _side(picture: bytes) -> int:
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as opened:
        return max(opened.size)


def _cell(value: object) -> str:
    return "–" if value is None or (isinstance(value, float) and np.isnan(value)) else escape(str(value))
