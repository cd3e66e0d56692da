"""Help in the bar of every page, as a component."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from streamlit.components.v2 import component

from app.base_path import under
from app.browser import joined
from app.wire import code, tag_words

_FOLDER = Path(__file__).parent
# Its button stands there before the module has come, so that the bar keeps its width.
_HTML = '<div class="hem-guide"><button disabled>Help</button></div>'
_mount = component(
    "hem_guide",
    html=_HTML,
    css=(_FOLDER / "guide.css").read_text("utf-8"),
    js=joined.shim("guide/guide.js"),
    isolate_styles=False,
)


def guide(page: str) -> None:
    """Draw Help. page: the name of the page on screen, for its hint."""
    data = {
        "code": code.address(),
        "page": page,
        "verdicts": [{name: one[name] for name in ("key", "name", "meaning")} for one in tag_words.offered()],
        "docs": under("/documentation"),
        "version": _version(),
    }
    _mount(key="guide", data=data, height="content", width="content")


def _version() -> str:
    try:
        return version("hem")
    except PackageNotFoundError:
        return ""
