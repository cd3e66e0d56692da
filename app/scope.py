"""The filter and selection of Explore, fitted to the level on screen."""

import json

import streamlit as st

from app import loaders, state, words
from hem_core.errors import DataError
from hem_core.store import rules
from hem_core.store.level import Level


def level() -> Level:
    """The level on screen, of the run on screen."""
    return loaders.level(state.current_run() or "", state.current_level())


def fit(level: Level) -> None:
    """Drop from the filter and the selection what this level does not have, and report it once; the address follows.

    Every page calls it before it is drawn, so that no page shows "0 of N" because of another run's filter.
    """
    dropped = list(state.take_dropped())
    for now, put in ((state.rule(), state.set_rule), (state.selection(), state.set_selection)):
        found = loaders.fitted(level, json.dumps(now))
        if found.dropped:
            put(found.rule)
            dropped += found.dropped
    if dropped:
        why = "; ".join(dict.fromkeys(dropped))
        st.toast(words.plain(f"Filters removed: {why}."), icon=":material/filter_alt_off:", duration="long")


def explored(level: Level) -> dict[str, dict]:
    """The rules that came from Explore: 'filter', 'selection' (inside the filter), 'chosen' (handed to Sets).

    Those that are not set are left out, and so are those that name columns which this run has not (said once).
    """
    filter_, selection = state.rule(), state.selection()
    found = {"filter": filter_}
    if selection:
        found["selection"] = {"all": [*(filter_ or {}).get("all", []), *selection["all"]]}
    chosen = state.recall("set_rule")
    found["chosen"] = chosen if isinstance(chosen, dict) and chosen.get("all") else None
    return {name: rule for name, rule in found.items() if rule and _fits(level, rule)}


def _fits(level: Level, rule: dict) -> bool:
    try:
        rules.validate(rule, level.columns())
    except DataError as error:
        st.toast(words.plain(f"A filter was removed: {error}"))
        return False
    return True
