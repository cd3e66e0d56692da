"""Access control: a random token in the printed address, kept as a cookie; without it no page is served."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, Response

from app import access_pages

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN_FILE = ".token"
OPEN = "/_stcore/health"
"""The one public address: it reports only that the server is up."""
_TOKEN = re.compile(r"[\w-]{32,128}", re.ASCII)


class Entry:
    """ASGI middleware before everything else: pages, files, byte routes and the web socket of one workspace.

    token: required in the address (`?token=`) or the cookie; None admits everybody who can reach the port.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        return await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to a request without access; None for one with access."""
        if not _is_own_page(scope, headers):
            return HTMLResponse(access_pages.elsewhere(), 403, NEVER)
        if self._token is None or scope["path"] == OPEN or self._is_known(_cookie(headers)):
            return None
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        if scope["type"] == "http" and scope["method"] == "GET" and self._is_known(dict(query).get("token", "")):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            answer = HTMLResponse(access_pages.welcome(scope["path"], rest), headers=NEVER)
            answer.set_cookie(cookie_name(headers), self._token, path="/", httponly=True, samesite="strict")
            return answer
        return HTMLResponse(access_pages.closed(scope["path"]), 403, NEVER)

    def _is_known(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())


NEVER = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def stored_token(workspace: Path) -> str:
    """The workspace's token, so that a bookmark and an open page outlive a restart; made when there is none.

    It is in a file that its owner alone can read; one that others can read, or that somebody else owns, is replaced.
    In a folder that cannot be written to the token is good for this process only.
    """
    path = workspace / TOKEN_FILE
    known = _private_text(path)
    if known and _TOKEN.fullmatch(known):
        return known
    token = secrets.token_urlsafe(32)
    try:
        path.unlink(missing_ok=True)
        write_private(path, token)
    except OSError:
        pass  # read-only: the token lives as long as this process
    return token


def write_private(path: Path, text: str) -> None:
    """Write a new file that nobody but its owner can read. Raises OSError when it is there or cannot be made."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def cookie_name(headers: Headers) -> str:
    """Browsers send one host's cookies to all its ports, so that the port is part of the name."""
    return f"hem-{_place(headers.get('host', '')).rpartition(':')[2]}"


def _private_text(path: Path) -> str | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        facts = os.fstat(handle)
        is_private = os.name != "posix" or (facts.st_uid == os.geteuid() and not facts.st_mode & 0o077)
        return file.read(256).strip() if is_private and stat.S_ISREG(facts.st_mode) else None


def _cookie(headers: Headers) -> str:
    return cookie_parser(headers.get("cookie", "")).get(cookie_name(headers), "")


def _is_own_page(scope: Scope, headers: Headers) -> bool:
    """Whether a request comes from a page of this very server, or from no page at all.

    A page on another port of this host is another origin, although the browser sends it the cookies.
    """
    is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD", "OPTIONS")
    origin = headers.get("origin")
    if origin is not None and not is_read:
        scheme, _, place = origin.lower().partition("://")
        return _place(place, scheme) == _place(headers.get("host", ""), scheme)
    # A link may come from anywhere; a picture, a script or a frame in somebody else's page may not.
    is_link = headers.get("sec-fetch-dest", "document") in ("document", "empty") and (
        headers.get("sec-fetch-mode", "navigate") == "navigate"
    )
    return is_link or headers.get("sec-fetch-site") not in ("cross-site", "same-site")


def _place(netloc: str, scheme: str = "http") -> str:
    """host:port in one form, the usual port written out."""
    host = netloc.lower()
    has_port = re.search(r":\d+$", host) is not None
    return host if has_port else f"{host}:{443 if scheme in ('https', 'wss') else 80}"
