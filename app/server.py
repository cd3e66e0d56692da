"""The server: Streamlit as an ASGI app with the byte routes; the host and the token are checked first."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app import gate, memory
from app.access import TOKEN_FILE
from app.network import LOCAL, LOOPBACK, Network
from hem_core.buckets.places import named
from hem_core.errors import HemError
from hem_core.store.tag_place import tag_place
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    from starlette.routing import Route
    from starlette.types import ASGIApp

HOST = LOOPBACK
FIRST_PORT = 8501
PORTS_TRIED = 50
LARGEST_UPLOAD_MB = 500
"""The server refuses a larger one, whatever the limit of a single field: a table of a million examples and ten classes
has some 200 MB as a CSV. While it comes in it is in memory; what is larger is named by its path."""
SETTINGS: dict[str, object] = {
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


def settings(network: Network = LOCAL) -> dict[str, object]:
    """Streamlit's options for a network."""
    public = network.origin.partition("://")[2] or HOST
    return {
        **SETTINGS,
        "server.address": network.host,
        "server.baseUrlPath": network.base.strip("/"),
        "server.allowedHosts": [name.strip("[]") for name in sorted(network.names)],
        # A web socket's Origin that differs from its Host is compared with this before anything is asked elsewhere.
        "browser.serverAddress": public.rpartition(":")[0] or public if "[" not in public else HOST,
    }


def build(
    workspace: Path, token: str | None = None, network: Network = LOCAL, login: gate.Gate | None = None
) -> ASGIApp:
    """The whole application for one workspace folder, ready for an ASGI server.

    Answers under the names of the network only, to requests with the token, or to those whom `login` admits; without
    both, to all requests. One workspace a process: the last one built is the one shown.
    """
    os.environ["HEM_WORKSPACE"] = str(Path(workspace).resolve())
    from streamlit import config
    from streamlit.starlette import App

    from app import first_page
    from app.access import Entry
    from app.theme import THEME
    from app.wire.routes import routes

    memory.set_up()
    for name, value in {**settings(network), **THEME}.items():
        config.set_option(name, value)
    own = [_under(network.base, route) for route in (*routes(), *first_page.routes())]
    return Entry(App(Path(__file__).parent / "main.py", routes=own), token, network, login)


def _under(base: str, route: Route) -> Route:
    return type(route)(base + route.path, route.endpoint, methods=list(route.methods or ()))


def serve(
    workspace: Path,
    port: int | None = None,
    open_browser: bool = True,
    has_token: bool = True,
    network: Network = LOCAL,
    is_ready: Callable[[str], None] | None = None,
) -> None:
    """Show a workspace, or the one around a run, until Ctrl-C; by default on 127.0.0.1 and the first free port.

    has_token: only those who have the printed address get access; not asked for where the network names people who log
    in. is_ready: called with the address before it is served; with its token, but for a server on a network.
    Raises HemError when there is no such folder, the given port is busy, the login is not complete, anybody on the
    network would get in, or the database of the tags ($HEM_TAGS_URL) does not answer.
    """
    import uvicorn

    from app import warm_up
    from app.access import stored_token

    home = open_workspace(workspace)
    workspace = home.folder
    if isinstance(tag_place(workspace), str):
        home.tags()  # a database that does not answer is said now, not on the first page
    login = gate.configured(network)
    if network.is_exposed and login is None and not has_token:
        raise HemError(
            "others than this machine can reach this address, and --no-token would let them all in: leave it out, or "
            "name those who may log in with --allow"
        )
    listener = _listen(port, network.host)
    token = stored_token(workspace) if has_token and login is None else None
    url = _address(network, listener.getsockname()[1])
    app = build(workspace, token, network, login)
    warm_up.start()
    # No header of a proxy is read: the public address is given, not guessed.
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        proxy_headers=False,
        server_header=False,
    )
    entry = _with_token(url, token, network)
    sys.stdout.write(f"HEM shows {named(Path(workspace).resolve())} on {_said(url, entry, workspace, network)}\n")
    sys.stdout.flush()
    if is_ready is not None:
        is_ready(url if network.is_exposed else entry)
    with _opened(entry) if open_browser else contextlib.nullcontext():
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            sys.stdout.write("\n")


def _address(network: Network, port: int) -> str:
    place = f"[{network.host}]" if ":" in network.host else network.host
    return (network.origin or f"http://{place}:{port}") + network.base + "/"


def _with_token(url: str, token: str | None, network: Network) -> str:
    """On a network behind a #: what stands there is not sent, so that no proxy writes it to its log."""
    return url + (f"{'#' if network.is_exposed else '?'}token={token}" if token else "")


def _said(url: str, entry: str, workspace: Path, network: Network) -> str:
    """The address as it is printed; the token of a server on a network goes to a terminal alone, not to a log."""
    is_told = entry == url or not network.is_exposed or sys.stdout.isatty()
    is_plain = network.is_exposed and not network.is_secure
    lines = [f"{entry if is_told else url} (Ctrl-C ends it)"]
    lines += [] if is_told else [f"Its token is in {Path(workspace).resolve() / TOKEN_FILE}"]
    lines += ["Without https, everybody on the way can read what is sent; docs/network.md shows a proxy."] * is_plain
    return "\n".join(lines)


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


def _listen(port: int | None, host: str = HOST) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for number in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it. asyncio sets it for sockets with a protocol number alone, and this one has none: each
        # small answer, sent as its head and its body, would wait 40 ms for the browser's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((host, number))
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            if error.errno in (errno.EADDRNOTAVAIL, None) or isinstance(error, socket.gaierror):
                raise HemError(f"this machine has no address {host} to listen on; see --host") from error
    if port is not None:
        raise HemError(f"port {port} is busy; choose another with --port, or omit --port")
    last = FIRST_PORT + PORTS_TRIED - 1
    raise HemError(f"no free port from {FIRST_PORT} to {last}; choose one with --port")
