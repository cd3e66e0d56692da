"""The app's server, as `hem app` starts it, with a line in a file for each answer of the byte routes.

    python benchmarks/_timed.py WORKSPACE PORT FILE

A line: what was asked, the status, and the milliseconds from the request's arrival to the last byte handed on.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO, Any


class Timed:
    """An ASGI application whose answers under /hem/ are timed."""

    def __init__(self, app: Any, file: IO[str]) -> None:
        self.app, self.file = app, file

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        _, _, what = scope.get("path", "").partition("/hem/")
        if scope["type"] != "http" or not what:
            return await self.app(scope, receive, send)
        status, start = 0, time.perf_counter()

        async def sent(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            ms = 1000 * (time.perf_counter() - start)
            self.file.write(f"{what.partition('/')[0]} {status} {ms:.2f}\n")
            self.file.flush()


def main(workspace: str, port: str, path: str) -> None:
    """Serve a workspace until the process ends."""
    from app import server

    build = server.build
    with Path(path).open("a", encoding="utf-8") as file:
        server.build = lambda *about, **more: Timed(build(*about, **more), file)
        server.serve(Path(workspace), int(port), open_browser=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
