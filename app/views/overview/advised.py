"""What to do next: each action with what an hour of it gains, its evidence beside it, and the learning curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import loaders, state, widgets, words
from app.views.overview import learning_curve, measured_curve
from hem_core.advise import LABELS_PER_HOUR
from hem_core.advise.trainable import says_something, train_of
from hem_core.advise.trial_plan import planned
from hem_core.minus import minus
from hem_core.store.definitions import SUSPECTED

if TYPE_CHECKING:
    from hem_core.advise import Action, Advice, ErrorParts, Share
    from hem_core.store.level import Level
    from hem_core.store.run import Run

AT_ONCE = 200_000
"""Examples up to which the advice is worked out without being asked for."""
HELP = (
    "What an hour of each action is expected to gain, with its 95% interval. What the run cannot support is not known, "
    "and its evidence says what would make it known."
)
PAGES = {
    "add_data": ("Add data", ":material/add:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "explore": ("Explore", ":material/scatter_plot:"),
    "retrain": ("Retrain", ":material/model_training:"),
    "review": ("Review", ":material/rate_review:"),
    "slices": ("Slices", ":material/pie_chart:"),
}
"""Pages that an action can lead to, with the words and the icon of the button."""


def draw(run: Run, level: Level) -> None:
    """The section; of a large run a button that works it out."""
    st.markdown("**What to do next**", help=HELP)
    if run.n > AT_ONCE and not state.recall(f"advised {level.fingerprint}"):
        if not st.button("Work out what to do next", icon=":material/lightbulb:"):
            return
        state.remember(f"advised {level.fingerprint}", True)
    found = loaders.advice(level)
    hour = f"An hour is {LABELS_PER_HOUR:,} labels. Gains are in {found.measure.unit} of the run's measure"
    st.caption(words.plain(f"{hour}: {found.measure.words}."))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _actions(found)
    with right:
        _curve(run, level, found)
    for note in found.notes:
        st.caption(words.with_code(note))


def _actions(found: Advice) -> None:
    known = [one for one in found.actions if one.is_known]
    for place, one in enumerate(known):
        _action(one, f"advised_{place}", found.measure.unit)
    unknown = [one for one in found.actions if not one.is_known]
    if not unknown:
        return
    names = ", ".join(dict.fromkeys(one.name for one in unknown))
    with st.expander(f"Not known: {words.plain(names)}", icon=":material/help:", expanded=len(known) < 2):
        for place, one in enumerate(unknown):
            _action(one, f"not_known_{place}", found.measure.unit)


def _action(one: Action, key: str, unit: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{words.plain(one.name.capitalize())}** {words.plain(one.what)}{_gain(one, unit)}")
            st.caption(words.with_code(minus(one.evidence)))
        if one.page in PAGES:
            title, icon = PAGES[one.page]
            if st.button(title, icon=icon, key=f"{key}_go", help=words.with_code(one.how) or None):
                _go(one)


def _gain(one: Action, unit: str) -> str:
    """In bold where the interval lies above 0."""
    if one.gain is None or one.low is None or one.high is None or not one.page:
        return ""
    text = words.plain(minus(f"{one.gain:+z.2f} {unit} ({one.low:+z.2f} to {one.high:+z.2f})"))
    return f" · **{text}**" if one.is_above_zero else f" · {text}"


def _go(one: Action) -> None:
    """The suspects have a queue of their own; other examples are a filter, which Review and Explore walk through."""
    is_of_suspects = one.rule is not None and one.rule.get("all") == [SUSPECTED]
    if one.page == "review":
        state.set_queue("suspects" if is_of_suspects or one.rule is None else "filter")
    if one.rule is None or is_of_suspects or one.page not in ("explore", "review"):
        state.go(one.page)
    else:
        state.show_matches(dict(one.rule), one.page)


def _curve(run: Run, level: Level, found: Advice) -> None:
    task = loaders.task(level)
    if task is None or "classes" not in task.offers:
        return
    if found.curve is None:
        st.caption("No learning curve is measured: it shows how much more data would gain.")
    else:
        chart = learning_curve.figure(found.curve, found.error_parts)
        widgets.figure(chart, f"{level.run}-learning-curve", key="learning_curve")
        st.caption(words.with_code(f"Trained: {found.curve.of}. {found.curve.note}"))
    if found.curve is None or not found.curve.is_complete:
        _measure(run)
    if found.error_parts is not None:
        _parts(found.error_parts)


def _measure(run: Run) -> None:
    """The way to a curve: by the run's own train function, by linear heads, or none."""
    is_stand_in = train_of(run) is None
    if not is_stand_in or says_something(run):
        measured_curve.offer(run, is_stand_in=is_stand_in, is_begun=planned(run) is not None)
    else:
        st.code(f"hem advise {run.folder} --curve --train MODULE:FUNCTION", language="bash", wrap_lines=True)


def _parts(parts: ErrorParts) -> None:
    """The error, and what of it can be removed."""
    rows = {"error": _share(parts.error)}
    for name, share in (
        ("wrong labels", parts.wrong_labels),
        ("reducible", parts.reducible),
        ("irreducible", parts.irreducible),
    ):
        rows[name] = _share(share)
    widgets.facts(rows)
    st.caption(words.with_code(parts.how))


def _share(share: Share | None) -> str:
    if share is None:
        return "not known"
    return f"{words.percent(share.value)} of the examples ({100 * share.low:.1f}–{100 * share.high:.1f})"
