"""A page a medium."""

from __future__ import annotations

import ast

import hem_core.media
from hem_core import folder
from kinds._source import reference, tree, words

TITLE = "Media"
INTRO = "What an example looks like, to the model and to the eye."


def pages() -> dict[str, str]:
    return {name: _page(name) for name in folder.names(hem_core.media)}


def missing() -> list[str]:
    files = {name: folder.source(hem_core.media, name) for name in folder.names(hem_core.media)}
    return [
        f"medium {name}: its file has no docstring" for name, path in files.items() if not ast.get_docstring(tree(path))
    ]


def _page(name: str) -> str:
    path = folder.source(hem_core.media, name)
    return "\n\n".join([f"# {name}", words(tree(path)), reference(path, f"hem_core.media.{name}")])
