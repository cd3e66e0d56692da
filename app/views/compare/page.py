"""Compare: two runs over the same examples; what the later one fixes, and what it breaks."""

import numpy as np
import pandas as pd
import streamlit as st

from app import loaders, state, widgets, words
from app.views.compare import arms as compare_arms
from app.views.compare import comparison, flows, tiles
from app.views.compare import together as compare_together
from app.views.compare.arms import ArmPair
from app.views.compare.comparison import Comparison
from app.views.retrain import report as retrain_report
from hem_core.buckets.places import named
from hem_core.retrain.report.flow import FLOWS
from hem_core.runs import side_by_side as parts
from hem_core.stats.paired import Paired
from hem_core.store import definitions, numbers
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES, of_parts
from hem_core.store.run import Run

TITLE = "Compare"
PLACE = 80

PAGE = 24
ALL = "all"
MEANING = {
    "fixed": "wrong before, right after",
    "regressed": "right before, wrong after",
    "still wrong": "wrong in both",
    "newly hard": "right in both; among the hardest tenth after, but not before",
    "still right": "right in both",
}


def page() -> None:
    """The run on screen (after) beside another run over the same data (before)."""
    after = loaders.run(state.current_run() or "")
    home = loaders.workspace()
    is_arm = home.retraining_of(after) is not None
    others = comparison.comparable(after, home.runs(with_arms=is_arm), state.current_level())
    if not others:
        _nothing(after, state.current_level())
        return
    before = loaders.run(_choose(after, others))
    found = loaders.comparison(*(run.level(state.current_level()) for run in (before, after)))
    _warnings(before, after, found)
    pair, cell = f"{before.name} {after.name}", _cell(found)
    arms, together = compare_arms.pair(home, before, after), loaders.together(before, after)
    if arms is not None:
        _over_all_seeds(arms)
    left, right = st.columns([6, 5], gap="medium")
    with left:
        if together is None:
            _numbers(before, after, found, arms)
        else:
            compare_together.numbers(before, after, together)
        _matrix(found, cell)
    with right:
        bins = _density(found, cell, pair)
    _parts(before, after)
    _gallery(before, after, found, cell, bins, pair)
    if together is not None:
        _measured_classes(together, found)
    elif after.level(state.current_level()).classes:
        _classes(found)


def _parts(before: Run, after: Run) -> None:
    """On the examples of a task with parts: how many of these are fixed and regressed, and the way there."""
    shared = [name for name in of_parts(after.info) if name in before.levels]
    if state.current_level() != EXAMPLES or not shared:
        return
    name = shared[0]
    counts = loaders.comparison(before.level(name), after.level(name)).counts
    with st.container(horizontal=True, vertical_alignment="center", gap="small", border=True):
        st.markdown(
            f"**{words.noun(name).capitalize()}**: {counts['fixed']:,} fixed, {counts['regressed']:,} regressed. What "
            "is listed here are whole examples.",
            width="content",
        )
        if st.button(f"Compare the {words.noun(name)}", icon=":material/crop_free:", type="primary"):
            state.set_current_level(name)
            st.rerun()


def _nothing(run: Run, level_name: str) -> None:
    with st.container(border=True, width=760):
        st.subheader("Nothing to compare with", anchor=False)
        st.text(
            f"No other complete run is over the data '{run.data}'{_with(level_name)}. Score the same file with another "
            "model or another seed, under the same --name, into this workspace; or retrain on a curated set, "
            "which makes its own runs."
        )
        source = run.info.get("data", {}).get("source") or "DATA"
        st.code(
            f"hem score {source} --name {run.data} --model package.module:other --weights other.safetensors "
            f"--out {named(loaders.folder())}/runs/other",
            language="bash",
            wrap_lines=True,
        )
        if st.button("Retrain", icon=":material/model_training:"):
            state.go("retrain")


def _with(level_name: str) -> str:
    return "" if level_name == EXAMPLES else f" and has the level '{level_name}'"


