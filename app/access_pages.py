"""The pages outside the app: how to get access, and who is reviewing. Plain HTML, with one script of four lines."""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app import login
from app.base_path import base_path, under
from app.wire.door import Refused, say, sent

if TYPE_CHECKING:
    from starlette.types import Scope

    from app.gate import Gate

NAME_COOKIE = "hem-who"
NAME_PAGE = "/hem/name"
REVIEW_PAGE, EXPLORE_PAGE = "/review", "/explore"
ENTER_PAGE = "/hem/enter"
"""Where the token is posted."""
LOGIN_PAGE = "/hem/login"
"""Leads on to a provider: `?provider=` is its name in secrets.toml."""
MOST_FORM_BYTES = 64 << 10
YEAR_SECONDS = 365 * 24 * 3600
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>HEM</title>{head}<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 18vh auto; padding: 0 1em }}
code, input, button {{ font: inherit; padding: .2em .5em }} code {{ background: #8882; border-radius: 4px }}
</style></head><body>{body}</body></html>"""


# What stands behind the # of an address never leaves the browser; the script posts the token from there.
_ENTER = """<script nonce="NONCE">
const found = new URLSearchParams(location.hash.slice(1)).get("token");
if (location.hash) history.replaceState(null, "", location.pathname + location.search);
const form = document.forms[0];
if (found) { form.elements.token.value = found; form.submit(); }
</script>"""


def closed(path: str, enter: str, nonce: str, *, is_wrong: bool = False) -> str:
    """The page that is shown without the token. enter: where its form posts to; nonce: of its one script."""
    lead = "<p><strong>This is not the token of this workspace.</strong></p>" if is_wrong else ""
    page = escape(local(path, base_path()))
    return _PAGE.format(
        head="",
        body=f"<h1>This is HEM, and it needs its token</h1>{lead}<p>Open the whole address that <code>hem app</code> "
        "printed where it was started; it ends in <code>token=…</code>. Or enter the token here:</p>"
        f'<form method="post" action="{escape(enter)}"><input type="hidden" name="next" value="{page}">'
        '<label>Token <input name="token" type="password" autocomplete="off" required></label> '
        "<button>Open HEM</button></form><p>Have you opened HEM in this browser before? "
        f'<a href="{page}">Continue here.</a></p>{"" if is_wrong else _ENTER.replace("NONCE", nonce)}',
    )


def only_own(nonce: str = "") -> dict[str, str]:
    """The headers of a page that holds nothing of elsewhere, in no frame, with no script but that of the nonce."""
    script = f" script-src 'nonce-{nonce}';" if nonce else ""
    policy = f"default-src 'none'; style-src 'unsafe-inline';{script} form-action 'self'; frame-ancestors 'none'"
    return {"Cache-Control": "no-store", "Content-Security-Policy": policy}


def log_in(providers: tuple[str, ...], base: str) -> str:
    """The page that is shown to whoever is not logged in: a link for each provider."""
    links = "".join(
        f'<p><a href="{escape(base)}{LOGIN_PAGE}?provider={quote(name)}">'
        f"{'Log in' if name == 'default' else f'Log in with {escape(name)}'}</a></p>"
        for name in providers
    )
    return _PAGE.format(head="", body=f"<h1>This is HEM, and you are not logged in</h1>{links}")


def not_allowed(user: str, base: str) -> str:
    """The page for somebody who is logged in and not among those allowed."""
    who = (
        f"<p>You are logged in as <code>{escape(user)}</code>, who has no access to this workspace. Ask whoever runs "
        "it to add you to <code>--allow</code>.</p>"
        if user
        else "<p>The provider sent no verified e-mail address, which decides who has access.</p>"
    )
    leave = f'<p><a href="{escape(base)}/auth/logout">Log out</a></p>'
    return _PAGE.format(head="", body=f"<h1>No access</h1>{who}{leave}")


def to_provider(scope: Scope, gate: Gate, base: str) -> Response:
    """Lead on to Streamlit's login with a provider that secrets.toml names."""
    from streamlit.auth_util import encode_provider_token

    name = Request(scope).query_params.get("provider", "default")
    if name not in gate.providers:
        return HTMLResponse(log_in(gate.providers, base), 404, only_own())
    return RedirectResponse(f"{base}/auth/login?provider={encode_provider_token(name)}", 302, only_own())


def unknown_host(host: str) -> str:
    """The answer under a name that this server does not know."""
    return _PAGE.format(
        head="",
        body=f"<h1>Unknown host</h1><p>HEM does not answer under the name <code>{escape(host[:200])}</code>. Start it "
        "with the address that browsers open: <code>hem app --public-url https://…</code>, or name another one with "
        "<code>--trusted-host</code>.</p>",
    )


def outside(base: str) -> str:
    """The answer to a path outside the base path."""
    return _PAGE.format(
        head="",
        body=f'<h1>Nothing here</h1><p>HEM is at <a href="{escape(base)}/">{escape(base)}/</a>. If a proxy leads here, '
        "it must pass the path on whole, with this base path.</p>",
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
    place = escape(local(path, base_path()) + (f"?{query}" if query else ""))
    refresh = f'<meta http-equiv="refresh" content="0; url={place}">'
    return _PAGE.format(head=refresh, body=f'<p><a href="{place}">Open HEM</a></p>')


def local(path: str, base: str = "") -> str:
    """A path on this server under its base path, whatever was asked for."""
    is_local = path.startswith("/") and not path.startswith("//") and "\\" not in path
    is_inside = is_local and (path.partition("?")[0] + "/").startswith(f"{base}/")
    return quote(path, safe="/?&=%:,+-._~@!$'()*;") if is_inside else f"{base}/"


def name_routes() -> list[Route]:
    """The page that asks who is reviewing, and what it posts to: the name is kept in this browser."""
    return [Route(NAME_PAGE, _ask, methods=["GET"]), Route(NAME_PAGE, _take, methods=["POST"])]


def name_in(cookies: dict[str, str]) -> str:
    """The reviewer's name that a browser keeps; "" when it has none."""
    return login.tidy(unquote(cookies.get(NAME_COOKIE, "")))


def signed_by(cookies: dict[str, str]) -> str:
    """The name that this browser keeps, otherwise $HEM_PERSON; "" when neither is set."""
    return name_in(cookies) or login.tidy(os.environ.get("HEM_PERSON", ""))


def _ask(request: Request) -> Response:
    if login.is_configured():
        return _from_login(request)
    known, suggested = signed_by(request.cookies), login.tidy(request.query_params.get("who", ""))
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
            f"<p>{_onward(back, known)}</p>",
        ),
        headers={"Cache-Control": "no-store"},
    )


def _onward(back: str, known: str) -> str:
    """The link for whoever types no name: back, but not to Review, which would ask again."""
    if known:
        return f'<a href="{escape(back)}">Continue as {escape(known)}</a>'
    page, mark, query = back.partition("?")
    if page != under(REVIEW_PAGE):
        return f'<a href="{escape(back)}">Continue without a name</a>'
    explore = escape(under(EXPLORE_PAGE) + mark + query)
    return f'<a href="{explore}">Continue to Explore without a name</a>. Review needs one.'


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
    if asked is not None or before.netloc != request.headers.get("host") or before.path == under(NAME_PAGE):
        return local(asked or "/", base_path())
    return local(before.path + (f"?{before.query}" if before.query else ""), base_path())


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
    name = login.tidy(form.get("who", ""))
    back = local(form["next"], base_path()) if "next" in form else _came_from(request)
    if not name:
        return RedirectResponse(f"{under(NAME_PAGE)}?next={quote(back)}", 303)
    answer = RedirectResponse(back, 303)
    place = base_path() or "/"
    answer.set_cookie(NAME_COOKIE, quote(name), max_age=YEAR_SECONDS, path=place, httponly=True, samesite="strict")
    return answer
