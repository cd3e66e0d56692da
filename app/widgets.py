"""Small parts that several pages draw; each returns the user's choice."""

import html
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st

from app import login, state, words
from app.access_pages import NAME_PAGE
from app.base_path import under
from hem_core.store import definitions, numbers
from hem_core.store.level_names import EXAMPLES, noun
from hem_core.store.tag_place import tag_place

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.trust import Trust
    from hem_core.store.level import Level
    from hem_core.store.run import Run
    from hem_core.store.workspace import Workspace

Colour = Literal["orange", "green", "gray"]

SILENT_SECONDS = 60
"""Seconds without progress after which a run has probably been stopped."""

READ_ONLY = (
    "This workspace is read-only. Viewing, filtering, selecting and exporting work; tags, verdicts, sets and "
    "retrainings cannot be saved. To save your own, open a copy of the folder; hem copy copies a run from a bucket."
)
READ_ONLY_BUT_TAGS = (
    "Tags and verdicts are saved, in a database. The workspace itself is read-only. Viewing, filtering, selecting and "
    "exporting work; views, sets and retrainings cannot be saved. To save your own, open a copy of the folder; hem "
    "copy copies a run from a bucket."
)

TRUST: dict[str, Colour] = {"calibrated": "green", "untrusted": "orange", "rules": "gray"}

SAMPLES: dict[str, tuple[str, Colour, str]] = {
    "in-sample": (
        "in-sample · optimistic",
        "orange",
        "The model was trained on these examples: the final loss is optimistic, and examples that it has "
        "memorised look easy.",
    ),
    "out-of-sample": (
        "out-of-sample",
        "green",
        "The model was not trained on these examples: their errors are representative of new data.",
    ),
    "judged by a head": (
        "in-sample · errors out-of-sample",
        "green",
        "The model was trained on these examples. Predictions and errors are therefore those of "
        f"{definitions.OUT_OF_SAMPLE_HEAD}; the model's own predictions are in the columns predicted_in_sample and "
        "is_correct_in_sample.",
    ),
    "unknown": (
        "in- or out-of-sample unknown",
        "gray",
        "It is not known whether the model was trained on these examples. If it was, the numbers are optimistic.",
    ),
}


def run_picker(runs: Sequence["Run"], chosen: str) -> str:
    """A select box over the runs, newest first; returns the name of the chosen one."""
    about = {run.name: "" if run.is_complete else " · running" for run in runs}
    return st.selectbox(
        "Run",
        [run.name for run in runs],
        format_func=lambda name: name + about[name],
        key=state.put("run_picker", chosen),
        on_change=state.take("run_picker", state.set_current_run),
        label_visibility="collapsed",
        width=280,
    )


def level_picker(levels: Sequence[str], chosen: str, examples: str = EXAMPLES) -> None:
    """A switch between the levels of a run: its examples, which may have a name of their own, and their parts."""
    st.segmented_control(
        "Level",
        levels,
        format_func=lambda name: examples if name == EXAMPLES else noun(name),
        key=state.put("level_picker", chosen),
        on_change=state.take("level_picker", lambda name: state.set_current_level(name or chosen)),
        label_visibility="collapsed",
        required=True,
        help="The kind of row on every page: an example, or a part of one.",
    )


def sample_of(level: "Level") -> tuple[str, Colour, str]:
    """Of which sample the errors of a level are: label, colour and what it means."""
    sample, is_complete = str(level.info.get("sample")), level.info.get("status") == "complete"
    if is_complete and sample == "in-sample" and numbers.sample_of_errors(level) == "out-of-sample":
        sample = "judged by a head"
    return SAMPLES.get(sample, SAMPLES["unknown"])


def sample_badge(level: "Level") -> None:
    """Show whether the model has seen these examples in training, and whose errors are counted."""
    label, colour, why = sample_of(level)
    st.badge(label, color=colour, help=why)


def read_only_badge(workspace: "Workspace") -> None:
    """Show what cannot be saved, if the workspace is read-only."""
    if not workspace.is_writable():
        label = "read-only, except tags" if _are_tags_elsewhere(workspace) else "read-only"
        st.badge(label, color="orange", icon=":material/lock:", help=why_read_only(workspace))


