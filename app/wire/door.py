"""The door of the byte routes: authorisation, and validation of every request before anything acts on it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app import login
from hem_core.errors import BusyError, ConflictError, HemError

NEVER = {"Cache-Control": "no-store"}
MAX_POST_BYTES = 16 << 20
MOST_BYTES_PASSED_OVER = 256 << 20
MOST_DEPTH = 40
"""How deep the JSON of a request may be nested; a lasso inside a 'not' takes nine levels."""
LARGEST = 2**63
"""Whole numbers of a request are below this, so that they fit a database's column."""
_SECRET = secrets.token_bytes(32)


class Refused(Exception):
    """A request that is answered with a status and one sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def token(session: str, person: str = "") -> str:
    """The value of `X-HEM-Token` for a session's page; valid until this process ends.

    person: who is logged in there, where people log in; what the page posts is signed with this name alone.
    """
    bearer = f"{session}~{base64.urlsafe_b64encode(person.encode()).decode()}" if person else session
    return f"{bearer}.{_sign(bearer)}"


def guarded(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A route that reads: checks the token, and returns errors as a status and a sentence."""

    def handle(request: Request) -> Response:
        try:
            _check_token(request)
            return answer(request)
        except (Refused, HemError) as error:
            return _refusal(error)

    return handle


def posted(answer: Callable[[dict[str, Any]], dict[str, Any] | Response]) -> Callable[[Request], Any]:
    """A route that takes a JSON object; what arrives at `answer` holds plain text and numbers that fit."""

    async def handle(request: Request) -> Response:
        try:
            person = _check_token(request)
            body = parsed(await sent(request, MAX_POST_BYTES))
            _check_person(body, person)
            found = await run_in_threadpool(answer, body)
            return found if isinstance(found, Response) else JSONResponse(found, headers=NEVER)
        except (Refused, HemError) as error:
            return _refusal(error)

    return handle


async def sent(request: Request, most_bytes: int) -> bytes:
    """The body of a request. Raises Refused for one without a length (411), too long (413) or broken off (400)."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise Refused(411, "the length of the request is missing")
    is_too_long = len(length) > 12 or int(length) > most_bytes
    parts: list[bytes] = []
    try:
        # What is too long is read to its end all the same, up to a limit: a browser that is still sending when the
        # connection is closed never sees the answer, and would send it again and again.
        if not is_too_long or (len(length) <= 12 and int(length) <= MOST_BYTES_PASSED_OVER):
            async for part in request.stream():
                if not is_too_long:
                    parts.append(part)
    except ClientDisconnect as error:
        raise Refused(400, "the request was broken off") from error
    if is_too_long:
        most = f"{most_bytes >> 20} MB" if most_bytes >= 1 << 20 else f"{most_bytes >> 10} kB"
        raise Refused(413, f"a request may hold {most}")
    return b"".join(parts)


def parsed(text: str | bytes) -> dict[str, Any]:
    """A JSON object from outside. Raises Refused (400) when it is none, or holds what cannot be stored."""
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unambiguous)
    except RecursionError as error:
        raise Refused(400, f"not JSON that can be read: nested more than {MOST_DEPTH} deep") from error
    except ValueError as error:
        raise Refused(400, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(400, "the body must be a JSON object")
    _check_values(value)
    return value


def text(body: dict[str, Any], name: str) -> str:
    """A text of 1 to 255 characters of a request. Raises Refused (400)."""
    value = body.get(name)
    if value is None or value == "":
        raise Refused(400, f"'{name}' is missing")
    if not isinstance(value, str) or len(value) > 255:
        raise Refused(400, f"'{name}' must be a text of 1 to 255 characters")
    return value


def signature(body: dict[str, Any], name: str) -> str:
    """A text as `text` takes it that people can see: no control characters, and something printed. Refused (400)."""
    value = text(body, name)
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise Refused(400, f"'{name}' has a control character, such as a line break: {value!r}")
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in value):
        raise Refused(400, f"'{name}' has no visible character: {value!r}")
    return value


def whole(body: dict[str, Any], name: str) -> int:
    """A whole number from 0 of a request. Raises Refused (400)."""
    value = body.get(name)
    if type(value) is not int or value < 0:
        raise Refused(400, f"'{name}' must be a whole number from 0")
    return value


def say(status: int, message: str) -> JSONResponse:
    """A status and a sentence, as the page reads them."""
    return JSONResponse({"error": message}, status_code=status, headers=NEVER)


def _refusal(error: Refused | HemError) -> JSONResponse:
    if isinstance(error, Refused):
        return say(error.status, str(error))
    # What may pass by itself is 503, so that a page keeps it and asks again.
    return say(503 if isinstance(error, BusyError) else 409 if isinstance(error, ConflictError) else 400, str(error))


def _check_token(request: Request) -> str:
    """Who is logged in on the page that asks; "" where nobody is, or people do not log in. Raises Refused (403)."""
    bearer, _, signature = request.headers.get("x-hem-token", "").rpartition(".")
    if not bearer or not hmac.compare_digest(signature.encode(), _sign(bearer).encode()):
        raise Refused(403, "this page's token is not valid here; reload the page")
    return base64.urlsafe_b64decode(bearer.partition("~")[2]).decode()


def _check_person(body: dict[str, Any], person: str) -> None:
    """Raise Refused (409) for a post that is signed with another name than that of the login, where there is one."""
    who = body.get("who")
    if who is None or who == person or not login.is_configured():
        return
    if not person:
        raise Refused(409, "log in first: this server signs verdicts with the name of the login; nothing was stored")
    raise Refused(409, f"this is signed {who!r:.80}, and {person!r} is logged in; nothing was stored")


def _sign(session: str) -> str:
    return hmac.new(_SECRET, session.encode(), hashlib.sha256).hexdigest()


def _check_values(value: object) -> None:
    """Walk the JSON without recursion: depth, whole numbers, and text that UTF-8 and any database can hold."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise Refused(400, f"the JSON is nested more than {MOST_DEPTH} deep")
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, str):
                _check_text(one)
            elif isinstance(one, int) and not -LARGEST <= one < LARGEST:
                raise Refused(400, f"whole numbers have 64 bits at most; one has {one.bit_length()}")
            elif isinstance(one, float) and abs(one) == float("inf"):
                raise Refused(400, "a number is too large for 64 bits")
        level = inner


def _check_text(one: str) -> None:
    if "\0" in one:
        raise Refused(400, "a text has a NUL character, which databases cannot store")
    try:
        one.encode()
    except UnicodeEncodeError as error:
        raise Refused(400, "a text has half of a surrogate pair, which is not a character") from error


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise Refused(400, f"a JSON object has the key {twice[:60]!r} twice; send each key once")
    return found


def _no_constant(name: str) -> None:
    raise Refused(400, f"{name} is not a JSON number")
