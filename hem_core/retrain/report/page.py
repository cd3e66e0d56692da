"""The report as one printable page: verdict first, no script, no external files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from hem_core.minus import minus
from hem_core.retrain.report.answer import HELPS, HURTS, QUESTIONS, arm_names
from hem_core.retrain.report.page_charts import dumbbells, flow_bars, forest
from hem_core.retrain.report.page_style import STYLE
from hem_core.stats.paired import NO_INTERVAL

MEASURES = "mean ± standard deviation over seeds; differences with their 95% interval"
MOST_CLASSES, MOST_SLICES = 12, 8
COLOURS = {"ship": "good", "hold": "bad", HELPS: "good", HURTS: "bad"}


def page(plan: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Self-contained HTML of plan.json and report.json."""
    title = f"Retraining {plan['name']}"
    slice_words = f"{report.get('slice_measure', 'accuracy')} in %, p after Holm"
    body = "\n".join(
        [
            _verdict(plan, report["verdict"]),
            f'<p class="facts">{_facts(plan, report)}</p>',
            _groups(report.get("groups")),
            '<div class="two">',
            _section("Curated against control", "difference with its 95% interval, over seeds and test examples",
                     forest(report["table"], "curated - control")),
            _section("What changed", _of_what(report),
                     flow_bars(report["flow"]) + _flow_words(report)),
            "</div>",
            _section("All measures", MEASURES, _table(report["table"])),
            '<div class="two">',
            _classes(report["classes"], report.get("class_measure", "accuracy")),
            _section("Slices", _shown("the lowest of", len(report["slices"]), MOST_SLICES) + slice_words,
                     dumbbells(report["slices"][:MOST_SLICES], "name")),
            "</div>",
            _section("Method", "", _notes(plan, report)),
        ]
    )  # fmt: skip
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n'


def _verdict(plan: Mapping[str, Any], verdict: Mapping[str, Any]) -> str:
    first, *others = verdict["sentences"]
    rules = "".join(
        f'<li class="{"yes" if rule["passed"] else "no"}">{escape(_sentence(rule["rule"]))}'
        f"<span>{escape(minus(rule['value']))}</span></li>"
        for rule in verdict["rules"]
    )
    forced = "".join(f'<p class="forced">Forced despite: {escape(line)}</p>' for line in plan["forced"])
    colour = COLOURS.get(verdict["word"], "open")
    return (
        f'<header class="{colour}"><div><small>{escape(plan["name"])}</small><h1>{escape(first)}</h1>'
        + "".join(f"<p>{escape(minus(line))}</p>" for line in others)
        + f"{forced}</div><ul>{rules}</ul></header>"
    )


def _of_what(report: Mapping[str, Any]) -> str:
    """What the changes are counted of: test examples, or their parts."""
    if "flow_of" not in report:
        return f"of {report['n_test']:,} test examples, mean over seeds"
    return f"{report['flow_of']} of {report['n_test']:,} test examples, given or predicted, mean over seeds"


def _classes(rows: Sequence[Mapping[str, Any]], measure: str) -> str:
    """The section of the classes; "" for a task without them."""
    if not rows:
        return ""
    about = _shown("the lowest of", len(rows), MOST_CLASSES) + f"{measure} in %"
    return _section("Classes", about, dumbbells(_lowest(rows, MOST_CLASSES), "label"))


def _groups(found: Mapping[str, Any] | None) -> str:
    """The section of the groups, the worst of the control first; "" without groups."""
    if not found:
        return ""
    heads = "".join(f"<th>{name}</th>" for name in ("group", "examples", "control", "curated", "curated − control"))
    lines = []
    for row in found["rows"]:
        cells = [f"<td>{escape(row['label'])}</td>", f"<td>{row['n']:,}</td>"]
        cells += [f"<td>{_share(row['arms'][arm])}</td>" for arm in ("control", "curated")]
        cells.append(f"<td>{minus(format(row['difference'], '+z.1f'))}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    whole = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return _section("Groups", "accuracy in % with its 95% interval, the worst of the control first",
                    _table([found["worst"]]) + whole)  # fmt: skip


