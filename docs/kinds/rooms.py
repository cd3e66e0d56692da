"""A page a room of `hem_core`: everything public in its files, for readers of the code and for callers from Python."""

from __future__ import annotations

import ast
from pathlib import Path

import hem_core
from kinds._source import module_of, reference, tree, words

TITLE = "Python reference"
INTRO = (
    "What most callers need is in `hem_core` itself: `score`, `open_run`, `Recorder`, `load_set`, `HemError`, the "
    "calls of [labels as arrays](../../cleanlab.md), and "
    "`hem_core.mining` for training loops. The rooms below are what these are made of."
)
HOME = Path(str(hem_core.__file__)).parent
ELSEWHERE = ("scores", "export", "mining", "tasks", "media", "catalog", "cli")
"""Rooms whose items have pages of their own."""
ITEMS = {"policies", "lists", "actions", "loggers"}
"""Folders of other rooms whose files have pages of their own."""


def pages() -> dict[str, str]:
    rooms = [path.parent for path in HOME.glob("[!_]*/__init__.py") if path.parent.name not in ELSEWHERE]
    ground = {path.stem: _page([path], path) for path in HOME.glob("[!_]*.py")}
    return dict(sorted({**ground, **{room.name: _page(_files(room), room / "__init__.py") for room in rooms}}.items()))


def missing() -> list[str]:
    files = sorted(HOME.rglob("__init__.py"))
    return [f"room {path.parent.name}: no sentence in {path}" for path in files if not ast.get_docstring(tree(path))]


def _files(room: Path) -> list[Path]:
    found = [*room.glob("*.py"), *room.glob("[!_]*/*.py")]
    return sorted(path for path in found if not path.name.startswith("_") and not ITEMS & {*path.parts})


def _page(files: list[Path], door: Path) -> str:
    name = f"hem_core.{door.parent.name if door.name == '__init__.py' else door.stem}"
    parts = [f"# {name}", words(tree(door))]
    for path in files:
        text = reference(path, module_of(path, HOME.parent))
        heading = [f"## {module_of(path, HOME.parent)}", words(tree(path))] if path != door else []
        parts += [*heading, text] if text else []
    return "\n\n".join(parts)
