"""A page an export format: what it writes, and the code that reads it back."""

from __future__ import annotations

import ast

import hem_core.export
from hem_core import folder
from kinds._source import reference, tree, words

TITLE = "Export formats"
INTRO = (
    "What `hem export RUN --format NAME --out FOLDER` writes; `parquet` is always written. Each exported folder has a "
    "README.md with the code of its formats."
)


def pages() -> dict[str, str]:
    return {name: _page(name) for name in folder.names(hem_core.export)}


def missing() -> list[str]:
    found = []
    for name in folder.names(hem_core.export):
        module = tree(folder.source(hem_core.export, name))
        write = next((node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "write"), None)
        found += [] if ast.get_docstring(module) else [f"format {name}: its file has no docstring"]
        found += [] if write and ast.get_docstring(write) else [f"format {name}: write has no docstring"]
        found += [] if "```python" in _readme(name) else [f"format {name}: README shows no code that reads it"]
    return found


def _page(name: str) -> str:
    path = folder.source(hem_core.export, name)
    how = _readme(name).replace("\n## ", "\n### ").removeprefix("## ").partition("\n")[2].strip()
    parts = [f"# {name}", words(tree(path)), "## Read it back", "`FOLDER` is the exported folder, a `Path`.", how]
    return "\n\n".join([*parts, "## In Python", reference(path, f"hem_core.export.{name}")])


def _readme(name: str) -> str:
    return getattr(folder.load(hem_core.export, name), "README", "")
