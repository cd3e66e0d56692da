"""Arbitrary texts in Markdown, such as ids and file names, shown as they are."""

from __future__ import annotations

import re


def prose(text: str) -> str:
    """A text in which no character is markup, and no @ calls a person."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*<>|\[\]])", r"\\\1", line).replace("@", "@\u200b")


def code(text: str) -> str:
    """A text as inline code, between more backticks than it has in a row; also in a table."""
    line = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{line}{space}{fence}"
