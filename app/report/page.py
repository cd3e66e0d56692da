"""The report as one page: first the numbers, then where and why, then what was made of it."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING

import pandas as pd

from app import loaders, map_to_come, theme, trust, widgets, words
from app.report import charts
from app.report.hardest import hardest
from app.report.markup import facts, listed, paragraph, section, table, two
from app.report.proven import retrainings_of, sets_of
from app.report.style import STYLE
from app.report.task_figure import task_figure
from app.views.overview import sample
from app.views.overview.card import card
from app.views.overview.five_numbers import Number, five_numbers
from app.wire import columns
from hem_core.stats.wilson import wilson

if TYPE_CHECKING:
    from app.views.overview.glance import Overview
    from hem_core.store.level import Level
    from hem_core.store.run import Run

SLICES = 10
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(run: Run, level: Level) -> str:
    """HTML of a report on a level of a run, with the numbers of Overview; call it where the loaders read its place."""
    counted = loaders.overview(level)
    title = f"{run.name}: {words.rows(level)}"
    body = "\n".join(
        [
            _head(run, level, title),
            f'<div class="numbers">{"".join(map(_number, five_numbers(level, counted)))}</div>',
            paragraph(_error_interval(counted)),
            paragraph(sample.sentence(run.info)),
            listed([*([run.info["warning"]] if run.info.get("warning") else []), *(run.info.get("notes") or [])]),
            two(_distribution(level), _reasons(run, level, counted.reasons)),
            task_figure(level, counted),
            _slices(level, counted),
            hardest(level),
            retrainings_of(run),
            sets_of(run),
            section("Model, data, checkpoint", facts(_card(run, level, counted))),
            section("What the numbers mean", _meanings(level, counted), is_long=True),
        ]
    )
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    head += f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n'


def _head(run: Run, level: Level, title: str) -> str:
    made = words.moment(datetime.now(UTC).isoformat(timespec="seconds"))
    scored = words.moment(run.info.get("created"))
    about = f"{widgets.sample_of(level)[0]} · scored {scored} · report of {made}, HEM {version('hem')}"
    return f"<h1>{escape(title)}</h1>{paragraph(about, 'soft')}"


def _number(one: Number) -> str:
    return f"<div><span>{escape(one.title)}</span><b>{escape(one.value)}</b><span>{escape(one.about)}</span></div>"


def _error_interval(counted: Overview) -> str:
    if not counted.judged:
        return ""
    (low,), (high,) = wilson([counted.errors], [counted.judged])
    ends = f"{words.percent(low)} to {words.percent(high)}"
    return f"The error rate is {words.percent(counted.error_rate)}, with a 95% interval of {ends} (Wilson)."


def _distribution(level: Level) -> str:
    headline = loaders.headline(level)
    if headline is None:
        return ""
    found = loaders.columns(level, (headline.column, "error"))
    title = headline.title[:1].upper() + headline.title[1:]
    return section(title, charts.histogram(found, headline, rows=words.noun(level.name)), words.rows(level))


def _reasons(run: Run, level: Level, counts: pd.Series) -> str:
    if counts.empty:
        return ""
    found = trust.trust(run.info)
    colours = theme.reason_colours(found.is_grey)
    drawn = charts.bars(counts, [colours.get(str(name), theme.GREY) for name in counts.index])
    sentence = f"{found.sentence[:1].upper()}{found.sentence[1:]}."
    return section("Why", drawn + paragraph(sentence, "small"), f"likely reasons of {words.rows(level)}")


def _slices(level: Level, counted: Overview) -> str:
    weak = loaders.slices(level)
    if weak is None or weak.table.empty or weak.whole is None:
        return ""
    shown = weak.table.head(SLICES)
    ends = zip(shown["low"], shown["high"], strict=True)
    found = pd.DataFrame(
        {
            "slice": shown["name"],
            "n": [f"{n:,}" for n in shown["n"]],
            "errors": [f"{n:,}" for n in shown["errors"]],
            "error": [words.percent(rate) for rate in shown["error_rate"]],
            "95% interval": [f"{words.percent(low)} to {words.percent(high)}" for low, high in ends],
            "× overall": [f"{ratio:.1f}" for ratio in shown["ratio"]],
            "p, corrected": ["< 0.0001" if p < 1e-4 else f"{p:.2g}" for p in shown["p_adjusted"]],
        }
    )
    about = f"{len(shown)} of {len(weak.table)}; {weak.measure}, overall {words.percent(weak.whole)}"
    return section(
        "Weakest slices", charts.intervals(shown, weak.whole) + table(found, ("slice",)), about, is_long=True
    )


def _card(run: Run, level: Level, counted: Overview) -> dict[str, str]:
    """The card of Overview, without the place of the data on this machine."""
    return {name: value for name, value in card(run, level, counted).items() if name != "Data folder"} | _made(level)


def _made(level: Level) -> dict[str, str]:
    """How the two headlines were made, and what the run lacks."""
    made = {f"How {name.replace('_', ' ')} was made": (level.info.get("headline") or {}).get(name)
            for name in ("difficulty", "label_suspicion")}  # fmt: skip
    lacking = {f"Missing: {what}": why for what, why in map_to_come.lacking(level).items()}
    return {name: str(value) for name, value in {**made, **lacking}.items() if value}


def _meanings(level: Level, counted: Overview) -> str:
    pairs = {one.title: one.why for one in five_numbers(level, counted)}
    headline = loaders.headline(level)
    meaning = columns.meaning(level, headline.column) if headline else ""
    return facts({**pairs, **({headline.title: meaning} if headline and meaning else {})})
