"""The frame of every page: the run on screen, its badge, the reviewer; and the pages without a run."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app import loaders, scope, state, theme, widgets, words
from app.browser.guide.component import guide
from hem_core.errors import HemError
from hem_core.jobs.job import running
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES
from hem_core.store.run import Run
from hem_core.tasks import examples_are


@dataclass(frozen=True, eq=False)
class Listing:
    """What a drawing of the app knows of the workspace's runs, read once."""

    runs: list[Run]
    """Newest first, and the run on screen where it is an arm of a retraining."""
    n_listed: int
    """How many of them are no arm."""
    broken: dict[str, str]
    error: HemError | None = None
    """Why there is nothing to read."""

    @property
    def is_empty(self) -> bool:
        """Whether the workspace has no run, not even one that cannot be read."""
        return not self.n_listed and not self.broken and self.error is None


def listing() -> Listing:
    """Read the runs of the workspace."""
    try:
        runs, broken = loaders.workspace().listing()
        arm = _arm(state.current_run(), runs)
    except HemError as error:
        return Listing([], 0, {}, error)
    return Listing([*runs, *arm], len(runs), broken)


def guarded(
    page: Callable[[], None],
    *,
    needs_run: bool = True,
    found: Listing | None = None,
    bar: Callable[[], None] | None = None,
) -> None:
    """`show`, with one sentence in place of an unexpected error; the traceback goes to the server's log."""
    try:
        show(page, needs_run=needs_run, found=found, bar=bar)
    except Exception as error:
        logging.getLogger(__name__).exception("a page of the run %s failed", state.current_run())
        name = state.current_run() or "on screen"
        widgets.failure(
            HemError(
                f"This page cannot show the run {name} ({type(error).__name__}: {error}). Choose another run above, or "
                "score this one again: the same `hem score` command with --overwrite. The server's terminal has the "
                "details."
            )
        )


def level_ahead(found: Listing) -> Level | None:
    """The examples of the run that `show` is about to draw, for the choice of the tabs; None where there is none."""
    try:
        wanted = state.current_run()
        newest = next((run.name for run in found.runs[: found.n_listed] if run.is_complete), None)
        name = wanted if wanted in {run.name for run in found.runs} else newest
        run = loaders.run(name) if name else None
        return run.examples if run is not None and run.is_complete else None
    except (HemError, OSError):
        return None


def show(
    page: Callable[[], None],
    *,
    needs_run: bool = True,
    found: Listing | None = None,
    bar: Callable[[], None] | None = None,
) -> None:
    """Draw the bar with the run picker, then the page for that run.

    The page is called when that run is complete; while it grows, its progress stands in the page's place. A page that
    needs no run is always called. found: the runs, where they have been read for this drawing. bar: draws what the page
    has in the bar.
    Errors that the user can fix are shown as a sentence.
    """
    st.html(theme.CSS)
    found = found or listing()
    if found.error is not None:
        widgets.failure(found.error)
        return
    wanted, broken = state.current_run(), found.broken
    if not found.n_listed:
        widgets.broken(broken)
        with st.container(horizontal=True, horizontal_alignment="right", key="frame"):
            _jobs_mark()
            _help()
        if needs_run:
            widgets.no_runs(str(loaders.folder()))
        else:
            _draw(page)
        return
    by_name = {run.name: run for run in found.runs}
    newest = next((run.name for run in found.runs[: found.n_listed] if run.is_complete), found.runs[0].name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame"):
        name = widgets.run_picker(list(by_name.values()), wanted if wanted in by_name else newest)
        widgets.broken_mark(broken)
        state.set_current_run(name)
        _choose_level(by_name[name])
        try:
            widgets.sample_badge(by_name[name].level(state.current_level()))
            widgets.read_only_badge(loaders.workspace())
            st.caption(words.plain(_line(by_name[name])), width="stretch")
        except HemError:  # the page says what is wrong with it
            st.space("stretch")
        if bar is not None and by_name[name].is_complete:
            bar()
        _jobs_mark()
        _help()
        widgets.signature()
    if wanted and wanted not in by_name:
        st.info(f"There is no run {words.plain(wanted)} in this workspace; showing {words.plain(name)}.")
    if needs_run and not by_name[name].is_complete:
        _watch(name)
        return
    _draw(page, needs_run=needs_run)


def _draw(page: Callable[[], None], *, needs_run: bool = False) -> None:
    try:
        if needs_run:
            scope.fit(scope.level())
        st.html(theme.SKELETON)
        page()
    except HemError as error:
        widgets.failure(error)


def _help() -> None:
    """Help, where this is the page of a visitor and not a part that is drawn by itself."""
    page = state.recall("page")
    if isinstance(page, str):
        guide(page)


def _jobs_mark() -> None:
    """While something runs in the background: how much, and the way to Jobs."""
    if running(loaders.folder()):
        with st.container(width="content"):
            _count_jobs()


@st.fragment(run_every="5s")
def _count_jobs() -> None:
    n = len(running(loaders.folder()))
    if n and st.button(f"{words.count(n, 'job')} running", icon="spinner", type="tertiary", key="jobs_mark"):
        state.go("jobs")


def _choose_level(run: Run) -> None:
    """The switch of levels where the run has more than one; the level of an address that it has not is left."""
    if state.current_level() not in run.levels:
        state.set_current_level(EXAMPLES)
    if len(run.levels) > 1:
        task = loaders.task(run.examples)
        widgets.level_picker(run.levels, state.current_level(), examples_are(task) if task is not None else EXAMPLES)


def _arm(wanted: str | None, runs: list[Run]) -> list[Run]:
    """The run on screen where it is an arm of a retraining: in no list, but it can be looked at."""
    if not wanted or wanted in {run.name for run in runs}:
        return []
    return [run for run in loaders.workspace().runs(with_arms=True) if run.name == wanted]


@st.fragment(run_every="2s")
def _watch(name: str) -> None:
    run = next((run for run in loaders.workspace().runs(with_arms=True) if run.name == name), None)
    if run is None or run.is_complete:
        st.rerun()
    widgets.growing(run)


def _line(run: Run) -> str:
    retraining = loaders.workspace().retraining_of(run)
    parts = [f"test of the retraining {retraining}" if retraining else ""]
    level = run.level(state.current_level())
    parts += [words.rows(level), str((run.info.get("model") or {}).get("name") or "")]
    metrics = loaders.metrics(level) if run.is_complete else []
    parts += [f"{metric.name} {metric}" for metric in metrics[:1]]
    return " · ".join(part for part in parts if part)
