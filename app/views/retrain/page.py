"""Retrain: does a set make a better model? Start it, watch it, read the verdict."""

from typing import Any

import pandas as pd
import streamlit as st

from app import loaders, state, widgets, words
from app.views.retrain import form as retrain_form
from app.views.retrain import report as retrain_report
from app.views.retrain import retrains
from hem_core.errors import HemError
from hem_core.retrain import stored
from hem_core.retrain.stored import Stored
from hem_core.store import sets

TITLE = "Retrain"
NEEDS_RUN = False
PLACE = 70

SHOWN = 50


def page() -> None:
    """One retraining, or the form for a new one; below, the earlier ones."""
    home = loaders.folder()
    names = retrains.names(home)
    name = state.retrain()
    if name and name not in names:
        st.info(words.plain(f"There is no retraining {name} in this workspace."))
        name = None
    if state.forget("went_to") == "retrain" and state.recall("retrain_set"):  # just sent here from Sets
        name = None
        state.set_retrain("")
    if name:
        _one(name)
    elif not names and not sets.names(home) and not loaders.workspace().runs():
        widgets.no_runs(str(home))
        return
    else:
        retrain_form.draw()
    _earlier([other for other in names if other != name][:SHOWN])


def _one(name: str) -> None:
    home = loaders.folder()
    found, how = Stored(home / stored.FOLDER / name), retrains.status(home, name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(words.plain(name), anchor=False, width="content")
        st.caption(words.plain(_line(found)), width="stretch")
        if found.html.is_file():
            st.download_button(
                "report.html",
                found.html.read_bytes,
                file_name=f"{name}.html",
                mime="text/html",
                icon=":material/download:",
                on_click="ignore",
                help="The whole report in one file, to print or to send.",
            )
        if st.button("New retraining", icon=":material/add:"):
            state.set_retrain("")
            st.rerun()
    if how["status"] == "complete":
        retrain_report.draw(found)
    elif how["status"] in ("running", "starting"):
        _watch(name)
    else:
        _ended(name, how)


def _line(found: Stored) -> str:
    try:
        plan = found.plan
    except HemError:
        return ""
    chosen = plan.get("set") or {}
    parts = [
        f"set {chosen.get('name')} v{chosen.get('version')}, {words.count(int(chosen.get('n') or 0), 'example')}",
        f"run {plan.get('run')}",
        str(plan.get("train") or ""),
        words.count(len(plan.get("seeds") or ()), "seed"),
        words.moment(plan.get("created")),
    ]
    return " · ".join(part for part in parts if part)


@st.fragment(run_every="1s")
def _watch(name: str) -> None:
    home = loaders.folder()
    how = retrains.status(home, name)
    if how["status"] not in ("running", "starting"):
        st.rerun()
    with st.container(border=True, width=820):
        _progress(how)
        _grid(Stored(home / stored.FOLDER / name), how)
        if st.button("Stop", icon=":material/stop:", help="What is finished is kept; it can be resumed later."):
            retrains.stop(home, name)
            st.rerun()
        st.caption("It keeps running when you leave this page.")


def _progress(how: dict[str, Any]) -> None:
    if how["status"] == "starting":
        st.progress(0.0, text="starting")
        return
    finished, n = len(how.get("finished") or ()), max(1, int(how.get("n_trainings") or 1))
    done, total = float(how.get("done") or 0), float(how.get("total") or 0)
    part = done / total if total and ", seed " in str(how.get("stage")) and done < total else 0.0
    left = how.get("seconds_left")
    stage = f"{finished:,} of {words.count(n, 'training')} · {how.get('stage', 'starting')}"
    stage += f" · about {words.seconds(float(left))} left" if left is not None else ""
    st.progress(min(1.0, (finished + part) / n), text=words.plain(stage))


def _grid(found: Stored, how: dict[str, Any]) -> None:
    """A mark for each arm and seed: finished, being trained, or still to come."""
    try:
        plan = found.plan
    except HemError:
        return
    done = {(str(arm), int(seed)) for arm, seed in how.get("finished") or ()}
    seeds, stage = [int(seed) for seed in plan["seeds"]], str(how.get("stage") or "")
    rows = []
    for arm in plan["arms"]:
        marks = {seed: "✓" if (arm, seed) in done else "…" if stage == f"{arm}, seed {seed}" else "·" for seed in seeds}
        rows.append(f"| {words.plain(arm)} | {' | '.join(marks.values())} |")
    head = " | ".join(f"seed {seed}" for seed in seeds)
    st.markdown(f"| | {head} |\n|:--|{':-:|' * len(seeds)}\n" + "\n".join(rows))


def _ended(name: str, how: dict[str, Any]) -> None:
    """Stopped or failed: what happened, and the button that goes on."""
    home = loaders.folder()
    finished = len(how.get("finished") or (Stored(home / stored.FOLDER / name).progress or {}).get("finished") or ())
    if how["status"] == "failed":
        widgets.failure(HemError(retrains.in_app_words(how["error"])))
    else:
        kept = f"{words.count(finished, 'training is', 'trainings are')} finished and kept."
        st.warning(f"Stopped. {kept}", icon=":material/pause_circle:")
    _grid(Stored(home / stored.FOLDER / name), how)
    if not retrains.can_resume(home, name):
        st.caption("It was started on the command line: run the same `hem retrain` command to resume.")
        return
    with st.container(horizontal=True, gap="small"):
        if not retrains.is_planned(home, name):
            if st.button("Change the settings", type="primary", icon=":material/tune:"):
                retrain_form.refill(retrains.discard(home, name))
                state.set_retrain("")
                st.rerun()
            if "--force" in str(how.get("error")) and st.button("Start anyway"):
                _go_on(name, force=True)
        again = "Try again" if how["status"] == "failed" else "Resume"
        if "--force" not in str(how.get("error")) and st.button(again, icon=":material/play_arrow:"):
            _go_on(name)


def _go_on(name: str, *, force: bool = False) -> None:
    retrains.go_on(loaders.folder(), name, force=force)
    st.rerun()


def _earlier(names: list[str]) -> None:
    if not names:
        return
    st.markdown(f"**Earlier retrainings** · {len(names):,}", help="Tick one to open it.")
    home = loaders.folder()
    rows = [_row(Stored(home / stored.FOLDER / name), retrains.status(home, name)["status"]) for name in names]
    gain = st.column_config.TextColumn("headline, curated − control (95%)")
    chosen = widgets.ticked_row(pd.DataFrame(rows), "retrain_list", column_config={"gain": gain})
    if chosen is not None:
        state.set_retrain(names[chosen])
        st.rerun()


def _row(found: Stored, status: str) -> dict[str, str]:
    try:
        plan = found.plan
    except HemError:
        plan = {}
    report = found.report or {}
    chosen = plan.get("set") or {}
    gain = next((row["difference"].get("curated - control") for row in report.get("table") or ()), None)
    return {
        "name": found.name,
        "set": f"{chosen['name']} v{chosen['version']}" if chosen else "–",
        "verdict": str((report.get("verdict") or {}).get("word") or status),
        "gain": retrain_report.interval(gain),
        "begun": words.moment(plan["created"]) if plan.get("created") else "–",
    }
