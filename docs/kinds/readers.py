"""A page a reader of data."""

from __future__ import annotations

import ast

import hem_core.catalog
from hem_core import folder
from kinds._source import public, reference, tree, words

TITLE = "Readers"
INTRO = (
    "What data can be: the first reader, by name, that accepts a source reads it. See [your own data](../../data.md)."
)


def pages() -> dict[str, str]:
    return {name: _page(name) for name in folder.names(hem_core.catalog)}


def missing() -> list[str]:
    found = []
    for name in folder.names(hem_core.catalog):
        module = tree(folder.source(hem_core.catalog, name))
        read = next((node for node in public(module.body) if node.name == "read"), None)
        found += [] if ast.get_docstring(module) else [f"reader {name}: its file has no docstring"]
        found += [] if read and ast.get_docstring(read) else [f"reader {name}: read has no docstring"]
    return found


def _page(name: str) -> str:
    path = folder.source(hem_core.catalog, name)
    return "\n\n".join([f"# {name}", words(tree(path)), reference(path, f"hem_core.catalog.{name}")])
