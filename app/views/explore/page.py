"""Explore: find a group of examples by filter, map, matrix or gallery; tag it, or make a set of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import map_to_come, saved_views, scope, state
from app.browser.explorer.component import explorer, sent_state
from app.wire import masks
from app.wire.explorer_data import explorer_data
from hem_core.store.level_names import EXAMPLES

TITLE = "Explore"
PLACE = 20
PAGES = ("labels",)
"""Pages that the example in the drawer leads to, beside Review and Sets."""

if TYPE_CHECKING:
    from hem_core.store.level import Level


def bar() -> None:
    """The menu of the saved views."""
    saved_views.menu()


def page() -> None:
    """The explorer of the level on screen. The page filters and selects; rules come here and go to the address."""
    level = scope.level()
    filter_, selection = state.rule(), state.selection()
    explorer(
        {
            **explorer_data(level),
            "token": state.page_token(),
            "person": state.person(),
            "filter": filter_,
            "selection": selection,
            "view": state.view(),
            "sequence": state.recall("explore_sequence", 0),
            "count": _count(level, filter_, selection),
        },
        on_state=_take_state,
    )
    page_name = state.forget("explore_goes_to")
    if page_name:
        state.go(str(page_name))
    map_to_come.watch(level)


def _take_state() -> None:
    new = sent_state()
    if (new.get("run"), new.get("level", EXAMPLES)) != (state.current_run(), state.current_level()):
        return  # the last words of a page whose run or level is no longer on screen
    state.set_rule(new.get("filter"))
    state.set_selection(new.get("selection"))
    state.set_view(new.get("view") or {})
    state.remember("explore_sequence", new.get("sequence", 0))
    going = new.get("go")
    if isinstance(going, dict):
        is_repeated = going.get("id") == state.recall("explore_went")
        state.remember("explore_went", going.get("id"))
        _go(str(going.get("name")), going.get("value"), is_repeated=is_repeated)


def _go(name: str, value: object, *, is_repeated: bool) -> None:
    """Go where the page wants to. It asks again while it is still there: that broke off the change of pages."""
    if name == "open":
        state.remember("review_id", value)
        state.remember("explore_goes_to", "review")
    elif name == "set":
        state.remember("sets_asked", int(str(state.recall("sets_asked", 0))) + (not is_repeated))
        state.remember("explore_goes_to", "sets")
    elif name == "page" and value in PAGES:
        state.remember("explore_goes_to", value)


def _count(level: Level, filter_: dict[str, Any] | None, selection: dict[str, Any] | None) -> int:
    clauses = [*(filter_ or {}).get("all", []), *(selection or {}).get("all", [])]
    return masks.count(level, {"all": clauses})
