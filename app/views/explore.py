"""Explore: find a group of examples by filter, map, matrix or gallery; tag it, or make a set of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import contents, loaders, routes, state, theme, trust, words
from app.components.explorer import explorer, said
from app.identity import identity
from hem_core.errors import DataError
from hem_core.store.tags import VERDICTS

if TYPE_CHECKING:
    from hem_core.store.run import Run


def page() -> None:
    """The explorer of the run on screen. The page filters and selects; rules come here and go to the address."""
    run = loaders.run(state.current_run() or "")
    filter_, selection = _valid(run, state.rule()), _valid(run, state.selection())
    found = trust.trust(run.info)
    explorer(
        {
            "run": run.name,
            "fingerprint": run.fingerprint,
            "identity": identity(run),
            "token": routes.token(state.session_id()),
            "n": run.n,
            "classes": list(run.classes),
            "missing": run.info.get("missing") or {},
            "verdicts": list(VERDICTS),
            "medium": contents.medium(run),
            "trust": asdict(found),
            "colours": {
                "reason": theme.reason_colours(found.is_grey),
                "is_correct": {"true": theme.RIGHT, "false": theme.WRONG},
            },
            "person": state.person(),
            "filter": filter_,
            "selection": selection,
            "view": state.view(),
            "sequence": state.recall("explore_sequence", 0),
            "count": _count(run, filter_, selection),
        },
        on_state=_take_state,
        on_open=_take_open,
        on_set=_take_set,
    )
    if state.forget("explore_goes_to_review"):
        state.go("review")
    if state.forget("explore_goes_to_sets"):
        state.go("sets")


def _take_state() -> None:
    new = said("state")
    state.set_rule(new.get("filter"))
    state.set_selection(new.get("selection"))
    state.set_view(new.get("view") or {})
    state.remember("explore_sequence", new.get("sequence", 0))


def _take_open() -> None:
    state.remember("review_id", said("open").get("id"))
    state.remember("explore_goes_to_review", True)


def _take_set() -> None:
    state.remember("explore_goes_to_sets", True)
    state.remember("sets_asked", int(str(state.recall("sets_asked", 0))) + 1)


def _valid(run: Run, rule: dict[str, Any] | None) -> dict[str, Any] | None:
    from hem_core.store import rules

    try:
        rules.validate(rule, run.columns())
    except DataError as error:
        # An old address, or a rule of another run: shown without it, and said.
        st.toast(words.plain(f"A filter was left out: {error}"), icon=":material/filter_alt_off:")
        return None
    return rule


def _count(run: Run, filter_: dict[str, Any] | None, selection: dict[str, Any] | None) -> int:
    clauses = [*(filter_ or {}).get("all", []), *(selection or {}).get("all", [])]
    if not clauses:
        return run.n
    needs_tags = "tag" in str(clauses)
    tags = loaders.tags().state(run.info["data"]["name"]) if needs_tags else None
    return len(run.rows({"all": clauses}, tags=tags))
