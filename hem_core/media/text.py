"""Texts: what can be read of one."""

from __future__ import annotations

from hem_core.errors import DataError


def read(text: str | None) -> str:
    """The text as it is stored. Raises DataError when there is none, or nothing but white space."""
    if text is None or not text.strip():
        raise DataError("no text")
    return text
