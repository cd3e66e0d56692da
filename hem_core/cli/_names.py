"""Options that take names: cat,dog, or a file with one a line."""

from __future__ import annotations

import csv
from pathlib import Path

from hem_core.errors import DataError


def names_or_file(text: str | None, option: str) -> list[str] | None:
    """The names in a comma list, quoted where they hold a comma, or in the file of this name, one a line.

    option: its name on the command line. Raises DataError for an empty name, and a file that is no text in UTF-8.
    """
    if text is None:
        return None
    if _is_file(text):
        return _in_file(Path(text), option)
    names = [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row]
    if not all(names):
        raise DataError(f"{option} has an empty name in '{text[:80]}'; separate the names by single commas")
    return names


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a list of names may be too long for the name of a file
        return False


def _in_file(path: Path, option: str) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the names of {option} in '{path}': {error}; wanted UTF-8, one a line") from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise DataError(f"the file '{path}' of {option} is empty; wanted one name a line")
    return names
