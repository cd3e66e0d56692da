"""Unique file names made of ids and labels, each one plain part of a path."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_MOST_BYTES = 120  # of a name; 255 is what file systems take, and archives and encryption want some of it
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *\..*)?", re.IGNORECASE)


class Names:
    """The names taken in one folder; two that a file system could mix up are not both given out."""

    def __init__(self, taken: set[str] | None = None) -> None:
        self._taken = set(taken or ())

    def take(self, text: str, suffix: str = "") -> str:
        stem = _plain(text.removesuffix(suffix) if suffix else text)
        name = stem + suffix
        attempt = 0
        while _folded(name) in self._taken:
            mark = hashlib.sha256(f"{text}\0{attempt}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
            name = f"{stem}-{mark}{suffix}"
            attempt += 1
        self._taken.add(_folded(name))
        return name


def _plain(text: str) -> str:
    """One part of a path that every file system takes: letters, digits, space and ._- only."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in composed)
    short = kept.encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore")
    name = short.strip(" ").rstrip(".").rstrip(" ")
    if not name or name[0] in ".-" or _RESERVED.fullmatch(name):
        name = f"_{name.lstrip('.')}"
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
