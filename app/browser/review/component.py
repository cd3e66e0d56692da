"""The browser side of Review as a Streamlit component."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from app.browser import joined

_FOLDER = Path(__file__).parent
_mount = component(
    "hem_review",
    html='<div class="hem-review" aria-label="review"></div>',
    css=(_FOLDER / "review.css").read_text("utf-8"),
    js=joined.shim("review/review.js"),
)


def review(data: dict[str, Any], *, key: str, on_leave: Callable[[], None]) -> None:
    """Show the desk: data is what browser/review/review.js reads (run, rows of the queue, verdicts, token, …).

    on_leave: another page is wanted, {"page": its name}; state.sent(key, "leave") has it.
    """
    _mount(data=data, key=key, height="content", on_leave_change=on_leave)
