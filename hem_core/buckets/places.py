"""Where local copies lie: in a cache folder, by their address, so that each path says what it is a copy of."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from hem_core.buckets.address import clean

CACHE = "HEM_CACHE"
"""The environment variable with the cache folder; by default `hem` in the user's cache folder."""
TEMPORARY = ".tmp"
DATA, WORK = "data", "work"
"""Copies of data, which can be made again at any time; and runs at work, which are uploaded."""


def cache() -> Path:
    """The cache folder."""
    given = os.environ.get(CACHE)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(given) if given else Path(home) / "hem").resolve()


def place_of(address: str | Path, what: str) -> Path:
    """Where the copy of an address lies. what: DATA or WORK."""
    protocol, _, rest = clean(address).partition("://")
    return cache() / what / protocol / rest


def address_of(path: str | Path | None, *kinds: str) -> str | None:
    """The address that a local path is a copy of; None for any other path. kinds: DATA or WORK, by default both."""
    if path is None:
        return None
    for what in kinds or (DATA, WORK):
        home = cache() / what
        for whole in (Path(path).absolute(), Path(path).resolve()):
            if whole.is_relative_to(home) and len(whole.relative_to(home).parts) > 1:
                protocol, *rest = whole.relative_to(home).parts
                return f"{protocol}://{'/'.join(rest)}"
    return None


def named(place: str | Path) -> str:
    """A place as the user knows it: the address of a copy, any other path as it is."""
    return address_of(place) or str(place)


def put(path: Path, fill: Callable[[Path], object], *, stamp: int | None = None) -> None:
    """Let `fill` write a file under a temporary name, which is renamed to `path`. stamp: its time of change in ns."""
    part = temporary(path)
    try:
        fill(part)
        if stamp is not None:
            os.utime(part, ns=(stamp, stamp))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def temporary(path: Path) -> Path:
    """A name for a file in the making beside `path`, in a folder that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{secrets.token_hex(6)}.{os.getpid()}-{secrets.token_hex(2)}{TEMPORARY}")
