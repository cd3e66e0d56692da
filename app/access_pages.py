"""The pages outside the app: how to get access, and who is reviewing. Plain HTML without scripts."""

from __future__ import annotations

from html import escape
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app import login
from app.wire.door import Refused, say, sent

NAME_COOKIE = "hem-who"
NAME_PAGE = "/hem/name"
MOST_FORM_BYTES = 64 << 10
YEAR_SECONDS = 365 * 24 * 3600
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>HEM</title>{head}<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 18vh auto; padding: 0 1em }}
code, input, button {{ font: inherit; padding: .2em .5em }} code {{ background: #8882; border-radius: 4px }}
</style></head><body>{body}</body></html>"""


def closed(path: str) -> str:
    """The page that is shown without the token."""
    return _PAGE.format(
        head="",
        body="<h1>This is HEM, and it needs its token</h1><p>Open the whole address that <code>hem app</code> printed "
        "where it was started; it ends in <code>?token=…</code>.</p><p>Have you opened HEM in this browser before? "
        f'<a href="{escape(local(path))}">Continue here.</a></p>',
    )


def elsewhere() -> str:
    """The answer to a page of another server that asks in the name of whoever has it open."""
    return _PAGE.format(
        head="",
        body="<h1>Request refused</h1><p>HEM answers requests from its own pages only. Open HEM in its own tab.</p>",
    )


def welcome(path: str, query: str) -> str:
    """Goes on to the page without the token in its address.

    By a page of our own and not by a redirect: after a link in a mail, a browser would not send the new cookie with it.
    """
    place = escape(local(path) + (f"?{query}" if query else ""))
    refresh = f'<meta http-equiv="refresh" content="0; url={place}">'
    return _PAGE.format(head=refresh, body=f'<p><a href="{place}">Open HEM</a></p>')


def local(path: str) -> str:
    """A path on this server, whatever was asked for."""
    is_local = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return quote(path, safe="/?&=%:,+-._~@!$'()*;") if is_local else "/"


def name_routes() -> list[Route]:
    """The page that asks who is reviewing, and what it posts to: the name is kept in this browser."""
    return [Route(NAME_PAGE, _ask, methods=["GET"]), Route(NAME_PAGE, _take, methods=["POST"])]


def name_in(cookies: dict[str, str]) -> str:
    """The reviewer's name that a browser keeps; "" when it has none."""
    return login.tidy(unquote(cookies.get(NAME_COOKIE, "")))


def _ask(request: Request) -> Response:
    if login.is_configured():
        return _from_login(request)
    known, suggested = name_in(request.cookies), login.tidy(request.query_params.get("who", ""))
    back = _came_from(request)
    return HTMLResponse(
        _PAGE.format(
            head="",
            body=f'<h1>Who is reviewing?</h1><form method="post">'
            f'<input type="hidden" name="next" value="{escape(back)}"><p><label>Your name '
            f'<input name="who" maxlength="{login.LONGEST_NAME}" required autofocus autocomplete="name" '
            f'value="{escape(known or suggested)}"></label> <button>Sign with this name</button></p></form>'
            "<p>Verdicts and tags from this browser are signed with it. If two people review at the same "
            "time, they need different names: each is given different examples.</p>"
            f'<p><a href="{escape(back)}">Continue without a name</a></p>',
        ),
        headers={"Cache-Control": "no-store"},
    )


def _from_login(request: Request) -> Response:
    """The answer where people log in: no name is typed, so that nobody signs as somebody else."""
    return HTMLResponse(
        _PAGE.format(
            head="",
            body="<h1>You sign with the name that you log in with</h1><p>This server has a login, so verdicts and tags "
            "carry the name from there. To sign with another name, log out at the top right and log in again.</p>"
            f'<p><a href="{escape(_came_from(request))}">Back</a></p>',
        ),
        headers={"Cache-Control": "no-store"},
    )


def _came_from(request: Request) -> str:
    """The page of this server that a request comes from, to go back to it."""
    asked, before = request.query_params.get("next"), _url(request.headers.get("referer", ""))
    if asked is not None or before.netloc != request.headers.get("host") or before.path == NAME_PAGE:
        return local(asked or "/")
    return local(before.path + (f"?{before.query}" if before.query else ""))


def _url(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:  # an address with half a bracket
        return urlsplit("")


async def _take(request: Request) -> Response:
    if login.is_configured():
        return say(409, "this server has a login: verdicts are signed with the name from there; nothing was changed")
    try:
        body = (await sent(request, MOST_FORM_BYTES)).decode("utf-8", "replace")
    except Refused as error:
        return say(error.status, str(error))
    form = {name: values[0] for name, values in parse_qs(body).items()}
    name, back = login.tidy(form.get("who", "")), local(form.get("next", "/"))
    if not name:
        return RedirectResponse(f"{NAME_PAGE}?next={quote(back)}", 303)
    answer = RedirectResponse(back, 303)
    answer.set_cookie(NAME_COOKIE, quote(name), max_age=YEAR_SECONDS, path="/", httponly=True, samesite="strict")
    return answer
