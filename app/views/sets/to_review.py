"""From a set that is being made to the review of its examples, and back to the same set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app import loaders, state, words
from hem_core.store.level import Level

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected

MOST = 500
"""Examples that an address can name; a rule that names none has no limit."""


def draw(level: Level, rule: dict[str, Any], made: Selected) -> None:
    """The button, while somebody has examples of the set left to review."""
    ids = made.examples["id"].astype(str).tolist()
    open_ids = set(ids).difference(loaders.reviewed(level))
    is_all = made.settings["n"] is None
    if not open_ids or (len(ids) > MOST and not is_all):
        return
    about = (
        f"{words.counted(len(open_ids), level.name)} of this set without a verdict, the hardest first; then back here."
    )
    if st.button(f"Review these {len(ids):,}", icon=":material/rate_review:", key="set_review", help=about):
        review(rule if is_all else {"all": [{"rows": ids}]})


def review(rule: dict[str, Any]) -> None:
    """Walk through the rows of a rule; the page Sets then begins with the same rows."""
    state.set_rule(None)
    state.set_selection(rule)
    state.remember("set_rule", rule)
    state.set_queue("selection")
    state.drop_example()
    state.go("review")
