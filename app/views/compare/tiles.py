"""The tiles of a comparison as HTML: picture, text or row, given label, both predictions, both difficulties."""

import base64
import json
from html import escape
from typing import Any
from urllib.parse import quote

import pandas as pd

from app import loaders
from app.wire import contents
from hem_core.store import definitions
from hem_core.store.level import Level

CSS = """
<style>
.hem-cmp { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: .5rem; }
.hem-cmp.wide { grid-template-columns: repeat(4, minmax(0, 1fr)); }
@media (max-width: 900px) { .hem-cmp, .hem-cmp.wide { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
.hem-cmp a { display: flex; flex-direction: column; color: inherit; text-decoration: none;
  border: 1px solid rgba(128,138,150,.3);
  border-radius: 6px; overflow: hidden; font-size: .78rem; line-height: 1.3; }
.hem-cmp a:hover, .hem-cmp a:focus-visible { border-color: var(--hem-accent, #5686ee); }
.hem-cmp img { width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated; display: block;
  background: rgba(128,138,150,.12); }
.hem-cmp p { margin: 0; padding: .1rem .4rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.hem-cmp p:first-of-type { padding-top: .3rem; font-weight: 600; }
.hem-cmp p:last-of-type { padding-bottom: .35rem; margin-top: auto; }
.hem-cmp .given { white-space: normal; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
  -webkit-line-clamp: 3; padding-bottom: 0; margin: .1rem 0; }
.hem-cmp .said { white-space: normal; max-height: 6.5em; padding: .4rem; opacity: .85; }
.hem-cmp .flow { white-space: normal; padding-top: 0; }
.hem-cmp .muted { opacity: .62; font-variant-numeric: tabular-nums; }
.hem-cmp .wrong { color: #d55e00; }
</style>
"""


def tiles(before: Level, after: Level, shown: pd.DataFrame) -> str:
    """A grid of some rows of a comparison's table; each tile leads to its row in Explore. Text stays text.

    A part that the run after did not predict is shown as the run before has it.
    """
    rows = [int(row) for row in shown["row"]]
    has_text = contents.medium(after).is_shown_without_pictures
    snippets = contents.snippets(after, rows, loaders.ranks(after).spreads) if has_text else [None] * len(rows)
    cells = [
        _tile(after if one["row"] >= 0 else before, one, text)
        for one, text in zip(shown.to_dict("records"), snippets, strict=True)
    ]
    return f'{CSS}<div class="hem-cmp{" wide" if has_text else ""}">{"".join(cells)}</div>'


def _tile(level: Level, one: dict[Any, Any], text: object) -> str:
    is_gone = one["row"] < 0
    row, id = (one["row_before"], one["id_before"]) if is_gone else (one["row"], one["id"])
    picture = contents.thumbnail(level, int(row)) if text is None else None
    face = _picture(picture) if picture else f'<p class="said">{escape(_said(text))}</p>' if text else ""
    given = str(one["label"])
    predictions = " → ".join(
        _prediction(_answer(one, when), is_wrong=not one[f"error_{when}"] < definitions.WRONG)
        for when in ("before", "after")
    )
    selection = json.dumps({"all": [{"rows": [id]}]})
    at = "" if level.is_examples else f"&level={quote(level.name)}"
    address = f"explore?run={quote(level.run)}{at}&selection={quote(selection)}"
    return (
        f'<a href="{address}" target="_blank" title="{escape(str(id))}: open in Explore">{face}'
        f'<p class="given" title="given: {escape(given)}">{escape(given)}</p>'
        f'<p class="flow" title="predicted before → after">{predictions}</p>'
        f"{_difficulty(one)}</a>"
    )


def _picture(webp: bytes) -> str:
    return f'<img alt="" src="data:image/webp;base64,{base64.b64encode(webp).decode()}">'


def _said(text: object) -> str:
    if isinstance(text, list):
        return " · ".join(f"{one['name']} {one['value']}" for one in text)
    return str(text)


def _prediction(name: str, *, is_wrong: bool) -> str:
    return f"<span{' class=wrong' if is_wrong else ''}>{escape(name)}</span>"


def _answer(one: dict[Any, Any], when: str) -> str:
    """What was predicted; of a part, what became of it and, where that is another class, the class."""
    predicted = one[f"predicted_{when}"]
    if f"outcome_{when}" not in one:
        return str(predicted)
    outcome = one[f"outcome_{when}"]
    if not isinstance(outcome, str):
        return "nothing"
    return outcome if predicted == one["label"] or not isinstance(predicted, str) else f"{outcome}: {predicted}"


def _difficulty(one: dict[Any, Any]) -> str:
    known = [one.get(f"difficulty_{when}") for when in ("before", "after")]
    if any(value is None or pd.isna(value) for value in known):
        return ""
    return f'<p class="muted" title="difficulty before → after, percentile">{known[0]:.0f} → {known[1]:.0f}</p>'
