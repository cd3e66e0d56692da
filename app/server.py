"""The server: Streamlit as an ASGI app with the byte routes; the host and the token are checked first."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hem_core.errors import HemError
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
FIRST_PORT = 8501
PORTS_TRIED = 50
LARGEST_UPLOAD_MB = 500
"""The server refuses a larger one, whatever the limit of a single field: a table of a million examples and ten classes
has some 200 MB as a CSV. While it comes in it is in memory; what is larger is named by its path."""
SETTINGS: dict[str, object] = {
    "server.address": HOST,
    "server.allowedHosts": [HOST, "localhost"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": LARGEST_UPLOAD_MB,
    "browser.gatherUsageStats": False,
    "client.disableDataExport": True,  # its CSV could contain formulas: see hem_core.cells
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "runner.postScriptGC": False,  # a full collection after each click takes longer than most pages
}


def build(workspace: Path, token: str | None = None) -> ASGIApp:
    """The whole application for one workspace folder, ready for an ASGI server.

    Answers on 127.0.0.1 and localhost only, to requests with the token; without a token, to all requests. One
    workspace a process: the last one built is the one shown.
    """
    os.environ["HEM_WORKSPACE"] = str(Path(workspace).resolve())
    import pyarrow
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from streamlit import config
    from streamlit.starlette import App

    from app.access import Entry
    from app.theme import THEME
    from app.wire.routes import routes

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # gives back what it has used; the usual one keeps it
    for name, value in {**SETTINGS, **THEME}.items():
        config.set_option(name, value)
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)
    return Entry(App(Path(__file__).parent / "main.py", routes=routes(), middleware=[hosts]), token)


def serve(workspace: Path, port: int | None = None, open_browser: bool = True, has_token: bool = True) -> None:
    """Show a workspace, or the one around a run, on 127.0.0.1 until Ctrl-C; by default on the first free port.

    has_token: only those who have the printed address get access. Raises HemError when there is no such folder or the
    given port is busy.
    """
    import uvicorn

    from app.access import stored_token

    workspace = open_workspace(workspace).folder
    listener = _listen(port)
    token = stored_token(workspace) if has_token else None
    url = f"http://{HOST}:{listener.getsockname()[1]}" + (f"/?token={token}" if token else "")
    config = uvicorn.Config(build(workspace, token), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    sys.stdout.write(f"HEM shows {Path(workspace).resolve()} on {url} (Ctrl-C ends it)\n")
    sys.stdout.flush()
    with _opened(url) if open_browser else contextlib.nullcontext():
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            sys.stdout.write("\n")


@contextlib.contextmanager
def _opened(url: str) -> Iterator[None]:
    """Open the browser on a file that leads to the address: every account can read the browser's command line."""
    from app.access import write_private

    with tempfile.TemporaryDirectory(prefix="hem-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "open-hem.html"
        write_private(
            path, f'<!doctype html><meta http-equiv="refresh" content="0; url={url}"><a href="{url}">Open HEM</a>'
        )
        timer = threading.Timer(1.0, webbrowser.open, (path.as_uri(),))
        timer.daemon = True
        timer.start()
        yield


def _listen(port: int | None) -> socket.socket:
    wanted = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for number in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen(128)
            return listener
        except OSError:
            listener.close()
    if port is not None:
        raise HemError(f"port {port} is busy; choose another with --port, or omit --port")
    last = FIRST_PORT + PORTS_TRIED - 1
    raise HemError(f"no free port from {FIRST_PORT} to {last}; choose one with --port")
