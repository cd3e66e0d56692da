"""What an example looks like: one medium per file, which imports the ground alone and returns numbers, texts or
DataFrames; `engine/inputs.py` makes batches of tensors of them, and the app lays out what the medium says it shows.

A medium is one file that defines `MEDIUM`, a `Medium` (see `_contract.py`); files that begin with `_` serve several.
Outside this folder nothing compares the name of a medium: it asks `medium(name)`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from hem_core import folder
from hem_core.media._contract import Look, Medium, Part, Read, Reader, Source, Values

__all__ = ["Look", "Medium", "Part", "Read", "Reader", "Source", "Values", "claimed", "medium", "medium_of", "names"]

PLUGINS = "hem.media"
DEFINES = ("MEDIUM",)


def names() -> list[str]:
    """The names of all media, sorted. None of them is imported."""
    return folder.names(sys.modules[__name__])


def medium(name: str) -> Medium:
    """The medium of a name. Raises UnknownNameError, listing the media, when no file has it."""
    return folder.load(sys.modules[__name__], name).MEDIUM


def medium_of(info: Mapping[str, Any]) -> Medium:
    """The medium of a run by its run.json, or of a set by its manifest; `none` where neither names one."""
    return medium(str((info.get("data") or {}).get("medium") or info.get("medium") or "none"))


def claimed(schema: pa.Schema) -> str | None:
    """The first medium, by name, that claims a table by one of its columns; None when none does."""
    room = sys.modules[__name__]
    return next((name for name in names() if folder.works(room, name) and medium(name).claims(schema)), None)
