"""A page a reader of lists."""

from __future__ import annotations

import hem_core.prove.lists
from kinds._source import whole_files, wordless_files

TITLE = "Lists"
INTRO = (
    "What a list for `hem prove` can be: the reader that accepts a file reads it. See [prove a list](../../prove.md)."
)


def pages() -> dict[str, str]:
    return whole_files(hem_core.prove.lists)


def missing() -> list[str]:
    return wordless_files(hem_core.prove.lists, "list reader")
