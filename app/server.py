"""What is started: Streamlit as an ASGI app, with the byte routes and the host check around it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from hem_core.errors import HemError
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"
FIRST_PORT = 8501
PORTS_TRIED = 50
SETTINGS: dict[str, object] = {
    "server.address": HOST,
    "server.allowedHosts": [HOST, "localhost"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 1,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
}


def build(workspace: Path) -> ASGIApp:
    """The whole application for one workspace folder, ready for an ASGI server.

    Answers 127.0.0.1 and localhost only. One workspace a process: the last one built is the one shown.
    """
    os.environ["HEM_WORKSPACE"] = str(Path(workspace).resolve())
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from streamlit import config
    from streamlit.starlette import App

    from app.routes import routes
    from app.theme import THEME

    for name, value in {**SETTINGS, **THEME}.items():
        config.set_option(name, value)
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)
    return App(Path(__file__).parent / "main.py", routes=routes(), middleware=[hosts])


def serve(workspace: Path, port: int | None = None, open_browser: bool = True) -> None:
    """Show a workspace, or the one around a run, on 127.0.0.1 until Ctrl-C; by default on the first free port.

    Raises HemError when there is no such folder or the given port is busy.
    """
    import uvicorn

    workspace = open_workspace(workspace).folder
    listener = _listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(build(workspace), log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    sys.stdout.write(f"HEM shows {Path(workspace).resolve()} on {url} (Ctrl-C ends it)\n")
    sys.stdout.flush()
    if open_browser:
        threading.Timer(1.0, webbrowser.open, (url,)).start()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        sys.stdout.write("\n")


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
        raise HemError(f"port {port} is busy; choose another with --port, or leave it out")
    last = FIRST_PORT + PORTS_TRIED - 1
    raise HemError(f"no free port from {FIRST_PORT} to {last}; choose one with --port")
