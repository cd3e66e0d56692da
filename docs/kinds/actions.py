"""A page an action of `hem advise`."""

from __future__ import annotations

import hem_core.advise.actions
from kinds._source import whole_files, wordless_files

TITLE = "Actions"
INTRO = (
    "What `hem advise RUN` can recommend, and by what each gain is estimated. See [what to do next](../../advise.md)."
)


def pages() -> dict[str, str]:
    return whole_files(hem_core.advise.actions)


def missing() -> list[str]:
    return wordless_files(hem_core.advise.actions, "action")
