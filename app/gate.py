"""Who may log in: Streamlit's login by OpenID Connect, obeyed by every request and not by pages alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.network import Network
from hem_core.errors import HemError

SHORTEST_SECRET = 32
CALLBACK = "/oauth2callback"
"""Where the provider leads back to; it takes what Streamlit began in this very browser, and nothing else."""
PATHS = ("/auth/login", "/auth/logout", CALLBACK)
"""Streamlit's routes, open to everybody: who is not logged in has to reach them."""
_EXAMPLE = """\
[auth]
redirect_uri = "{redirect}"
cookie_secret = "at least 32 random characters"
client_id = "…"
client_secret = "…"
server_metadata_url = "https://accounts.example.org/.well-known/openid-configuration\""""


@dataclass(frozen=True)
class Gate:
    """Who gets in by a login. The cookie is Streamlit's own, signed with `cookie_secret`."""

    origin: str
    """The public address, for which the cookie must have been made."""
    secret: str
    allowed: tuple[str, ...]
    providers: tuple[str, ...]
    """Their names in secrets.toml; `default` for one that stands in [auth] itself."""

    def user(self, cookies: Mapping[str, str]) -> str | None:
        """The e-mail address of whoever is logged in, in lower case; "" when the provider sent none that is verified,
        None when nobody is logged in."""
        about = self._claims(cookies)
        if about is None:
            return None
        email = about.get("email")
        is_unverified = str(about.get("email_verified", True)).lower() in ("false", "0")  # some providers send texts
        is_usable = isinstance(email, str) and "@" in email and not is_unverified
        return str(email).strip().lower() if is_usable else ""

    def admits(self, user: str) -> bool:
        """Whether an e-mail address is among those allowed."""
        if not user:
            return False
        return any(one in ("*", user, user.rpartition("@")[2]) for one in self.allowed)

    def _claims(self, cookies: Mapping[str, str]) -> dict[str, Any] | None:
        from streamlit.auth_util import get_cookie_with_chunks
        from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
        from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

        def signed(name: str) -> bytes | None:
            value = cookies.get(name)
            return decode_signed_value(self.secret, name, value) if value and value.isascii() else None

        try:
            about = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"null")
        except ValueError:
            return None
        is_ours = isinstance(about, dict) and about.get("origin") == self.origin and about.get("is_logged_in") is True
        return about if is_ours else None


def configured(network: Network) -> Gate | None:
    """The login of a network and of secrets.toml; None where nobody is named who may log in.

    Raises HemError that says what is missing: the package, the file, or an entry of it.
    """
    if not network.allowed:
        return None
    from streamlit.auth_util import get_secrets_auth_section, is_authlib_installed

    redirect = f"{network.origin}{network.base}/oauth2callback"
    if not is_authlib_installed():
        raise HemError("--allow needs the package Authlib: pip install 'hem[login]'")
    section = get_secrets_auth_section()
    auth = section.to_dict() if section else {}
    if not auth:
        wanted = _EXAMPLE.format(redirect=redirect)
        raise HemError(f"--allow needs a login; describe it in .streamlit/secrets.toml of this folder:\n{wanted}")
    if auth.get("redirect_uri") != redirect:
        raise HemError(
            f"redirect_uri in secrets.toml is {auth.get('redirect_uri')!r}; for this --public-url it must be "
            f"{redirect!r}, there and at the provider"
        )
    secret = auth.get("cookie_secret")
    if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET:
        raise HemError(
            f"cookie_secret in secrets.toml must have {SHORTEST_SECRET} characters or more: whoever guesses it logs in "
            'as anybody. Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return Gate(network.origin, secret, network.allowed, _providers(auth))


def _providers(auth: dict[str, Any]) -> tuple[str, ...]:
    from streamlit.auth_util import validate_auth_credentials
    from streamlit.errors import StreamlitAuthError

    named = [name for name, value in auth.items() if isinstance(value, dict) and name != "client_kwargs"]
    providers = [*(["default"] if "client_id" in auth or not named else []), *named]
    for provider in providers:
        try:
            validate_auth_credentials(provider)
        except StreamlitAuthError as error:
            raise HemError(" ".join(str(error).split())) from error
    return tuple(providers)
