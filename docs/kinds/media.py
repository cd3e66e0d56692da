"""A page a medium."""

from __future__ import annotations

import hem_core.media
from kinds._source import whole_files, wordless_files

TITLE = "Media"
INTRO = "What an example looks like, to the model and to the eye."


def pages() -> dict[str, str]:
    return whole_files(hem_core.media)


def missing() -> list[str]:
    return wordless_files(hem_core.media, "medium")
