"""Write the page."""

from __future__ import annotations

import base64
import gzip
import html
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app import loaders, words
from app.browser import linked
from app.in_process import place_of
from app.static_page.chosen_rows import chosen_rows
from app.static_page.contents_of_page import files
from hem_core.errors import HemError
from hem_core.paths import check_is_new
from hem_core.store.atomic import write_bytes
from hem_core.store.level_names import counted

if TYPE_CHECKING:
    from hem_core.store.run import Run

ENTRY = "static_page/page.js"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src blob: data:; "
    "connect-src blob: data:; base-uri 'none'; form-action 'none'"
)
"""What the page may load: nothing from anywhere but itself."""


@dataclass(frozen=True)
class Written:
    """A page on disk."""

    path: Path
    n: int
    size_bytes: int
    sentence: str
    """How its rows were chosen; "" where all are in it."""


def write(run: Run, out: Path, *, level: str, limit: int, where: str | None) -> Written:
    """Write a level of a run as one HTML file that needs no server and no network.

    limit: rows at most, the hardest and as many at random; where: a condition over the columns, as `hem export` takes
    it. Raises HemError when the file exists, or no row meets the condition.
    """
    check_is_new(out)
    if limit < 1:
        raise HemError(f"--limit is 1 or more; got {limit}")
    page, n, sentence = content(run, level=level, limit=limit, where=where)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, page)
    return Written(out, n, len(page), sentence)


def content(
    run: Run, *, level: str, limit: int, where: str | None = None, rows: np.ndarray | None = None
) -> tuple[bytes, int, str]:
    """The page's bytes, its number of rows, and how these were chosen: of those that meet a condition, or of `rows`."""
    opened = run.level(level)
    candidates = opened.rows(where=where) if rows is None else rows
    if not len(candidates):
        raise HemError(f"no row of {opened.title} {'meets ' + repr(where) if where else 'can be shown'}")
    chosen = chosen_rows(opened, candidates, limit)
    with place_of(run).entered(), loaders.only_reading():
        found = files(opened, chosen)
    today = words.moment(datetime.now(UTC).isoformat(timespec="seconds"))
    title = f"{run.name}: {counted(len(chosen.rows), level)}"
    page = _page(title, f"A copy of {today}. {chosen.sentence}", found)
    return page.encode(), len(chosen.rows), chosen.sentence


def _page(title: str, note: str, found: dict[str, bytes]) -> str:
    import plotly

    script = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()
    style = linked.style(*linked.EXPLORER_STYLES, "shared/host.css", "static_page/page.css")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{html.escape(title)}</h1><p>{html.escape(note)}</p></header>
<main class="hem-host"><p id="hem-wait">Unpacking the data…</p></main>
<noscript>This page needs JavaScript to draw its map and its gallery.</noscript>
<script type="text/plain" id="hem-plotly">{_packed({"plotly": script})}</script>
<script type="text/plain" id="hem-files">{_packed(found)}</script>
<script>
{linked.script(ENTRY)}
loaded().then((page) => page.start()).catch((error) => {{
  document.querySelector("#hem-wait").textContent = `This page cannot be shown here: ${{error.message}}`;
}});
</script>
</body>
</html>
"""


def _packed(found: dict[str, bytes]) -> str:
    """Files as base64 of gzip: the length of a JSON index (uint32), the index, the bytes. Nothing in it is markup."""
    sizes = json.dumps([[name, len(content)] for name, content in found.items()]).encode()
    whole = len(sizes).to_bytes(4, "little") + sizes + b"".join(found.values())
    return base64.b64encode(gzip.compress(whole, 6, mtime=0)).decode()
