"""The browser side of Review as a Streamlit component."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

_FOLDER = Path(__file__).parent
_SHIM = """
// The module is one file for all; Streamlit calls this at mount and with every new data.
export default async function (component) {
  const module = await import(new URL(component.data.module, window.location.origin).href);
  return module.default(component);
}
"""
_mount = component(
    "hem_review",
    html='<div class="hem-review" aria-label="review"></div>',
    css=(_FOLDER / "review.css").read_text("utf-8"),
    js=_SHIM,
)


def review(data: dict[str, Any], *, key: str, on_leave: Callable[[], None]) -> None:
    """Show the desk: data is what browser/review/review.js reads (run, rows of the queue, verdicts, token, …).

    on_leave: another page is wanted, {"page": its name}; state.sent(key, "leave") has it.
    """
    _mount(data=data, key=key, height="content", on_leave_change=on_leave)
