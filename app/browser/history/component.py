"""The id of the browser's window, for Python: what is reversed here belongs to this window."""

from streamlit.components.v2 import component

from app import state
from app.browser import joined
from app.wire import code

_mount = component("hem_window", html="<span hidden></span>", js=joined.shim("history/window.js"))
KEY = "history_window"


def draw_window() -> None:
    """Ask the browser which window this is; nothing is seen of it. The answer draws the page again, once a visit."""
    known = this_window()
    _mount(key=KEY, data={"code": code.address(), "id": known}, height="content", on_window_change=lambda: None)


def this_window() -> str:
    """The id of this window, as in the log of the tags; "" before the browser has named it."""
    id = state.sent(KEY, "window").get("id", state.recall("window", ""))
    if isinstance(id, str) and len(id) <= 64:
        state.remember("window", id)
        return id
    return ""
