"""The browser side as a browser gets it: one script, the modules one by one, the style sheets, and Plotly."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.base_path import under
from app.browser import joined
from app.wire.door import say

FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
_FOLDER = Path(joined.__file__).parent
_JOINED, _PLOTLY = "joined.js", "plotly.min.js"
_JAVASCRIPT = "text/javascript"


def address() -> str:
    """Where a browser gets the browser side as one script: with the version in it."""
    return under(f"/hem/static/{version()}/{_JOINED}")


def ready() -> None:
    """Have the script compressed before it is asked for."""
    _script(_JOINED)


@lru_cache(maxsize=1)
def version() -> str:
    """A hash of the browser side's files: part of their address, so that they can be cached for ever."""
    return hashlib.sha256(b"".join(path.read_bytes() for _name, path in sorted(_files().items()))).hexdigest()[:12]


def serve(request: Request) -> Response:
    """The file that is asked for, by version and name: of another version there is nothing, so it is not kept."""
    path = request.path_params["path"]
    written, _, name = path.partition("/")
    headers = FOR_EVER if written == version() else {"Cache-Control": "no-cache"}
    if path == _PLOTLY:
        return _packed(request, _PLOTLY, FOR_EVER)
    if name == _JOINED:
        return _packed(request, _JOINED, headers)
    file = _files().get(name)
    return say(404, f"no file '{name}'") if file is None else FileResponse(file, headers=headers)


def _packed(request: Request, name: str, headers: dict[str, str]) -> Response:
    """A script, compressed once for all who ask for it."""
    plain, packed = _script(name)
    headers = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type=_JAVASCRIPT, headers={**headers, "Content-Encoding": "gzip"})
    return Response(plain(), media_type=_JAVASCRIPT, headers={**headers, "Content-Encoding": "identity"})


@lru_cache(maxsize=2)
def _script(name: str) -> tuple[Callable[[], bytes], bytes]:
    """How to get a script, and it compressed: little less than it could be, for a tenth of the time."""
    plain = _plotly if name == _PLOTLY else lambda: joined.script().encode()
    return plain, gzip.compress(plain(), 1, mtime=0)


def _plotly() -> bytes:
    import plotly

    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """The browser side, by the name within its folder: `explorer/map.js`."""
    found = (path for path in _FOLDER.rglob("*") if path.suffix in (".js", ".css"))
    return {path.relative_to(_FOLDER).as_posix(): path for path in found}
