"""Saved views in the app: the menu in the bar of Explore, and the address that opens one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import loaders, rule_words, scope, state, widgets, words
from app.rule_fitting import without_places
from hem_core.errors import HemError
from hem_core.store import saved_views
from hem_core.store.saved_views import SavedView

HELP = (
    "A saved view keeps the filter, the selection and the settings of Explore under a name, for everybody who uses "
    "this workspace. Sets can be made from it."
)

IN_FULL, LIST_PX = 4, 420
"""Views up to which the list has no scroll bar, and its height with one."""


def menu() -> None:
    """The button "Views": save what is on screen, open, rename or delete what is saved."""
    found = saved_views.listing(loaders.folder())
    title = f"Views · {len(found):,}" if found else "Views"
    with st.popover(title, icon=":material/bookmark:", help=HELP, width="content"):
        if loaders.workspace().is_writable():
            _save_row(found)
        refusal = state.forget("views_failure")
        if isinstance(refusal, str):
            widgets.failure(HemError(refusal))
        with st.container(height=LIST_PX if len(found) > IN_FULL else "content", border=False):
            for view in found:
                _row(view)
        if found:
            st.caption("An address that ends in /explore?saved=NAME opens one.")


def open_from_address() -> bool:
    """Open the view that `?saved=` names, and take the name out of the address; whether one was opened."""
    name = state.take_saved()
    if not name:
        return False
    try:
        view = saved_views.load(loaders.folder(), name)
    except HemError as error:
        st.toast(words.plain(error), icon=":material/bookmark_remove:", duration="long")
        return False
    show(view)
    return True


def show(view: SavedView) -> None:
    """Have Explore show a view, on the run on screen if that is of the same data."""
    data = {run.name: run.data for run in loaders.workspace().runs(with_arms=True)}
    if data.get(state.current_run() or "") != view.data and view.run in data:
        state.set_current_run(view.run)
    state.set_current_level(view.level)
    is_elsewhere = state.current_run() not in (None, view.run)
    filter_, selection = ((without_places(one).rule if is_elsewhere else one) for one in (view.filter, view.selection))
    if is_elsewhere and (filter_, selection) != (view.filter, view.selection):
        st.toast("A lasso on the embedding map was left out: it belongs to the run that it was drawn on.")
    state.set_rule(dict(filter_) if filter_ else None)
    state.set_selection(dict(selection) if selection else None)
    state.set_view(dict(view.view or {}))


def _save_row(found: list[SavedView]) -> None:
    turn = state.recall("views_turn", 0)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input("Save this view as", max_chars=saved_views.LONGEST, key=f"view_name {turn}", width=240)
        is_taken = " ".join(name.split()) in {view.name for view in found}
        title = "Replace" if is_taken else "Save view"
        if not state.person():
            widgets.signature()
        elif st.button(title, type="primary", icon=":material/save:", disabled=not name.strip(), key="view_save"):
            _act(lambda: _save(name, is_replacing=is_taken))
    st.caption(words.plain(_rows_in_words(state.rule(), state.selection())))


def _save(name: str, *, is_replacing: bool) -> None:
    level = scope.level()
    view = SavedView(
        name, level.run, level.data, level.name, state.rule(), state.selection(), state.view(), state.person()
    )
    saved_views.save(loaders.folder(), view, is_replacing=is_replacing)
    state.remember("views_turn", int(str(state.recall("views_turn", 0))) + 1)


def _row(view: SavedView) -> None:
    asked = state.recall("view_asked")
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button(words.plain(view.name), key=f"view_open {view.name}", type="tertiary"):
                show(view)
                st.rerun()
            st.space("stretch")
            if loaders.workspace().is_writable():
                _small_button("Rename", ":material/edit:", ("rename", view.name))
                _small_button("Delete", ":material/delete:", ("delete", view.name))
        rows = f"{words.noun(view.level).capitalize()}: {_rows_in_words(view.filter, view.selection)}"
        saved = f"{view.who or 'somebody'}, {words.moment(view.saved)}, on {view.run}"
        st.caption(f"{words.plain(rows)}  \n{words.plain(saved)}")
        if asked == ("rename", view.name):
            _rename(view)
        elif asked == ("delete", view.name):
            _delete(view)


def _small_button(title: str, icon: str, asks: tuple[str, str]) -> None:
    if st.button("", icon=icon, key=f"view_{' '.join(asks)}", help=title, type="tertiary"):
        state.remember("view_asked", asks)
        st.rerun()


def _rename(view: SavedView) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        new = st.text_input("New name", value=view.name, max_chars=saved_views.LONGEST, key=f"view_new {view.name}")
        if st.button("Rename", type="primary", key="view_renames"):
            _act(lambda: saved_views.rename(loaders.folder(), view.name, new))
        if st.button("Cancel", key="view_cancel"):
            _done()


def _delete(view: SavedView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Delete it for everybody?")
        if st.button("Delete", type="primary", key="view_deletes"):
            _act(lambda: saved_views.delete(loaders.folder(), view.name))
        if st.button("Cancel", key="view_cancel"):
            _done()


def _act(action: Callable[[], object]) -> None:
    try:
        action()
    except HemError as error:
        state.remember("views_failure", str(error))
    except OSError as error:
        state.remember("views_failure", f"the view could not be stored ({error}); nothing was changed")
    _done()


def _done() -> None:
    state.forget("view_asked")
    st.rerun()


def _rows_in_words(filter_: object, selection: object) -> str:
    level = scope.level()
    filtered = rule_words.in_words(filter_, level) if isinstance(filter_, dict) else ""
    selected = f"selected: {rule_words.in_words(selection, level)}" if isinstance(selection, dict) else ""
    return " · ".join(filter(None, [filtered, selected])) or "all rows"