def _share(found: Mapping[str, Any]) -> str:
    return f"{found['mean']:.1f} <i>{found['low']:.1f} … {found['high']:.1f}</i>"


def _facts(plan: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    chosen = plan["set"]
    facts = {
        "set": f"{chosen['name']} v{chosen['version']}, {chosen['n']:,} examples",
        "recipe": plan["recipe"]["name"],
        "train": plan["train"],
        "seeds": str(len(plan["seeds"])),
        "tested on": plan["test"]["what"],
        "begun": plan["created"][:10],
        **_question(plan),
    }
    return " ".join(f"<span><b>{name}</b> {escape(value)}</span>" for name, value in facts.items())


def _question(plan: Mapping[str, Any]) -> dict[str, str]:
    """What was asked of a list, and what its arms are; {} for a retraining that asked nothing."""
    question = plan.get("question")
    if not question:
        return {}
    names = arm_names(question)
    return {"question": QUESTIONS[question].title, **{arm: names[arm] for arm in plan["arms"]}}


def _section(title: str, about: str, inside: str) -> str:
    small = f" <small>{escape(about)}</small>" if about else ""
    return f"<section><h2>{escape(title)}{small}</h2>{inside}</section>"


def _flow_words(report: Mapping[str, Any]) -> str:
    tests = ", ".join(f"{_p(row['p'])}" for row in report["mcnemar"])
    words = [f"McNemar's exact p, seed by seed: {tests}."] if tests else []
    if report.get("smallest_effect") is not None:
        words.append(
            f"In 4 of 5 repetitions this test would detect a difference of {report['smallest_effect']:.2f} points; "
            "smaller ones may go undetected."
        )
    return f'<p class="small">{escape(" ".join(words))}</p>'


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    arms, pairs = list(rows[0]["arms"]), list(rows[0]["difference"])
    heads = "".join(f"<th>{escape(name)}</th>" for name in ["measure", *arms, *(minus(pair) for pair in pairs)])
    lines = []
    for row in rows:
        way = "↑" if row["better"] == "higher" else "↓"
        cells = [f"<td>{escape(_measure(row['measure']))}, {row['unit']} {way}</td>"]
        cells += [f"<td>{row['arms'][arm]['mean']:.2f} <i>± {row['arms'][arm]['sd']:.2f}</i></td>" for arm in arms]
        cells += [_difference(row["difference"][pair], row["better"]) for pair in pairs]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _measure(name: str) -> str:
    return name.replace("negative log likelihood", "log loss").replace("temperature scaled", "scaled")


def _difference(found: Mapping[str, Any], better: str) -> str:
    if found["low"] is None:
        return f"<td>{minus(format(found['mean'], '+z.2f'))} <i>{NO_INTERVAL}</i></td>"
    sign = 1 if better == "higher" else -1
    low, high = sorted((sign * found["low"], sign * found["high"]))
    look = "good" if low > 0 else "bad" if high < 0 else ""
    words = f"{found['mean']:+z.2f} <i>{found['low']:+z.2f} … {found['high']:+z.2f}</i>"
    return f'<td class="{look}">{minus(words)}</td>'


def _notes(plan: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    words = [f"{arm}: {what}." for arm, what in plan["arms_are"].items()]
    words = [f"Recipe {plan['recipe']['name']}: {plan['recipe']['what']}.", *words, *report["notes"]]
    words += [f"Intervals: {report['interval_method']}."] if "interval_method" in report else []
    made = ", ".join(f"{name} {each}" for name, each in (report.get("versions") or {}).items())
    words += [f"Made with {made}."] if made else []
    return f'<ul class="notes">{"".join(f"<li>{escape(_sentence(line))}</li>" for line in words)}</ul>'


def _lowest(rows: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: row["arms"]["control"]["mean"])[:most]


def _shown(words: str, n: int, most: int) -> str:
    return f"{words} {n:,}, " if n > most else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0") if value < 0.9995 else "1"
