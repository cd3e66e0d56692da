"""A page a page of the app, out of the docstring of its folder."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import app.views
from hem_core import folder
from kinds._source import tree, words

TITLE = "Pages of the app"
INTRO = "`hem app WORKSPACE` opens them in the browser; they are views of what is on disk."


def pages() -> dict[str, str]:
    return {name: f"# {name.capitalize()}\n\n{words(tree(_file(name)))}" for name in folder.names(app.views)}


def missing() -> list[str]:
    said = {name: ast.get_docstring(tree(_file(name))) or "" for name in folder.names(app.views)}
    return [
        f"page {name}: the docstring of app/views/{name} says in a sentence what it is, and then how to use it"
        for name, text in said.items()
        if "\n\n" not in text
    ]


def _file(name: str) -> Path:
    spec = importlib.util.find_spec(f"app.views.{name}")
    return Path(str(spec.origin if spec else ""))
