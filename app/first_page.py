"""The page that Streamlit serves at every address of the app, with what it is about to ask for named in its head.

Streamlit's script finds out which of its parts a page needs when the server has run the page; a browser that has been
told fetches them, and HEM's own script, while it waits for that.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.views import views
from app.wire import code

PARTS = ("BidiComponent", "Html", "Selectbox")
"""The parts of Streamlit's script that every page of the app draws with. One that it no longer has is left out."""
_NEEDED = re.compile(r'(?:from|import)\s*"\./([\w.-]+\.js)"')


def routes() -> list[Route]:
    """The addresses of the pages; any other one is Streamlit's own to answer."""
    return [Route(path, _page, methods=["GET"]) for path in ("/", *(f"/{name}" for name in views()))]


def _page(_request: Request) -> Response:
    ahead = "".join(f'<link rel="modulepreload" href="{address}">' for address in (*_parts(), code.address()))
    text = (_static() / "index.html").read_text("utf-8").replace("</head>", f"{ahead}</head>", 1)
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _parts() -> tuple[str, ...]:
    """The addresses of PARTS and of what they import, beyond what Streamlit's page names itself."""
    folder = _static() / "static" / "js"
    named = (_static() / "index.html").read_text("utf-8")
    waiting = [path.name for part in PARTS for path in folder.glob(f"{part}.*.js")]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop()
        if name not in found and name not in named and (folder / name).is_file():
            found[name] = None
            waiting += _NEEDED.findall((folder / name).read_text("utf-8"))
    return tuple(f"./static/js/{name}" for name in found)


def _static() -> Path:
    import streamlit

    return Path(streamlit.__file__).parent / "static"
