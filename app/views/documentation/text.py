"""The pages of the documentation as Streamlit shows them; no streamlit."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import app

FIRST = "index"
_PLACES = (Path(app.__file__).parents[1] / "docs", Path(sysconfig.get_path("data")) / "share" / "hem" / "docs")
_DIRECTIVE = re.compile(r"^(```+|:::+)\{[^}]*\}.*?^\1\s*$\n?", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\s*$\n?", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)]*)?\)")


def pages() -> dict[str, Path]:
    """Name -> file of each page that has a title of its own: the first page, then by name; {} where none came along."""
    home = next((place for place in _PLACES if (place / f"{FIRST}.md").is_file()), None)
    found = {path.stem: path for path in sorted(home.glob("*.md"))} if home else {}
    titled = {name: path for name, path in found.items() if path.read_text("utf-8").startswith("# ")}
    return dict(sorted(titled.items(), key=lambda item: (item[0] != FIRST, item[0])))


def title(path: Path) -> str:
    """The heading of a page."""
    return path.read_text("utf-8").partition("\n")[0].removeprefix("# ").strip()


def shown(path: Path, known: dict[str, Path]) -> str:
    """The text of a page without what only the site can show; links to other pages lead to them here."""
    text = _PICTURE.sub("", _DIRECTIVE.sub("", path.read_text("utf-8")))

    def link(found: re.Match[str]) -> str:
        name = Path(found[1]).stem
        return f"](?doc={name})" if found[1] == f"{name}.md" and name in known else "]()"

    return re.sub(r"\[([^\]]*)\]\(\)", r"\1", _LINK.sub(link, text))
