"""Texts as cells of a CSV file that no spreadsheet runs as a formula; `app/browser/shared/cells.js` agrees."""

from __future__ import annotations

import re

# Spreadsheets skip blanks and invisible characters before a formula, and read the full-width and small signs too.
_BLANK = r"[\x00-\x20\x7f-\xa0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
_RISKY = re.compile(rf"{_BLANK}*{_SIGN}|[\t\r\n']")


def safe_cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it, or where it begins with an apostrophe.

    `plain_cell` brings every text back.
    """
    return f"'{text}" if _RISKY.match(text) else text


def plain_cell(cell: str) -> str:
    """The text that `safe_cell` made a cell of."""
    return cell.removeprefix("'")


def is_safe(cell: str) -> bool:
    """Whether `safe_cell` can have written this cell."""
    return safe_cell(plain_cell(cell)) == cell
