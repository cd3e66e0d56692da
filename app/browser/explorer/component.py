"""The browser side of Explore, as a component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streamlit.components.v2 import component

from app import state
from app.browser import joined, linked
from app.wire import code

# What stands there until the module has come; explorer.js lays it over itself until its first drawing.
_SKELETON = """
<div class="hem-skeleton" aria-busy="true" aria-label="Explore is loading">
  <div class="hem-bones is-lines"></div>
  <div class="hem-bones is-stage">
    <i class="hem-bone"></i><i class="hem-bone is-figure"></i><i class="hem-bone"></i>
  </div>
  <div class="hem-bones is-tiles"></div>
  <div class="hem-bones is-bar"></div>
</div>
"""
_mount = component(
    "hem_explorer",
    html=_SKELETON,
    css=linked.style(*linked.EXPLORER_STYLES),
    js=joined.shim("explorer/explorer.js"),
    isolate_styles=False,
)
KEY = "explorer"


def explorer(data: Mapping[str, Any], *, on_state: Callable[[], None]) -> None:
    """Draw the explorer of one run; what people do arrives in `said`, before the page is drawn.

    on_state: filter, selection or view changed, or somebody wants to go to another page.
    """
    _mount(key=KEY, data={**data, "code": code.address()}, on_state_change=on_state)


def sent_state() -> dict[str, Any]:
    """The state that the page sent last: run, filter, selection, view, sequence, go; {} when none."""
    return state.sent(KEY, "state")
