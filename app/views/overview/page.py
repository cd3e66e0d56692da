"""Overview: what this run says at a glance, and three ways on."""

import pandas as pd
import streamlit as st

from app import bars, label_share, loaders, map_to_come, scope, state, trust, widgets, words
from app.views.overview import advised, precision, refits, residuals, sample, tags
from app.views.overview.card import card
from app.views.overview.five_numbers import five_numbers
from app.views.overview.glance import Overview
from app.wire import columns
from hem_core.errors import HemError
from hem_core.store import definitions
from hem_core.store.level import Level
from hem_core.store.run import Run

TITLE = "Overview"
PLACE = 10


def page() -> None:
    """The landing page."""
    run, level = loaders.run(state.current_run() or ""), scope.level()
    facts = loaders.overview(level)
    widgets.broken(loaders.workspace().broken())
    widgets.warning(run)
    _numbers(level, facts)
    _next_steps(level, facts)
    _label_errors(level)
    sentence = sample.sentence(run.info)
    if sentence:
        st.caption(words.plain(sentence))
    widgets.notes(run)
    map_to_come.watch(level, is_shown=True)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _distribution(level)
    with right:
        _reasons(run, level, facts.reasons)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _figure(level, facts)
    with right:
        _card(run, level, facts)
    if level.is_examples:  # of parts alone nothing is measured
        advised.draw(run, level)
    _failures(run)


def _numbers(level: Level, facts: Overview) -> None:
    for cell, one in zip(st.columns(5), five_numbers(level, facts), strict=True):
        widgets.number_card(cell, one.title, one.value, one.about, one.why)


def _label_errors(level: Level) -> None:
    """The share of wrong labels as on Labels, once somebody has reviewed."""
    if "label_suspicion" not in level.source.columns:
        return
    found = loaders.label_errors(level)
    if found.n_reviewed:
        value, about = label_share.in_words(level, found)
        said = words.count(found.n_reviewed, "review")
        st.caption(words.plain(f"{label_share.title(found)}: {value} ({about}), from {said}; see Labels."))


def _next_steps(level: Level, facts: Overview) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        left = loaders.open_suspects(level)
        suspects = f"Review {words.count(left, 'suspect')}" if left else "Review"
        if st.button(suspects, type="primary", icon=":material/rate_review:"):
            state.set_queue("suspects" if left else "mixed")
            state.go("review")
        if st.button("Explore the hardest tenth", icon=":material/scatter_plot:"):
            _explore(definitions.HARDEST_TENTH)
        if st.button("Build a set", icon=":material/inventory_2:"):
            state.go("sets")


def _distribution(level: Level) -> None:
    headline = loaders.headline(level)
    if headline is None:
        st.caption("This run has no score with a distribution to show.")
        return
    title = words.plain(headline.title[:1].upper() + headline.title[1:])
    meaning = words.plain(columns.meaning(level, headline.column))
    st.markdown(f"**{title}** · {words.rows(level)}", help=meaning or None)
    table = loaders.columns(level, (headline.column, "error"))
    chart = bars.histogram(table, headline, rows=words.noun(level.name))
    widgets.figure(chart, f"{level.run}-{headline.column}", key="distribution")


def _reasons(run: Run, level: Level, counts: pd.Series) -> None:
    found, rows = trust.trust(run.info), words.plain(words.noun(level.name))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Why** · reasons of {words.rows(level)}",
            help=f"The likely reason why each of the {rows} is hard, with the evidence in words. "
            f"Click a bar to explore these {rows}.",
            width="content",
        )
        widgets.trust_badge(found)
    chart = bars.reasons(counts, is_grey=found.is_grey, rows=words.noun(level.name))
    bar = widgets.clicked(chart, f"{run.name}-reasons", key="reason_bars")
    st.caption(
        words.plain(f"{found.sentence[:1].upper()}{found.sentence[1:]}.") + f" Click a bar to explore these {rows}."
    )
    if bar is not None:
        _explore({"column": "reason", "in": [str(bar["y"])]})
    _planted(trust.by_planted(run.info))
    _taught(run, level)
    if refits.is_possible(run, level):
        _refit(run, level)


