"""Access control: a token in the printed address, or a login; without one nothing of the workspace is served."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import access_pages, gate
from app.network import LOCAL, Network, place
from app.wire.door import Refused, sent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_FILE = ".token"
OPEN = "/_stcore/health"
"""The one public address: it reports only that the server is up."""
MOST_ENTER_BYTES = 16 << 10
_TOKEN = re.compile(r"[\w-]{32,128}", re.ASCII)
_NEXT = "hem-next"
"""The cookie with the page that somebody wanted before the login."""


class Entry:
    """ASGI middleware before everything else: pages, files, byte routes and the web socket of one workspace.

    token: required in the address (`?token=`, or `#token=`, which no server sees) or the cookie; None admits everybody
    who can reach the port. login: admits by a login instead. network: which names and pages are this server's own.
    """

    def __init__(
        self, app: ASGIApp, token: str | None, network: Network = LOCAL, login: gate.Gate | None = None
    ) -> None:
        self._app = app
        self._token = token
        self._network = network
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers)
        if answer is None and self._is_entering(scope):
            answer = await self._entered(Request(scope, receive), headers)
        if answer is None:
            answer = self._outside(scope, headers)
        is_back = self._token is not None and scope["path"] == self._network.base + gate.CALLBACK
        guarded = _Guarded(send, self._network.is_secure, is_back)
        if answer is None:
            return await self._app(scope, receive, guarded)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        return await answer(scope, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to what nobody may ask, with access or without: another host, another page, another path."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._network.trusts(hosts[0]):
            return HTMLResponse(access_pages.unknown_host(hosts[0] if hosts else ""), 400, NEVER)
        if not _is_own_page(scope, headers, self._network):
            return HTMLResponse(access_pages.elsewhere(), 403, NEVER)
        base = self._network.base
        if base and not (scope["path"] + "/").startswith(base + "/"):
            return HTMLResponse(access_pages.outside(base), 404, NEVER)
        return None

    def _outside(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to a request without access, or on the way in; None for one with access."""
        path = scope["path"].removeprefix(self._network.base)
        if path == OPEN or (path == gate.CALLBACK and _is_get(scope)):
            return None
        if self._login is not None:
            return self._without_login(self._login, scope, headers, path)
        if self._token is None or self._is_known(_cookie(headers, self._network)):
            return None
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        if _is_get(scope) and self._is_known(dict(query).get("token", "")):
            return self._with_cookie(HTMLResponse(access_pages.welcome(scope["path"], rest), headers=NEVER), headers)
        nonce, wanted = secrets.token_urlsafe(16), scope["path"] + (f"?{rest}" if rest else "")
        return HTMLResponse(access_pages.closed(wanted, self._enter_path, nonce), 403, access_pages.only_own(nonce))

    # --- by the token ---

    @property
    def _enter_path(self) -> str:
        return self._network.base + access_pages.ENTER_PAGE

    def _is_entering(self, scope: Scope) -> bool:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        return is_post and self._token is not None and self._login is None and scope["path"] == self._enter_path

    async def _entered(self, request: Request, headers: Headers) -> Response:
        """The token as the closed page posts it: from behind the # of the address, or typed."""
        try:
            form = parse_qs((await sent(request, MOST_ENTER_BYTES)).decode("utf-8", "replace"))
        except Refused as error:
            return HTMLResponse(access_pages.elsewhere(), error.status, NEVER)
        wanted = access_pages.local(form.get("next", ["/"])[0], self._network.base)
        if not self._is_known(form.get("token", [""])[0].strip()):
            nonce = secrets.token_urlsafe(16)
            page = access_pages.closed(wanted, self._enter_path, nonce, is_wrong=True)
            return HTMLResponse(page, 403, access_pages.only_own(nonce))
        # 'same-origin' and not 'no-referrer': the cookie is strict, and the redirect has to count as a page's own.
        return self._with_cookie(RedirectResponse(wanted, 303, {"Cache-Control": "no-store"}), headers)

    def _with_cookie(self, answer: Response, headers: Headers) -> Response:
        name, path = cookie_name(headers, self._network.base), self._network.base or "/"
        answer.set_cookie(name, self._token or "", path=path, httponly=True, samesite="strict")
        return answer

    def _is_known(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())

    # --- by a login ---

    def _without_login(self, login: gate.Gate, scope: Scope, headers: Headers, path: str) -> Response | None:
        base, is_get = self._network.base, _is_get(scope)
        if is_get and path in gate.PATHS:
            return None
        if is_get and path == access_pages.LOGIN_PAGE:
            return access_pages.to_provider(scope, login, base)
        cookies = _cookies(headers)
        user = login.user(cookies)
        if user is None:
            answer = HTMLResponse(access_pages.log_in(login.providers, base), 403, access_pages.only_own())
            return self._remember(answer, scope) if is_get and path not in ("", "/") else answer
        if not login.admits(user):
            return HTMLResponse(access_pages.not_allowed(user, base), 403, access_pages.only_own())
        scope["user"] = user
        if is_get and path in ("", "/") and _NEXT in cookies:
            answer = RedirectResponse(access_pages.local(unquote(cookies[_NEXT]), base), 302, NEVER)
            answer.delete_cookie(_NEXT, path=base or "/")
            return answer
        return None

    def _remember(self, answer: Response, scope: Scope) -> Response:
        """Keep the page that was asked for, as the login leads back to the first page alone."""
        if Headers(scope=scope).get("sec-fetch-dest", "document") == "document":
            query = scope.get("query_string", b"").decode("latin-1")
            wanted = quote(scope["path"] + (f"?{query}" if query else ""))
            if len(wanted) <= 3000:
                answer.set_cookie(
                    _NEXT, wanted, max_age=600, path=self._network.base or "/", httponly=True, samesite="lax"
                )
        return answer


