"""History: the actions on the rows of a run, newest first, and the way to reverse each."""

from __future__ import annotations

import base64

import streamlit as st

from app import loaders, scope, state, theme, widgets, words
from app.browser.history.component import draw_window, this_window
from app.views.history import asked, past_words
from app.wire import contents, scenes
from hem_core.errors import HemError
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES
from hem_core.store.tag_pages import Action, Pages, Wanted

TITLE = "History"
PLACE = 85

SHOWN = 20
"""Actions on a page."""


def page() -> None:
    """The filters, the actions, and the pages of them."""
    level = scope.level()
    pages = loaders.tags().pages(level.data)
    levels = loaders.run(level.run).levels
    done = state.forget("history_done")
    if isinstance(done, str):
        st.success(words.plain(done), icon=":material/check:")
    refusal = state.forget("history_failure")
    if isinstance(refusal, str):
        widgets.failure(HemError(refusal))
    wanted = asked.draw(pages, list(levels))
    n = pages.count(wanted)
    if not n:
        _empty(level, wanted)
    else:
        _list(level, pages, wanted, n)
    draw_window()


def _empty(level: Level, wanted: Wanted) -> None:
    if wanted != Wanted():
        st.info("No action matches these filters. Clear them to see all.", icon=":material/filter_alt:")
        return
    with st.container(border=True, width=720):
        st.subheader("Nothing has been done yet", anchor=False)
        rows = words.noun(level.name)
        st.text(f"Verdicts and tags on the {rows} of {level.data} are listed here, from Review, Explore and imports.")


def _list(level: Level, pages: Pages, wanted: Wanted, n: int) -> None:
    number = min(asked.page_number(), (n - 1) // SHOWN)
    st.html(theme.PAST)
    for action in pages.read(wanted, offset=number * SHOWN, limit=SHOWN):
        _draw(level, action)
    first, last = number * SHOWN + 1, min(n, (number + 1) * SHOWN)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Newer", icon=":material/chevron_left:", disabled=not number, key="history_newer"):
            asked.turn_to(number - 1)
            st.rerun()
        if st.button("Older", icon=":material/chevron_right:", disabled=last == n, key="history_older"):
            asked.turn_to(number + 1)
            st.rerun()
        shared = f"on {level.data}, by all runs that share these data"
        st.caption(words.plain(f"{first:,} to {last:,} of {words.count(n, 'action')} {shared}"))


def _draw(level: Level, action: Action) -> None:
    is_here = bool(action.window_id) and action.window_id == this_window()
    with st.container(key=f"past {action.batch}".replace(" ", "_"), gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            picture = _picture(level, action)
            st.html(past_words.markup(action, is_here=is_here, picture=picture), width="stretch")
            _show_button(level, action)
            _reverse_button(action)
        if state.recall("history_asked") == action.batch:
            _ask(level, action)


def _show_button(level: Level, action: Action) -> None:
    if action.level not in loaders.run(level.run).levels:
        return
    is_one = len(action.ids) == 1
    title = "Open" if is_one else "Show rows"
    about = "in Review" if is_one else "selected in Explore"
    if st.button(title, key=f"show {action.batch}", help=f"Opens {past_words.about(action)} {about}."):
        _show(action)


def _show(action: Action) -> None:
    if len(action.ids) > 1:
        state.set_current_level(action.level)
        state.set_rule(None)
        state.set_selection({"all": [{"rows": list(action.ids)}]})
        state.go("explore")
        return
    id = str(action.ids[0])
    example = scenes.example_of(id)
    state.set_current_level(EXAMPLES if example else action.level)
    state.remember("review_id", example or id)
    state.go("review")


def _reverse_button(action: Action) -> None:
    if action.undone_by or not loaders.workspace().is_writable():
        return
    title = "Restore" if action.action == "undo" else "Reverse"
    if st.button(title, icon=":material/undo:", key=f"reverse {action.batch}", help="Shows first what it will change."):
        state.remember("history_asked", action.batch)
        st.rerun()


def _ask(level: Level, action: Action) -> None:
    """What a reversal will change, and the button that does it."""
    log = loaders.tags().level(action.level)
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        try:
            found = log.reversal(level.data, action.batch)
        except HemError as error:
            widgets.failure(error)
            return
        st.markdown(words.plain(past_words.consequence(action, found)), width="stretch")
        title = "Restore" if action.action == "undo" else "Reverse"
        if not state.person():
            widgets.signature()
        elif not found.is_undone and st.button(title, type="primary", key="history_reverse"):
            _reverse(level, action)
        if st.button("Cancel", key="history_cancel"):
            state.forget("history_asked")
            st.rerun()


def _reverse(level: Level, action: Action) -> None:
    log = loaders.tags().level(action.level)
    state.forget("history_asked")
    try:
        found = log.reversal(level.data, action.batch)
        entry = log.undo(level.data, who=state.person(), batch=action.batch, window=this_window())
    except HemError as error:
        state.remember("history_failure", str(error))
        st.rerun()
    if entry is None:
        state.remember("history_failure", "Somebody has reversed it in the meantime; nothing was changed.")
    else:
        left = f", {found.n_left:,} left as they are" if found.n_left else ""
        rows = words.counted(found.n_changed, action.level)
        verb = "Restored" if action.action == "undo" else "Reversed"
        deed = past_words.deed(action.done or action)
        state.remember("history_done", f"{verb}: {deed}. {rows} changed{left}. The newest action below reverses this.")
    st.rerun()


def _picture(level: Level, action: Action) -> str | None:
    """The small picture of the one row that an action is about, as an address."""
    if len(action.ids) != 1 or action.level not in loaders.run(level.run).levels:
        return None
    about = loaders.level(level.run, action.level)
    row = loaders.row_of(about).get(str(action.ids[0]))
    if row is None or contents.medium(about).look != "picture":
        return None
    thumbnail = contents.thumbnail(about, row)
    return f"data:image/webp;base64,{base64.b64encode(thumbnail).decode()}" if thumbnail else None