def why_read_only(workspace: "Workspace") -> str:
    """What cannot be saved in a read-only workspace, and what to do."""
    return READ_ONLY_BUT_TAGS if _are_tags_elsewhere(workspace) else READ_ONLY


def _are_tags_elsewhere(workspace: "Workspace") -> bool:
    """Whether the tags are in a database, so that they are saved where the workspace cannot be written to."""
    return isinstance(tag_place(workspace.folder), str)


def trust_badge(found: "Trust") -> None:
    """Show how far the reasons can be trusted."""
    st.badge(
        found.badge, color=TRUST[found.how], help=words.plain(". ".join(filter(None, [found.sentence, found.note])))
    )


def broken(reasons: Mapping[str, str]) -> None:
    """The runs that cannot be read, one per line, with what to do."""
    for reason in reasons.values():
        st.error(words.plain(reason), icon=":material/error:")


def broken_mark(reasons: Mapping[str, str]) -> None:
    """A note next to the run picker that some runs are not listed, and why."""
    if reasons:
        title = f"{words.count(len(reasons), 'run')} not shown"
        with st.popover(title, icon=":material/error:", type="tertiary"):
            broken(reasons)


def signature() -> None:
    """The reviewer's name: it leads to the page where another one is typed, or to the log-out where people log in."""
    if login.is_configured():
        _logged_in(state.person())
        return
    st.html(_name_link(state.person() or "Who is reviewing?"), width="content")


def _logged_in(person: str) -> None:
    if not person:
        if st.button("Log in", icon=":material/login:", type="tertiary", key="log_in"):
            login.log_in()
        return
    with st.popover(words.plain(person), icon=":material/person:", type="tertiary"):
        st.caption("Verdicts and tags are signed with this name, which comes from your login.")
        if st.button("Log out", icon=":material/logout:", key="log_out"):
            login.log_out()


def ask_name() -> None:
    """Shown in place of parts that need a name: a link to enter one, or the button that leads to the login."""
    with st.container(border=True, width=720):
        st.subheader("Who is reviewing?")
        st.text("Verdicts are signed, and people who review at the same time get different examples.")
        if login.is_configured():
            if st.button("Log in", icon=":material/login:", type="primary", key="log_in_to_review"):
                login.log_in()
            return
        st.html(_NAME_FORM.format(address=under(NAME_PAGE), longest=login.LONGEST_NAME))
        st.caption("This browser remembers it.")


_NAME_FORM = """
<form class="hem-name" method="post" action="{address}"><label>Your name
<input name="who" maxlength="{longest}" required autocomplete="name"></label> <button>Start reviewing</button></form>
"""
"""Posted to the page of the name, which leads back to the page that the form stands on."""


def _name_link(title: str) -> str:
    return f'<a href="{under(NAME_PAGE)}" title="Verdicts and tags are signed with this name.">{html.escape(title)}</a>'


def no_runs(folder: str) -> None:
    """Shown in an empty workspace: the page and the two commands that fill it."""
    with st.container(border=True, width=720):
        st.subheader("No runs yet")
        st.text("A run holds the scores of one model on one data set. Make one here, from a file or a folder:")
        if st.button("Add data", type="primary", icon=":material/add:", key="no_runs_add"):
            state.go("add_data")
        st.text("Or in a terminal; then reload this page.")
        st.caption("Try it on handwritten digits:")
        st.code(f"hem demo --workspace {shlex.quote(folder)}", language="bash")
        st.caption("Or on your own model and data:")
        st.code(
            "hem score DATA --model package.module:factory --weights w.safetensors "
            f"--out {shlex.quote(folder)}/runs/first",
            language="bash",
            wrap_lines=True,
        )


def growing(run: "Run") -> None:
    """The progress of an incomplete run: stage, rate, time left; or that it has stopped."""
    progress = run.progress() or {}
    done, total = int(progress.get("done") or 0), int(progress.get("total") or 0)
    with st.container(border=True, width=720):
        st.subheader("Still being scored")
        stage = str(progress.get("stage") or "starting")
        counted = f"{done:,} of {total:,}" if total else f"{done:,}"
        st.progress(min(1.0, done / total) if total else 0.0, text=words.plain(f"{stage}: {counted}"))
        rate, left = progress.get("rate"), progress.get("seconds_left")
        parts = [f"{float(rate):,.0f} a second"] if rate else []
        parts += [f"about {words.seconds(float(left))} left"] if left is not None else []
        st.caption(words.plain(" · ".join(parts) or "measuring the rate"))
        silent = time.time() - float(progress.get("updated") or 0)
        if silent > SILENT_SECONDS:
            silence = f"No progress for {words.seconds(silent)}" if progress.get("updated") else "No progress yet"
            st.warning(
                f"{silence}: it was probably stopped. Run the same command to resume; the result is the same.",
                icon=":material/pause_circle:",
            )


