"""The report of a retraining: verdict first, then the numbers that it stands on."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import loaders, state, widgets, words
from app.views.compare.arms import SEED
from app.views.retrain import retrains
from hem_core.retrain.stored import Stored
from hem_core.stats.paired import NO_INTERVAL

LOOK = {
    "ship": ("green", ":material/check_circle:"),
    "hold": ("red", ":material/front_hand:"),
    "helps": ("green", ":material/check_circle:"),
    "hurts": ("red", ":material/front_hand:"),
}
NEUTRAL = ("orange", ":material/help:")
CHURN_HELP = (
    "How many {} change between the control of one seed and the control of another: that much is chance, "
    "whatever the set does."
)


def draw(found: Stored) -> None:
    """Everything, top down."""
    report = found.report or {}
    for line in found.plan.get("forced") or ():
        st.warning(words.plain(f"Forced despite: {line}"), icon=":material/warning:")
    left, right = st.columns([5, 4], gap="medium")
    with left:
        _verdict(report["verdict"])
    with right:
        _flow(report)
    if report.get("groups"):
        _groups(report["groups"])
    _table(report["table"])
    left, right = st.columns([1, 1], gap="medium")
    with left:
        if report.get("classes"):
            _parts("Classes", "class", report["classes"], "label", measure=report.get("class_measure", "accuracy"))
        _mcnemar(report.get("mcnemar") or [])
    with right:
        about = "Values and ranges of the data's own columns with 30 test examples or more; p is corrected after Holm."
        measure = report.get("slice_measure", "accuracy")
        _parts("Slices", "slice", report.get("slices") or [], "name", about, measure=measure)
    _notes(found, report)


def interval(difference: Mapping[str, Any] | None, digits: int = 2) -> str:
    """`+0.61 (+0.10 to +1.12)`; a dash when it is not known."""
    if not difference:
        return "–"
    names = ("mean", "low", "high") if difference["low"] is not None else ("mean",)
    mean, *ends = (f"{difference[name]:+z.{digits}f}".replace("-", "−") for name in names)
    return f"{mean} ({' to '.join(ends) or NO_INTERVAL})"


def _verdict(verdict: Mapping[str, Any]) -> None:
    colour, icon = LOOK.get(verdict["word"], NEUTRAL)
    with st.container(border=True, key="retrain_verdict"):
        first, *others = verdict.get("sentences") or [verdict["word"]]
        st.markdown(f"### :{colour}[{icon} {words.plain(first)}]")
        for sentence in others:
            st.markdown(words.plain(sentence))
        st.caption("The rules were fixed before anything was trained.")
        for rule in verdict.get("rules") or ():
            mark = ":green[:material/check:]" if rule["passed"] else ":red[:material/close:]"
            st.markdown(
                f"{mark} {words.plain(rule['rule'])}  \n:small[{words.plain(retrains.in_app_words(rule['value']))}]"
            )


def _flow(report: Mapping[str, Any]) -> None:
    flow, runs = report["flow"], report.get("runs") or {}
    n, rows = int(report.get("n_test") or 0), words.plain(str(report.get("flow_of") or "examples"))
    seeds = len(flow["fixed"].get("per_seed") or ())
    st.markdown(
        f"**What changed** · {_of_what(report, n)}, curated compared with control, mean over "
        f"{words.count(seeds, 'seed')}"
    )
    churn = flow.get("churn") or {}
    cells = st.columns(2)
    for cell, name in zip(cells, ("fixed", "regressed"), strict=True):
        chance = churn.get(name)
        cell.metric(
            name.capitalize(),
            f"{flow[name]['mean']:.1f}",
            delta=f"a change of seed: {chance['mean']:.1f}" if chance else "a change of seed: not known",
            delta_color="off",
            delta_arrow="off",
            help=CHURN_HELP.format(rows),
            border=True,
        )
        per_seed = flow[name].get("per_seed") or [0]
        first = per_seed[SEED]
        cell.caption("Seed by seed: " + ", ".join(f"{n:,}" for n in per_seed))
        if cell.button(
            f"Look at the {first:,} of seed {SEED}" if first else f"Compare: none in seed {SEED}",
            icon=":material/compare:",
            key=f"retrain_{name}",
            width="stretch",
            disabled=not _is_there(runs),
            help=f"The {rows} that are {name} between the models of seed {SEED}, in Compare.",
        ):
            _compare(runs, name, report.get("flow_of"))
    least = report.get("smallest_effect")
    if isinstance(least, int | float):
        share = next((row["measure"] for row in report["table"] if row.get("unit", "%") == "%"), "accuracy")
        st.caption(f"This test could show a difference of {least:.2f} points of {share} or more, in 4 of 5 tries.")


def _of_what(report: Mapping[str, Any], n: int) -> str:
    """What the changes are counted of: the test examples, or the parts of these."""
    whole = words.count(n, "test example")
    return f"{report['flow_of']} of {whole}, given or predicted" if "flow_of" in report else f"of {whole}"


def _is_there(runs: Mapping[str, str]) -> bool:
    known = {run.name for run in loaders.workspace().runs(with_arms=True) if run.is_complete}
    return {runs.get("control"), runs.get("curated")} <= known


def _compare(runs: Mapping[str, str], cell: str, level: str | None) -> None:
    state.set_current_run(runs["curated"])
    if level is not None:
        state.set_current_level(level)
    state.set_against(runs["control"])
    state.set_cell(cell)
    state.go("compare")


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    arms = list(rows[0]["arms"])
    pairs = list(rows[0]["difference"])
    st.markdown(
        "**Paired table** · mean ± standard deviation over seeds; differences with their 95% interval",
        help="The interval is a bootstrap over test examples and seeds, the same for both arms.",
    )
    shown = []
    for row in rows:
        way = "↑" if row["better"] == "higher" else "↓"
        values = {arm: f"{row['arms'][arm]['mean']:.2f} ± {row['arms'][arm]['sd']:.2f}" for arm in arms}
        gains = {pair.replace(" - ", " − "): interval(row["difference"].get(pair)) for pair in pairs}
        shown.append({"measure": f"{row['measure']}, {row['unit']} {way}", **values, **gains})
    st.dataframe(pd.DataFrame(shown), hide_index=True, height="content")


def _groups(found: Mapping[str, Any]) -> None:
    """The groups, the worst of the control first, and the worst of each arm."""
    worst = found["worst"]
    arms = ", ".join(f"{arm} {one['mean']:.1f}%" for arm, one in worst["arms"].items())
    st.markdown(
        f"**Groups** · {len(found['rows']):,}, the worst of control first; accuracy in % with its 95% interval",
        help="The interval of a group is Wilson's for its test examples. A group of fewer than 10 of them does not "
        "count as the worst and stands last.",
    )
    st.caption(
        words.plain(f"Worst group: {arms}; curated − control {interval(worst['difference']['curated - control'], 1)}.")
    )
    shown = []
    for row in found["rows"]:
        cells = {
            f"{arm}, %": f"{one['mean']:.1f} ({one['low']:.1f} to {one['high']:.1f})"
            for arm, one in row["arms"].items()
        }
        gained = f"{row['difference']:+z.1f}".replace("-", "−")
        shown.append({"group": row["label"], "n": row["n"], **cells, "curated − control": gained})
    st.dataframe(pd.DataFrame(shown), hide_index=True, height="content")


def _parts(
    title: str,
    noun: str,
    rows: Sequence[Mapping[str, Any]],
    name: str,
    about: str | None = None,
    *,
    measure: str,
) -> None:
    st.markdown(f"**{title}** · {len(rows):,}, the largest loss first; {measure}, mean over seeds", help=about)
    if not rows:
        st.caption("None is large enough.")
        return
    shown = []
    for row in rows:
        arms = {f"{arm}, %": one["mean"] for arm, one in row["arms"].items()}
        more = {"p": row["p_holm"]} if "p_holm" in row else {}
        more |= {end: row[end] for end in ("low", "high") if end in row}
        shown.append({noun: row[name], "n": row["n"], **arms, "difference": row["difference"], **more})
    table = pd.DataFrame(shown).sort_values("difference", kind="stable")
    number = st.column_config.NumberColumn
    columns = {column: number(format="%.1f") for column in table.columns if column.endswith(", %")}
    columns |= {"low": number("from", help="Lower end of the 95% interval.", format="%+.1f")}
    columns |= {"high": number("to", help="Upper end of the 95% interval.", format="%+.1f")}
    columns |= {"difference": number("curated − control", format="%+.1f"), "p": number("p, Holm", format="%.3g")}
    st.dataframe(table, hide_index=True, height="content" if len(table) <= 10 else 400, column_config=columns)


def _mcnemar(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    st.markdown("**McNemar, seed by seed** · curated against control", help="Exact, two-sided.")
    columns = {"p": st.column_config.NumberColumn("p", format="%.3g")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", column_config=columns)


def _notes(found: Stored, report: Mapping[str, Any]) -> None:
    plan = found.plan
    recipe = plan.get("recipe") or {}
    facts = {
        "Tested on": str((plan.get("test") or {}).get("what") or ""),
        "Should help": str((plan.get("target") or {}).get("words") or ""),
        "Recipe": str(recipe.get("what") or recipe.get("name") or ""),
        "Runs": ", ".join((report.get("runs") or {}).values()),
        "Folder": str(found.folder),
    }
    with st.expander("How it was done", icon=":material/info:", expanded=True):
        widgets.facts({name: value for name, value in facts.items() if value})
        st.markdown("\n".join(f"- {words.plain(note)}" for note in report.get("notes") or ()))