def _planted(found: pd.DataFrame) -> None:
    """What became of errors that were planted in the parts, such as boxes; nothing for other probes."""
    if found.empty:
        return
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    with st.expander("What planted errors show", icon=":material/experiment:"):
        st.dataframe(
            found,
            hide_index=True,
            height="content",
            column_config={
                "planted": text("planted", help="What was done to given boxes, for this measurement alone."),
                "suspicion": text("shown as", help="The kind of label suspicion that should find it."),
                "n": number("boxes", format="localized"),
                "found": st.column_config.ProgressColumn(
                    "named suspect, %",
                    help="Share whose reason is 'suspect_label' with the right kind.",
                    format="%.0f",
                    min_value=0,
                    max_value=100,
                ),
                "otherwise": text("else mostly", help="The most frequent reason of the rest."),
            },
        )


def _taught(run: Run, level: Level) -> None:
    """Which reasons the last refit to people's tags changed, and why; nothing without one."""

    def title(name: str) -> str:
        return columns.words_of(name, level)[0]

    found = trust.taught(run.info, title)
    if found.empty:
        return
    tags = words.count(int(run.info["reasons"]["n_tagged"]), "tag")
    with st.expander(
        f"What {tags} changed: {words.count(sum(found['n'].tolist()), 'reason')}", icon=":material/school:"
    ):
        facts = ", ".join(title(str(name)) for name in run.info["reasons"].get("facts") or ())
        counted = f" Since people tagged examples, these facts of them count too: {facts}." if facts else ""
        st.caption(words.plain(f"Compared with the reasons that HEM's probes alone give.{counted}"))
        text, number = st.column_config.TextColumn, st.column_config.NumberColumn
        st.dataframe(
            found,
            hide_index=True,
            height="content" if len(found) <= 12 else 400,
            column_config={
                "was": text("reason by the probes"),
                "now": text("with the tags"),
                "n": number("examples", format="localized"),
                "because": text(
                    "because of", help="Where these examples lie and what the tags taught of it, most telling first."
                ),
            },
        )


def _refit(run: Run, level: Level) -> None:
    """The button that fits the reasons to the tags, or how that stands; other sessions see the new run at once."""
    ids = loaders.ids(level)
    n_tags = len(refits.useful(loaders.verdicts(level)).index.intersection(ids))
    found = refits.state(run)
    if found["status"] == "running":
        _watch_refit(run)
        return
    if found["status"] == "failed":
        widgets.failure(HemError(found["error"]))
    if not n_tags:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(f"Refit reasons with {words.count(n_tags, 'tag')}", icon=":material/model_training:"):
            refits.start(run, n_tags)
            st.rerun()
        if found["status"] == "done" and {"n_tags", "changed"} <= found.keys():
            tags = words.count(found["n_tags"], "tag")
            st.caption(f"{found['changed']:,} of {found['n']:,} reasons changed with {tags}")


@st.fragment(run_every="1s")
def _watch_refit(run: Run) -> None:
    found = refits.state(run)
    if found["status"] != "running":
        st.rerun()
    title = f"Refitting the reasons with {words.count(int(found.get('n_tags') or 0), 'tag')}…"
    st.button(title, icon="spinner", disabled=True)


def _figure(level: Level, facts: Overview) -> None:
    """The first figure of the task that this page draws."""
    drawn = {
        "classes": lambda: _classes(level, facts.classes),
        "average precision": lambda: precision.draw(level),
        "predicted against given": lambda: residuals.draw(level),
        "tags": lambda: tags.draw(level),
        "errors": lambda: _errors(level),
    }
    name = next((figure for figure in loaders.figures(level) if figure in drawn), "errors")
    drawn[name]()


def _classes(level: Level, table: pd.DataFrame) -> None:
    st.markdown(
        f"**Classes** · {len(table):,}, most errors first",
        help="Intervals are 95% Wilson intervals. Tick a class to explore it.",
    )
    shown = table.sort_values(["errors", "support"], ascending=False).reset_index(drop=True)
    row = widgets.ticked_row(
        _readable(shown), "class_table", most_in_full=12, height=400, column_config=_columns(level)
    )  # fmt: skip
    if row is not None:
        _explore({"column": "label", "in": [str(shown["label"].iloc[row])]})


