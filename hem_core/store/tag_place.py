"""Where the tag log of a workspace is: tags.sqlite in its folder, or the database that TAGS_URL names."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc

from hem_core.errors import RunError
from hem_core.store.tags_url import TAGS_URL

FORM = "postgresql+psycopg://USER@HOST/DATABASE"
CONNECT_SECONDS = 10
CONNECTIONS = 20
"""To a server that are kept open, for as many people at the same time; more are opened and closed again."""
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_SECRETS = ("password", "sslpassword")


def tag_place(folder: Path, url: str | None = None) -> Path | str:
    """Where a workspace's tags are: at the URL given, otherwise at the environment's, otherwise in its folder."""
    given = url or os.environ.get(TAGS_URL, "").strip()
    if not given:
        return folder / "tags.sqlite"
    if "://" not in given:
        raise RunError(f"the place of the tags must be a URL such as {FORM}; see --tags-url and {TAGS_URL}")
    return given


def parsed(place: str) -> sa.URL:
    """An SQLAlchemy URL; PostgreSQL without a driver gets psycopg. Raises RunError, without the password in it."""
    try:
        url = sa.make_url(place)
    except (exc.ArgumentError, ValueError) as error:
        raise RunError(f"the URL of the tags cannot be read; it looks like {FORM}") from error
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def shown(url: sa.URL) -> str:
    """The URL as it may be printed."""
    query = {name: "***" if name in _SECRETS else value for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def options(url: sa.URL) -> dict[str, object]:
    """What SQLAlchemy is given besides the URL: how many connections to keep, and how long to wait for a server that
    does not answer."""
    if url.get_backend_name() != "postgresql":
        return {}
    waiting = {} if "connect_timeout" in url.query else {"connect_args": {"connect_timeout": CONNECT_SECONDS}}
    return {"pool_size": CONNECTIONS, **waiting}


def reason(error: Exception) -> str:
    """Why a place cannot be opened, in one line."""
    if isinstance(error, ImportError) and "psycopg" in str(error):
        return "the driver of PostgreSQL is missing; install it with: pip install 'hem[postgres]'"
    words = " ".join(str(getattr(error, "orig", error)).split())
    return f"{words}; check the path or the URL"
