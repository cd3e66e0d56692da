"""Who has logged in, where `[auth]` of Streamlit's secrets.toml names an identity provider (OpenID Connect)."""

from __future__ import annotations

import streamlit as st

LONGEST_NAME = 60


def is_configured() -> bool:
    """Whether people log in here; their names then come from the provider alone."""
    return bool(st.secrets.load_if_toml_exists()) and "auth" in st.secrets


def name() -> str:
    """The name of who is logged in, or their e-mail address; "" when nobody is, or no login is configured."""
    if not is_configured() or not st.user.get("is_logged_in"):
        return ""
    claims = (st.user.get(claim) for claim in ("name", "preferred_username", "email", "sub"))
    return next((tidied for claim in claims if isinstance(claim, str) and (tidied := tidy(claim))), "")


def log_in() -> None:
    """Go to the provider's page."""
    st.login()


def log_out() -> None:
    """Forget who is logged in."""
    st.logout()


def tidy(name: str) -> str:
    """A name as it is kept: printable, single spaces, at most LONGEST_NAME characters."""
    plain = "".join(letter for letter in name if letter.isprintable() or letter == " ")
    return " ".join(plain.encode("utf-8", "ignore").decode().split())[:LONGEST_NAME]
