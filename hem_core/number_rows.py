"""Several numbers of one example as one text: `15.5; 21.33`, with a ? for one that is not known."""

from __future__ import annotations

from collections.abc import Sequence

SEPARATOR, GLUE, UNKNOWN = ";", "; ", "?"
MISSING = ("", UNKNOWN, "na", "n/a", "nan", "null", "none", "<na>")
"""What stands for a number that is not known, in lower case."""


def joined(cells: Sequence[str | None]) -> str | None:
    """The text of an example's numbers, each as it is written; None where none of them is known."""
    if all(cell is None for cell in cells):
        return None
    return GLUE.join(UNKNOWN if cell is None else cell.replace(SEPARATOR, ",") for cell in cells)


def split(text: str) -> list[str | None]:
    """The numbers in a text that `joined` made or a person typed, in their order; None for one that is not known."""
    parts = [part.strip() for part in text.split(SEPARATOR)]
    return [None if part.lower() in MISSING else part for part in parts]


def is_several(text: str | None) -> bool:
    """Whether a text holds more than one number."""
    return text is not None and SEPARATOR in text
