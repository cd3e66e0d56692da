"""An OpenID Connect provider on 127.0.0.1 that signs in anybody by the name they type: for tests of the login."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlencode

CLIENT, SECRET = "hem", "a secret of the tests"


@dataclass(frozen=True)
class Provider:
    """A running provider; `url` is its issuer."""

    url: str

    def write_secrets(self, folder: Path, app: str) -> Path:
        """Write .streamlit/secrets.toml with [auth] for an app at the address `app`, such as http://127.0.0.1:8501."""
        path = folder / ".streamlit" / "secrets.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = {
            "redirect_uri": f"{app}/oauth2callback",
            "cookie_secret": "thirty-two characters or more of chance",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
        }
        path.write_text("[auth]\n" + "".join(f'{name} = "{value}"\n' for name, value in lines.items()), "utf-8")
        return path


@contextlib.contextmanager
def running():
    """A provider in a thread of this process while the block runs.

    Its page /authorize has one field, `as`, and a button; `?as=Ada` in the address signs in at once. A name with an @
    is taken for an e-mail address alone: such a person has no name.
    """
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(_application(url), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Provider(url)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def _application(url: str):
    from joserfc.jwk import RSAKey
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
    from starlette.routing import Route

    key = RSAKey.generate_key(2048, parameters={"kid": "tests", "use": "sig", "alg": "RS256"})
    codes: dict[str, dict[str, str]] = {}

    def metadata(_request):
        return JSONResponse(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    def authorize(request):
        asked = dict(request.query_params)
        name = asked.pop("as", "")
        if not name:
            hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in asked.items())
            return HTMLResponse(f'<form>{hidden}<input name="as" autofocus><button>Sign in</button></form>')
        code = f"code-{len(codes)}"
        codes[code] = {"as": name, "nonce": asked.get("nonce", "")}
        answer = urlencode({"code": code, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 302)

    async def token(request):
        form = await request.form()
        asked = codes.pop(str(form.get("code")), None)
        if asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "none", "token_type": "Bearer", "id_token": _id_token(url, key, asked), "expires_in": 3600}
        )

    def jwks(_request):
        return JSONResponse({"keys": [key.as_dict(private=False)]})

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", metadata),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/jwks", jwks),
        ]
    )


def _id_token(url: str, key, asked: dict[str, str]) -> str:
    from joserfc import jwt

    now, name = int(time.time()), asked["as"]
    who = {"email": name} if "@" in name else {"name": name, "email": f"{name.lower()}@example.org"}
    claims = {"iss": url, "aud": CLIENT, "sub": name, "iat": now, "exp": now + 3600, "nonce": asked["nonce"], **who}
    return jwt.encode({"alg": "RS256", "kid": "tests"}, claims, key)
