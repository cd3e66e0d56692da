"""The page of a loop's report: the verdict, the curve, the numbers; one file, printable."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from hem_core.loop import printed
from hem_core.loop.chart import WORDS, chart
from hem_core.loop.curve import Point
from hem_core.loop.measures import SHARE, Measure, measures_in

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2937; max-width: 860px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem } .verdict { font-size: 1.1rem }
table { border-collapse: collapse; width: 100% } th, td { padding: .3rem .6rem; border-bottom: 1px solid #e5e7eb }
td, th { text-align: right } td:first-child, th:first-child { text-align: left }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: #4b5563 } .quiet { color: #6b7280 }
@media print { body { margin: 0 } h2 { break-after: avoid } svg, table { break-inside: avoid } }
"""


def page(report: dict[str, Any], points: Sequence[Point]) -> str:
    """HTML of what report.json holds; points: one row a model."""
    settings, verdict, measures = report["settings"], report["verdict"], measures_in(report)
    head = (
        f"{settings['start']:,} examples to start with, {settings['add']:,} more in each of {settings['rounds']} "
        f"rounds, chosen by {', '.join(settings['policies'])} from a pool of {report['n_pool']:,}; "
        f"{settings['seeds']} seeds; "
        f"tested on {report['test']['what']}; trained by {report['train']}."
    )
    parts = [
        f"<h1>Mining {escape(report['data'])}: {escape(verdict['word'])}</h1>",
        *(f'<p class="verdict">{escape(sentence)}</p>' for sentence in verdict["sentences"]),
        f'<p class="quiet">{escape(head)}</p>',
        *(part for measure in measures for part in _measure(points, measure)),
        "<h2>Each size</h2>",
        _table(("arm", "examples", *map(printed.title, measures)), [_row(each, measures) for each in report["curve"]]),
        *_compared(report["against_random"], "Mined minus random additions", measures),
        *_compared(report["against_all"], "Mined minus the model of all data", measures),
        *_left_out(report["left_out"]),
        "<h2>How this was measured</h2>",
        *(f"<p>{escape(note)}</p>" for note in [verdict["rule"], *report["notes"]]),
        f"<p>The training set of the last round, first seed, is the set {escape(str(report['set']['name']))} "
        f"v{report['set']['version']} of the workspace ({report['set']['n']:,} examples).</p>",
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(report["name"])}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _measure(points: Sequence[Point], measure: Measure) -> list[str]:
    words = printed.title(measure)
    head = words if words[1:2].isupper() else words[:1].upper() + words[1:]  # mAP50 stays as it is
    return [f"<h2>{escape(head)}</h2>", chart(points, measure)]


def _row(entry: dict[str, Any], measures: Sequence[Measure]) -> tuple[str, ...]:
    words = WORDS.get(entry["arm"], "start, of both arms")
    cells = []
    for measure in measures:
        found = entry[measure.column]
        spread = f" ± {printed.spread(measure, found)}" if entry["seeds"] > 1 else ""
        cells.append(f"{printed.value(measure, found['mean'])}{spread}")
    return (words, f"{entry['n']:,}", *cells)


def _compared(entries: Sequence[dict[str, Any]], title: str, measures: Sequence[Measure]) -> list[str]:
    if not entries:
        return []
    rows = []
    for entry in entries:
        n = f"{entry['n']:,}" if entry["n"] is not None else ""
        rows.append((str(entry["round"]), n, *(_interval(measure, entry[measure.column]) for measure in measures)))
    heads = ("round", "examples", *(f"{_difference(measure)} (95% interval)" for measure in measures))
    return [f"<h2>{escape(title)}</h2>", _table(heads, rows)]


def _difference(measure: Measure) -> str:
    """What a column of differences is headed by: a share differs by points."""
    return f"{measure.words}, points" if measure.unit == SHARE else measure.words


def _interval(measure: Measure, found: dict[str, float | None]) -> str:
    mean, ends = printed.interval(measure, found)
    return f"{mean} ({ends})" if ends else mean


def _left_out(entries: Sequence[dict[str, Any]]) -> list[str]:
    if not entries:
        return []
    rows = [(entry["why"], str(entry["round"]), f"{entry['n']:,}") for entry in entries]
    return ["<h2>Why the others were not chosen, first seed</h2>", _table(("why", "round", "candidates"), rows)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
