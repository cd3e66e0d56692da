"""Ids or file names, one a line, as in the file names that LightlyStudio exports for a tag."""

from __future__ import annotations

import re
from pathlib import Path

from hem_core.catalog._text_file import read_utf8
from hem_core.prove.lists._entry import Entry, Listed, ListOptions

SUFFIXES = (".txt", ".ids", ".list", ".lst", "")


def accepts(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def read(path: Path, options: ListOptions) -> Listed:
    """Empty lines and lines that begin with # are skipped."""
    lines = [line.strip() for line in re.split("[\r\n]", read_utf8(path)[0].decode())]
    return Listed([Entry((line,)) for line in lines if line and not line.startswith("#")], "list of lines")
