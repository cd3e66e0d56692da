"""The browser side of Explore, as a component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from app import routes, state

_HERE = Path(__file__).parent
# The modules are served from their own address, with the version in the path: relative imports keep it.
_SHIM = """
export default async function (component) {
  const address = new URL(component.data.code, window.location.origin).href;
  return (await import(address)).default(component);
}
"""
_mount = component("hem_explorer", css=(_HERE / "explorer.css").read_text("utf-8"), js=_SHIM, isolate_styles=False)
KEY = "explorer"


def explorer(
    data: Mapping[str, Any], *, on_state: Callable[[], None], on_open: Callable[[], None], on_set: Callable[[], None]
) -> None:
    """Draw the explorer of one run; what people do arrives in `said`, before the page is drawn.

    on_state: filter, selection or view changed; on_open: an example is to be reviewed; on_set: a set is to be
    made of the scope.
    """
    address = f"/hem/static/{routes.version()}/explorer.js"
    _mount(
        key=KEY, data={**data, "code": address}, on_state_change=on_state, on_open_change=on_open, on_set_change=on_set
    )


def said(name: str) -> dict[str, Any]:
    """What the page sent last under a name: 'state', 'open' or 'set'; {} when nothing."""
    return state.sent(KEY, name)