def facts(pairs: Mapping[str, str]) -> None:
    """Names and values in two aligned columns; values are shown verbatim."""
    rows = "\n".join(f"| {words.plain(name)} | {words.plain(value)} |" for name, value in pairs.items())
    with st.container(key=f"facts_{abs(hash(tuple(pairs)))}"):
        st.markdown(f"| | |\n|:--|:--|\n{rows}")


def number_card(cell: "DeltaGenerator", title: str, value: str, about: str, why: str) -> None:
    """A bordered number in a cell, with what it is about in grey below it and why it matters on hover."""
    cell.metric(
        title, value, delta=about, delta_color="off", delta_arrow="off", help=why, border=True, height="stretch"
    )  # fmt: skip


def notes(run: "Run") -> None:
    """The run's notes in one box, so that the figures stay on the first screen."""
    found = [words.plain(note) for note in run.info.get("notes") or []]
    if found:
        st.warning(found[0] if len(found) == 1 else "\n".join(f"- {note}" for note in found), icon=":material/info:")


def warning(run: "Run") -> None:
    """A warning that more than a few examples could not be scored, with their number and the most frequent reason."""
    found = run.info.get("warning")
    if found:
        st.warning(words.plain(f"{found}. All of them are listed at the end of this page."), icon=":material/warning:")


def failure(error: Exception) -> None:
    """An error that the user can fix, as one sentence."""
    st.error(words.plain(error), icon=":material/error:")


def ticked_row(table: pd.DataFrame, key: str, *, most_in_full: int = 0, **options: Any) -> int | None:
    """A table whose rows can be ticked; the place of the row that was ticked just now, once, and None otherwise.

    A tick is taken back with the next drawing, so that whoever comes back to the page is not sent away again.
    key: of the table in this session; most_in_full: rows up to which it has no scroll bar; options: of st.dataframe.
    """
    turn = int(str(state.recall(f"{key}_turn", 0)))
    if most_in_full and len(table) <= most_in_full:
        options["height"] = "content"
    counts = {name: st.column_config.NumberColumn(format="localized") for name in table.select_dtypes("integer")}
    options["column_config"] = counts | options.get("column_config", {})
    picked = st.dataframe(
        table, hide_index=True, on_select="rerun", selection_mode="single-row", key=f"{key}_{turn}", **options
    )
    rows = picked["selection"]["rows"]
    if not rows:
        return None
    state.remember(f"{key}_turn", turn + 1)
    return int(rows[0])


def clicked(chart: object, name: str, *, key: str) -> dict | None:
    """A small Plotly figure whose marks can be clicked; the one that was clicked just now, once, and None otherwise.

    A click is taken back with the next drawing, as a tick is in `ticked_row`. key: of the figure in this session.
    """
    turn = int(str(state.recall(f"{key}_turn", 0)))
    points = figure(chart, name, key=f"{key}_{turn}", on_select=True)
    if not points:
        return None
    state.remember(f"{key}_turn", turn + 1)
    return points[0]


def figure(chart: object, name: str, *, key: str, on_select: bool = False) -> list[dict]:
    """A small Plotly figure with a PNG button; returns the points that were clicked."""
    config = {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }
    if not on_select:
        st.plotly_chart(chart, key=key, config=config)
        return []
    event = st.plotly_chart(chart, key=key, config=config, on_select="rerun", selection_mode="points")
    return list(event["selection"]["points"])


def brush(chart: object, name: str, *, key: str) -> list[dict]:
    """A Plotly figure whose marks can be chosen by box, lasso or click; returns the chosen ones."""
    config = {
        "displaylogo": False,
        "modeBarButtons": [["select2d", "lasso2d"], ["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }
    modes = ("points", "box", "lasso")
    event = st.plotly_chart(chart, key=key, config=config, on_select="rerun", selection_mode=modes)
    return list(event["selection"]["points"])
