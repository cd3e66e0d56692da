"""A page an item of `hem_core.mining`, by the folder in which its file lies."""

from __future__ import annotations

import ast
from pathlib import Path

import hem_core.mining
from kinds._source import Definition, module_of, reference, tree, words

TITLE = "Mining while training"
INTRO = "`hem_core.mining`: see [mining in each kind of training loop](../../mining.md) for how they fit together."
HOME = Path(str(hem_core.mining.__file__)).parent


def pages() -> dict[str, str]:
    return {path.stem: _page(path) for path in _files()}


def missing() -> list[str]:
    return [f"mining {path.stem}: {_item(path).name} has no docstring" for path in _files()
            if not ast.get_docstring(_item(path))]  # fmt: skip


def _files() -> list[Path]:
    found = [*HOME.glob("[!_]*.py"), *HOME.glob("[!_]*/[!_]*.py")]
    named = {name.lower() for name in hem_core.mining.names()}
    return sorted((path for path in found if path.stem.replace("_", "") in named or path.stem in named),
                  key=lambda path: path.stem)  # fmt: skip


def _item(path: Path) -> Definition:
    """The class or function that the file is named after."""
    plain = path.stem.replace("_", "").lower()
    return next(node for node in tree(path).body if isinstance(node, Definition)
                and node.name.replace("_", "").lower() == plain)  # fmt: skip


def _page(path: Path) -> str:
    place = "" if path.parent == HOME else f"In `{path.parent.name}/{path.name}`."
    first = words(_item(path)).partition("\n\n")[0]
    called = f"`hem_core.mining.{_item(path).name}`. {place}"
    return "\n\n".join([f"# {_item(path).name}", first, called, reference(path, module_of(path, HOME.parents[1]))])