class _Guarded:
    """Adds to each answer what keeps addresses and cookies with this server and its pages."""

    def __init__(self, send: Send, is_secure: bool, is_back_from_login: bool = False) -> None:
        self._send = send
        self._is_secure = is_secure
        self._is_back_from_login = is_back_from_login

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in KEEPS_TO_ITSELF.items():
                headers.setdefault(name, value)
            if self._is_back_from_login and "location" in headers:
                # By a page of our own: with a redirect that began at the provider, a browser does not send the token.
                message["status"], headers["refresh"] = 200, f"0; url={headers['location']}"
                del headers["location"]
            if self._is_secure:
                message["headers"] = [_secure(name, value) for name, value in message["headers"]]
        await self._send(message)


KEEPS_TO_ITSELF = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Headers of every answer: addresses, with their filters and ids, are not told to other servers."""


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


def cookie_name(headers: Headers, base: str = "") -> str:
    """Browsers send one host's cookies to all its ports, and to what lies under a path: both are part of the name."""
    found = place(headers.get("host", ""))
    return "-".join(["hem", str(found[1] if found else 80), *base.strip("/").split("/")]).rstrip("-")


def _private_text(path: Path) -> str | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        facts = os.fstat(handle)
        is_private = os.name != "posix" or (facts.st_uid == os.geteuid() and not facts.st_mode & 0o077)
        return file.read(256).strip() if is_private and stat.S_ISREG(facts.st_mode) else None


def _cookies(headers: Headers) -> dict[str, str]:
    return cookie_parser(headers.get("cookie", ""))


def _cookie(headers: Headers, network: Network) -> str:
    return _cookies(headers).get(cookie_name(headers, network.base), "")


def _secure(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    is_bare = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return name, value + b"; Secure" if is_bare else value


def _is_get(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET"


def _is_own_page(scope: Scope, headers: Headers, network: Network) -> bool:
    """Whether a request comes from a page of this very server, or from no page at all."""
    is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD", "OPTIONS")
    origin = headers.get("origin")
    if origin is not None and not is_read:
        return network.is_own(origin, headers.get("host", ""))
    # A link may come from anywhere; a picture, a script or a frame in somebody else's page may not.
    is_link = headers.get("sec-fetch-dest", "document") in ("document", "empty") and (
        headers.get("sec-fetch-mode", "navigate") == "navigate"
    )
    return is_link or headers.get("sec-fetch-site") not in ("cross-site", "same-site")
