"""Options that take names: cat,dog, or a file with one name per line."""

from __future__ import annotations

import csv
from pathlib import Path

from hem_core.errors import DataError


def names_or_file(text: str | None, option: str) -> list[str] | None:
    """The names in a comma-separated list (quoted where they contain a comma), or in a file, one per line.

    option: its name on the command line. Raises DataError for an empty name, and for a file that is not UTF-8 text.
    """
    if text is None:
        return None
    if _is_file(text):
        return _in_file(Path(text), option)
    names = [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row]
    if not all(names):
        raise DataError(f"{option} has an empty name in '{text[:80]}'; separate the names with single commas")
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
        raise DataError(
            f"cannot read the names of {option} in '{path}': {error}; expected UTF-8 text, one name per line"
        ) from error
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise DataError(f"the file '{path}' of {option} is empty; expected one name per line")
    return names
