"""Writes the generated pages of the site: an index a kind and a page an item, out of the items' own files.

Nothing in them differs from machine to machine, and nothing is computed: they say what the files say.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from pathlib import Path
from types import ModuleType

import kinds

ITEMS = Path(__file__).parent / "items"


def all_kinds() -> dict[str, ModuleType]:
    """Name -> module of every kind, sorted by name."""
    found = sorted(each.name for each in pkgutil.iter_modules(kinds.__path__) if not each.name.startswith("_"))
    return {name: importlib.import_module(f"kinds.{name}") for name in found}


def missing() -> list[str]:
    """A line for each thing that has no words yet: `score surprise: no range in its docstring`."""
    return [line for kind in all_kinds().values() for line in kind.missing()]


def write(target: Path = ITEMS) -> list[Path]:
    """Write all pages below `target`, which is replaced. Returns their paths."""
    shutil.rmtree(target, ignore_errors=True)
    written = []
    for name, kind in all_kinds().items():
        pages = kind.pages()
        for stem, text in {**pages, "index": index(kind, pages)}.items():
            path = target / name / f"{stem}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.rstrip() + "\n", encoding="utf-8")
            written.append(path)
    return written


def index(kind: ModuleType, pages: dict[str, str]) -> str:
    """The page that lists all items of a kind, each with the first sentence of its own page."""
    rows = [f"| [{_title(text)}]({stem}.md) | {_first_sentence(text)} |" for stem, text in pages.items()]
    toc = ["```{toctree}", ":hidden:", "", *pages, "```", ""]
    return "\n".join([f"# {kind.TITLE}", "", kind.INTRO, "", "| | |", "|---|---|", *rows, "", *toc])


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n", 2)[1].split())
    sentence = paragraph.partition(". ")[0].rstrip(".:")
    return sentence.replace("|", "\\|")
