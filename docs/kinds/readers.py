"""A page a reader of data."""

from __future__ import annotations

import ast

import hem_core.catalog
from hem_core import folder
from kinds._source import public, tree, whole_files, wordless_files

TITLE = "Readers"
INTRO = (
    "What data can be: the first reader, by name, that accepts a source reads it. See [your own data](../../data.md)."
)


def pages() -> dict[str, str]:
    return whole_files(hem_core.catalog)


def missing() -> list[str]:
    found = wordless_files(hem_core.catalog, "reader")
    for name in folder.names(hem_core.catalog):
        module = tree(folder.source(hem_core.catalog, name))
        read = next((node for node in public(module.body) if node.name == "read"), None)
        found += [] if read and ast.get_docstring(read) else [f"reader {name}: read has no docstring"]
    return found
