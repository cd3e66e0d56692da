"""A page a task."""

from __future__ import annotations

import ast

import hem_core.tasks
from hem_core import folder
from kinds._source import reference, tree, words

TITLE = "Tasks"
INTRO = "What a model predicts, and so what an error is."


def pages() -> dict[str, str]:
    return {name: _page(name) for name in folder.names(hem_core.tasks)}


def missing() -> list[str]:
    files = {name: folder.source(hem_core.tasks, name) for name in folder.names(hem_core.tasks)}
    return [
        f"task {name}: its file has no docstring" for name, path in files.items() if not ast.get_docstring(tree(path))
    ]


def _page(name: str) -> str:
    path = folder.source(hem_core.tasks, name)
    return "\n\n".join([f"# {name}", words(tree(path)), reference(path, f"hem_core.tasks.{name}")])