def _errors(level: Level) -> None:
    table = loaders.columns(level, ("error",))
    if "error" not in table:
        st.caption("This run does not say how wrong its predictions are.")
        return
    st.markdown(
        f"**Errors** · {words.rows(level)}",
        help="How wrong each prediction is, from 0, right, to 1, wrong. From 0.5 on it counts as an error.",
    )
    widgets.figure(
        bars.errors(pd.Series(table["error"]), rows=words.noun(level.name)), f"{level.run}-errors", key="errors"
    )


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """The class table as shown: percentages, the interval and the confusion in words."""
    ends = zip(table["error_low"], table["error_high"], table["support"], strict=True)
    worst = zip(table["worst_confusion"], table["worst_confusion_n"], strict=True)
    return pd.DataFrame(
        {
            "class": table["label"],
            "support": table["support"],
            "errors": table["errors"],
            "error": 100 * table["error_rate"],
            "interval": [f"{100 * low:.1f} – {100 * high:.1f}" if n else "–" for low, high, n in ends],
            "hard": 100 * table["hard_share"],
            "difficulty": table["mean_difficulty"],
            "confusion": [f"{name} ({n:,})" if n else "–" for name, n in worst],
        }
    )


def _columns(level: Level) -> dict:
    rows = words.noun(level.name)
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "class": text("class", help="The given label."),
        "support": number(rows, help=f"How many {words.plain(rows)} have this label.", format="localized"),
        "errors": number("errors", help="How many of them are predicted as another class.", format="localized"),
        "error": number("error, %", help="Share of them predicted as another class.", format="%.1f"),
        "interval": text("95% interval", help="Wilson interval of the error, %."),
        "hard": st.column_config.ProgressColumn(
            "in hardest tenth, %",
            help="Share of them with difficulty 90 and more; 10% would be like the whole data set.",
            format="%.1f",
            min_value=0,
            max_value=100,
        ),
        "difficulty": number("difficulty", help="Mean percentile over all, 0 to 100.", format="%.1f"),
        "confusion": text("most confused with", help="The class predicted most often instead, and how often."),
    }


def _card(run: Run, level: Level, counted: Overview) -> None:
    info = run.info
    st.markdown("**Model, data, checkpoint**")
    with st.container(border=True):
        widgets.facts(card(run, level, counted))
    for name in ("difficulty", "label_suspicion"):
        with st.container(gap=None):
            st.caption(f"How {name.replace('_', ' ')} was made")
            st.text((info.get("headline") or {}).get(name) or "not recorded in this run")
    _missing(map_to_come.lacking(level))
    _timings(info.get("timings") or {})


def _missing(missing: dict) -> None:
    if not missing:
        return
    with st.expander(f"Missing: {words.plain(', '.join(missing))}", icon=":material/extension_off:"):
        for what, way in missing.items():
            st.text(f"{what}: {way}")


def _timings(timings: dict) -> None:
    if not timings:
        return
    stages = {str(stage): took for stage, took in timings.items() if stage != "total"}
    total = timings.get("total", sum(stages.values()))
    with st.expander(f"Time: {words.seconds(total)} in {words.count(len(stages), 'stage')}", icon=":material/timer:"):
        widgets.facts({stage: words.seconds(took) for stage, took in stages.items()})


def _failures(run: Run) -> None:
    failed = run.failures()
    if failed.empty:
        return
    title = f"{words.count(len(failed), 'example')} could not be scored"
    with st.expander(title, icon=":material/error:", expanded=bool(run.info.get("warning"))):
        st.dataframe(
            failed.head(1_000),
            hide_index=True,
            column_config={
                "index": st.column_config.NumberColumn("row in the catalog", format="localized"),
            },
        )
        if len(failed) > 1_000:
            st.caption(f"The first 1,000 of {len(failed):,}; all are in failures.parquet of the run.")


def _explore(clause: dict) -> None:
    state.show_matches({"all": [clause]})
