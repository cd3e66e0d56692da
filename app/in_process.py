"""The byte routes without a server: a notebook's messages and a page without a network get the same answers."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from app import loaders
from app.wire.routes import routes, token
from hem_core.errors import RunError
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    from hem_core.store.run import Run

Found = TypeVar("Found")
UNKEPT = "This run is in no workspace, so tags cannot be stored: move its folder to WORKSPACE/runs to tag."
_SILENT = "streamlit.runtime.scriptrunner_utils.script_run_context"
"""Streamlit's logger of every use of its caches outside of its own server."""


@dataclass(frozen=True)
class Answer:
    """What a route answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, eq=False)
class Place:
    """Where a run is read: its workspace; of a run in none, a temporary one that leads to it, where no tag is kept."""

    folder: Path
    is_kept: bool
    _temporary: Any = field(default=None, repr=False)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Let the loaders read this place meanwhile."""
        logging.getLogger(_SILENT).setLevel(logging.ERROR)
        with loaders.showing(self.folder):
            yield

    def ask(self, method: str, address: str, body: bytes = b"") -> Answer:
        """The answer of the app's routes to a request, such as `GET /hem/columns/first?v=…`; blocks."""
        with self.entered():
            return _aside(lambda: asyncio.run(_asked(method, address, body)))


def place_of(run: Run) -> Place:
    """The place of a run."""
    try:
        return Place(open_workspace(run.folder).folder, is_kept=True)
    except RunError:
        around = tempfile.TemporaryDirectory(prefix="hem-run-", ignore_cleanup_errors=True)
        home = Path(around.name) / "runs"
        home.mkdir()
        (home / run.name).symlink_to(run.folder.resolve(), target_is_directory=True)
        return Place(Path(around.name), is_kept=False, _temporary=around)


def _aside(act: Callable[[], Found]) -> Found:
    """The result of a function in a thread of its own: the caller's may run an event loop, as a notebook's does."""
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(context.run, act).result()


@lru_cache(maxsize=1)
def _router() -> Any:
    from starlette.routing import Router

    return Router(routes())


async def _asked(method: str, address: str, body: bytes) -> Answer:
    parts = urlsplit(address)
    headers = [(b"host", b"127.0.0.1"), (b"content-length", str(len(body)).encode())]
    headers.append((b"x-hem-token", token("in-process").encode()))
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": unquote(parts.path),
        "raw_path": parts.path.encode(), "query_string": parts.query.encode(), "headers": headers, "root_path": "",
        "server": ("127.0.0.1", 0), "client": ("127.0.0.1", 0),
    }  # fmt: skip
    said: dict[str, Any] = {"body": []}
    unread = [body]

    async def receive() -> dict[str, Any]:
        if not unread:
            await asyncio.Event().wait()  # nobody leaves before the answer is complete
        return {"type": "http.request", "body": unread.pop(), "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            said.update(status=message["status"], headers=message["headers"])
        else:
            said["body"].append(bytes(message.get("body", b"")))

    await _router()(scope, receive, send)
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in said["headers"]}
    return Answer(said["status"], found, b"".join(said["body"]))