def _choose(after: Run, others: list[Run]) -> str:
    names = [run.name for run in others]
    wanted = state.against()
    if wanted and wanted not in (*names, after.name):
        st.info(words.plain(f"{wanted} is not a run over the data of {after.name}; comparing with {names[0]}."))
    chosen = wanted if wanted in names else names[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Before**", width="content")
        st.selectbox(
            "Before",
            names,
            key=state.put("against_choice", chosen),
            on_change=state.take("against_choice", state.set_against),
            label_visibility="collapsed",
            width=240,
        )
        st.button(
            "Swap",
            icon=":material/swap_horiz:",
            on_click=_swap,
            args=(chosen, after.name),
            help="Swap the run before and the run after.",
        )
        st.markdown(f"**After** {words.plain(after.name)}, the run on screen", width="content")
    state.set_against(chosen)
    return chosen


def _swap(before: str, after: str) -> None:
    state.set_current_run(before)
    state.set_against(after)


def _warnings(before: Run, after: Run, found: Comparison) -> None:
    kinds = {run.name: (run.info.get("sample"), numbers.sample_of_errors(run.examples)) for run in (before, after)}
    sentences = []
    if len(set(kinds.values())) > 1:
        sentences.append(_unlike(before, after))
    if found.only_before or found.only_after:
        sentences.append(
            f"Compared are the {words.counted(found.n, found.level)} in both; {found.only_before:,} are only in "
            f"{before.name} and {found.only_after:,} only in {after.name}."
        )
    if found.relabelled:
        sentences.append(
            f"{words.counted(found.relabelled, found.level)} {'has' if found.relabelled == 1 else 'have'} another "
            "label in the two runs; each model is right or wrong by the label of its own run."
        )
    sentences += _older_errors(before, after)
    sentences += _older_difficulty(before, after, found)
    for sentence in sentences:
        st.warning(words.plain(sentence), icon=":material/info:")


def _older_difficulty(before: Run, after: Run, found: Comparison) -> list[str]:
    """That the difficulties are of two definitions, where one run is older."""
    versions = [str((run.info.get("headline") or {}).get("version") or "1") for run in (before, after)]
    if "bin" not in found.table or versions[0] == versions[1]:
        return []
    older = (before, after)[versions.index(min(versions, key=int))].name
    return [
        f"The difficulty of {older} is of an older definition, so that a change of it may be no change of the model; "
        f"score {older} again to compare them."
    ]


def _older_errors(before: Run, after: Run) -> list[str]:
    """That the errors of whole images are on two scales, where one run is older; its parts are comparable all the
    same."""
    if state.current_level() != EXAMPLES:
        return []
    older = [run.name for run in (before, after) if not loaders.has_current_error(run.examples)]
    if len(older) != 1:
        return []
    parts_of = words.noun(next(name for name in after.levels if name != EXAMPLES))
    return [
        f"{older[0]} was scored by an older version, which measured the error of an image on another scale: which "
        f"images are fixed or regressed says nothing here. Score it again with --overwrite, or compare the {parts_of}."
    ]


def _cell(found: Comparison) -> str | None:
    """The flow on screen, None = all; by default the regressed examples, otherwise the fixed ones."""
    wanted, counts = state.cell(), found.counts
    if wanted in (*FLOWS, ALL):
        return None if wanted == ALL else wanted
    return next((name for name in ("regressed", "fixed") if counts[name]), None)


def _over_all_seeds(arms: ArmPair) -> None:
    """The verdict of the retraining that the two runs are arms of: what follows is of one seed."""
    with st.container(border=True, key="compare_verdict"):
        headline = f"**Retraining {words.plain(arms.retraining)}**"
        if arms.verdict is not None:
            colour, icon = retrain_report.LOOK.get(arms.verdict, retrain_report.NEUTRAL)
            headline = f":{colour}[{icon} **{words.plain(arms.sentence)}**]"
        st.markdown(headline)
        if arms.difference:
            gain = retrain_report.interval(arms.difference)
            st.markdown(
                words.plain(
                    f"{arms.measure.capitalize() if arms.measure.islower() else arms.measure}, {arms.after} − "
                    f"{arms.before}, mean over {words.count(arms.n_seeds, 'seed')} with its "
                    f"95% interval: {gain} points."
                )
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"What follows is of the models of seed {compare_arms.SEED} alone.")
            if st.button("Open the report", icon=":material/arrow_back:"):
                state.set_retrain(arms.retraining)
                state.go("retrain")


def _unlike(before: Run, after: Run) -> str:
    """Why errors of two runs cannot be compared as they stand."""
    heads = [run.name for run in (before, after) if run.info.get("sample") != numbers.sample_of_errors(run.examples)]
    named = ", ".join(f"{run.name} is {run.info.get('sample') or 'of unknown sample'}" for run in (before, after))
    if heads:
        return (
            f"{named}. The errors of {' and '.join(heads)} are those of {definitions.OUT_OF_SAMPLE_HEAD}, not of the "
            "model itself, so this is not a fair comparison of two models."
        )
    return f"{named}: a model looks better on the examples that it was trained on, so this is not a fair comparison."


def _numbers(before: Run, after: Run, found: Comparison, arms: ArmPair | None) -> None:
    n = f"of {words.counted(found.n, found.level)}"
    fixed, regressed = found.counts["fixed"], found.counts["regressed"]
    seed = f", seed {compare_arms.SEED}" if arms is not None else ""
    cells = st.columns(2)
    cells[0].metric(
        f"Accuracy before{seed}, {words.plain(before.name)}",
        words.percent(found.accuracy_before),
        delta=n,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
    )
    points = 100 * (found.accuracy_after - found.accuracy_before)
    cells[1].metric(
        f"Accuracy after{seed}, {words.plain(after.name)}",
        words.percent(found.accuracy_after),
        delta=f"{points:+z.1f} points {n}",
        delta_color="normal" if arms is None and comparison.is_clear(fixed, regressed) else "off",
        border=True,
        height="stretch",
    )
    sentence = comparison.verdict(fixed, regressed, found.level)
    st.caption(words.plain(sentence if arms is None else f"Seed {compare_arms.SEED} alone: {sentence}"))


def _matrix(found: Comparison, cell: str | None) -> None:
    chart = flows.matrix(found.counts, cell, found.level)
    field = widgets.clicked(chart, "flow", key="flow_matrix")
    if field is not None:
        clicked = list(flows.PLACES)[int(field["point_index"])]
        state.set_cell(ALL if clicked == cell else clicked)
        st.rerun()


def _density(found: Comparison, cell: str | None, pair: str) -> list[int]:
    """The difficulty figure; returns the bins that are selected in it."""
    if "bin" not in found.table:
        st.caption("One of the two runs has no difficulty, so the figure cannot be drawn.")
        return []
    rows = words.plain(words.noun(found.level))
    st.markdown(
        "**Difficulty before and after** · "
        + (f"{cell} in colour" if cell else words.plain(words.counted(found.n, found.level))),
        help=f"Each square is a bin of 2.5 × 2.5 percentiles; a stronger colour means more {rows}. Above the "
        f"line: harder after. Drag a box, draw a lasso or click a square to look at these {rows}; a double click "
        "clears the selection.",
    )
    turn = int(str(state.recall("density_turn", 0)))
    chart = flows.density(found.table, cell, found.level)
    return flows.bins_of(widgets.brush(chart, "difficulty", key=f"density {pair} {turn}"))


def _gallery(before_: Run, after_: Run, found: Comparison, cell: str | None, bins: list[int], pair: str) -> None:
    before, after = (run.level(state.current_level()) for run in (before_, after_))
    counts = found.counts
    label = state.recall("compare_label")
    label = label if isinstance(label, str) and label in (*after.classes, parts.NOTHING) else None
    st.pills(
        "Flow",
        [*FLOWS, ALL],
        format_func=lambda name: f"{name} · {counts.get(name, found.n):,}",
        key=state.put("cell_choice", cell or ALL),
        on_change=state.take("cell_choice", lambda name: state.set_cell(name or ALL)),
        label_visibility="collapsed",
    )
    matched = parts.matcher(after)
    if matched is not None:
        st.caption(words.plain(matched.right_part))
    chosen = found.chosen(cell, label, bins)
    _actions(found, chosen, cell, label, bins)
    _of_before(before, found, chosen)
    if chosen.empty:
        st.caption(f"None of the {words.plain(words.noun(found.level))} matches this selection.")
        return
    pages = -(-len(chosen) // PAGE)
    at = _page_of((pair, cell, label, tuple(bins)), pages)
    st.html(tiles.tiles(before, after, chosen.iloc[at * PAGE : (at + 1) * PAGE]))
    _pager(at, pages, len(chosen))


def _page_of(choice: tuple, pages: int) -> int:
    """The page that is shown; another choice begins at its first."""
    if state.recall("compare_choice") != choice:
        state.remember("compare_choice", choice)
        state.remember("compare_page", 0)
    return min(int(str(state.recall("compare_page", 0))), pages - 1)


def _actions(found: Comparison, chosen: pd.DataFrame, cell: str | None, label: str | None, bins: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        parts = [f"{cell}: {MEANING[cell]}" if cell else f"all {words.noun(found.level)}"]
        parts += [f"class {label}"] if label is not None else []
        parts += ["selected on the map"] if bins else []
        st.markdown(f"**{len(chosen):,}** of {found.n:,} · {words.plain(' · '.join(parts))}", width="content")
        if (label is not None or bins) and st.button("Clear", icon=":material/close:", type="tertiary"):
            state.forget("compare_label")
            state.remember("density_turn", int(str(state.recall("density_turn", 0))) + 1)
            st.rerun()
        st.space("stretch")
        rule, n = found.rule(cell, label, chosen)
        n_there = int(np.count_nonzero(chosen["row"] >= 0))
        these = "these" if n == n_there else "the hardest"
        if st.button(
            "Open in Explore" if n == n_there else f"Open the hardest {n:,} in Explore",
            icon=":material/scatter_plot:",
            disabled=not n,
        ):
            state.show_matches(rule)
        review = f"Review {these} {n:,}"
        if st.button(review, icon=":material/rate_review:", disabled=not n, type="primary"):
            state.set_queue("filter")
            state.show_matches(rule, "review")


def _of_before(before: Level, found: Comparison, chosen: pd.DataFrame) -> None:
    """The way to the chosen parts that the run after did not predict: they are rows of the run before."""
    n_gone = int(np.count_nonzero(chosen["row"] < 0))
    if not n_gone:
        return
    rule, n = found.rule_before(chosen)
    some = "these" if n == n_gone else f"the first {n:,}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"{n_gone:,} of them {'is' if n_gone == 1 else 'are'} predicted by the run before alone; "
            "the run after has no such rows.",
            width="content",
        )
        if st.button(words.plain(f"Open {some} in {before.run}"), icon=":material/history:", type="tertiary"):
            state.set_current_run(before.run)
            state.show_matches(rule)


def _pager(at: int, pages: int, n: int) -> None:
    if pages == 1:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="center", gap="small"):
        for step, icon, name in ((-1, ":material/chevron_left:", "previous"), (1, ":material/chevron_right:", "next")):
            st.button(
                name,
                icon=icon,
                type="tertiary",
                disabled=not 0 <= at + step < pages,
                on_click=state.remember,
                args=("compare_page", at + step),
                key=f"compare_{name}",
            )
            if step < 0:
                st.caption(f"{at * PAGE + 1:,}–{min(n, (at + 1) * PAGE):,} of {n:,}", width="content")


def _classes(found: Comparison) -> None:
    table = comparison.classes(found.table)
    st.markdown(
        f"**Classes** · {len(table):,}, the largest loss first",
        help=f"By the label of the run after. Tick a class to see its {words.plain(words.noun(found.level))} above.",
    )
    shown = pd.DataFrame(
        {
            "class": table["label"],
            "n": table["n"],
            "before": 100 * table["accuracy_before"],
            "after": 100 * table["accuracy_after"],
            "difference": (100 * table["difference"]).round(1) + 0.0,
            "fixed": table["fixed"],
            "regressed": table["regressed"],
        }
    )
    number = st.column_config.NumberColumn
    row = widgets.ticked_row(
        shown,
        "compare_classes",
        most_in_full=12,
        height=420,
        column_config={
            "n": number(words.noun(found.level), format="localized"),
            "before": number("accuracy before, %", format="%.1f"),
            "after": number("accuracy after, %", format="%.1f"),
            "difference": number("difference, points", format="%+.1f"),
            "fixed": number("fixed", help=MEANING["fixed"], format="localized"),
            "regressed": number("regressed", help=MEANING["regressed"], format="localized"),
        },
    )
    if row is not None:
        state.remember("compare_label", str(table["label"].iloc[row]))
        st.rerun()


def _measured_classes(together: Paired, found: Comparison) -> None:
    """Each class by its own measure, in both runs; on a level of parts with what is fixed and regressed."""
    table = compare_together.by_class(together)
    if table.empty:
        return
    measure = next(each.name for each in together.measures if each.label is not None)
    is_examples = state.current_level() == EXAMPLES
    st.markdown(
        f"**{measure} by class** · {words.count(len(table), 'class', 'classes')}, the largest loss first",
        help="Tick a class to see its rows above." if not is_examples else "Tick a class to see its rows.",
    )
    number, counts = st.column_config.NumberColumn, pd.crosstab(found.table["label"], found.table["flow"])
    shown = pd.DataFrame({"class": table["label"], "given": table["given"]})
    for name in ("before", "after", "difference", "low", "high"):
        shown[name] = table[name].round(1) + 0.0
    if not is_examples:
        for name in ("fixed", "regressed"):
            of_class = counts[name] if name in counts else pd.Series(dtype=int)
            shown[name] = of_class.reindex(table["label"]).fillna(0).astype(int).to_numpy()
    row = widgets.ticked_row(
        shown,
        "compare_measured_classes",
        most_in_full=12,
        height=420,
        column_config={
            "given": number("given", format="localized"),
            "before": number(f"{measure} before, %", format="%.1f"),
            "after": number(f"{measure} after, %", format="%.1f"),
            "difference": number("difference, points", format="%+.1f"),
            "low": number("from", help="Lower end of the 95% interval, points.", format="%+.1f"),
            "high": number("to", help="Upper end of the 95% interval, points.", format="%+.1f"),
        },
    )
    if row is not None:
        state.remember("compare_label", str(table["label"].iloc[row]))
        parts = of_parts(loaders.run(state.current_run() or "").info)
        if is_examples and parts:
            state.set_current_level(parts[0])
        st.rerun()
