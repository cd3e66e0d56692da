"""From a set that is being made to the review of its examples, and back to the same set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app import loaders, state, words
from hem_core.store.level import Level

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected


def draw(level: Level, rule: dict[str, Any], made: Selected) -> None:
    """The button, while somebody has examples of the set left to review and the address can name them."""
    open_ids = set(made.examples["id"].astype(str)).difference(loaders.reviewed(level))
    wanted = rule_of(rule, made)
    if not open_ids or not state.fits(wanted):
        return
    about = (
        f"{words.counted(len(open_ids), level.name)} of this set without a verdict, the hardest first; then back here."
    )
    if st.button(f"Review these {len(made.examples):,}", icon=":material/rate_review:", key="set_review", help=about):
        review(wanted)


def rule_of(rule: dict[str, Any], made: Selected) -> dict[str, Any]:
    """The rule of the candidates where the set is all of them, else one that names the examples."""
    is_all = made.settings["n"] is None and made.left_out.empty and bool(rule.get("all"))
    return rule if is_all else {"all": [{"rows": made.examples["id"].astype(str).tolist()}]}


def review(rule: dict[str, Any]) -> None:
    """Walk through the rows of a rule; the page Sets then begins with the same rows."""
    state.set_rule(None)
    state.set_selection(rule)
    state.remember("set_rule", rule)
    state.set_queue("selection")
    state.drop_example()
    state.go("review")
