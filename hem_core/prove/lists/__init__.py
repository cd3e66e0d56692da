"""Readers of lists: a file with ids or file names → entries, one file a format.

A reader is one file that defines `accepts(path) -> bool`, which may open the file, and
`read(path, options) -> Listed`. The first reader by name that accepts a file reads it, so that two readers must not
accept the same file. An installed package adds a reader with an entry point of the group `hem.lists`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from hem_core import folder
from hem_core.errors import DataError
from hem_core.prove.lists._entry import Entry, Listed, ListOptions

__all__ = ["Entry", "ListOptions", "Listed", "chosen", "read_list"]

PLUGINS = "hem.lists"
DEFINES = ("accepts", "read")
KINDS = (
    "ids or file names one a line (.txt), a table (.csv, .tsv, .parquet, .jsonl), row numbers or a mask (.npy), or the "
    "JSON of FiftyOne, Label Studio, or of your own"
)


def read_list(path: Path, options: ListOptions | None = None) -> Listed:
    """The entries of a list, whatever wrote it. Raises DataError, saying what a list can be."""
    if not path.exists():
        raise DataError(f"no list at '{path}'; give {KINDS}")
    here = sys.modules[__name__]
    for name in filter(partial(folder.works, here), folder.names(here)):
        reader = folder.load(here, name)
        if reader.accepts(path):
            found = reader.read(path, options or ListOptions())
            if not found.entries:
                raise DataError(f"the list '{path}' is empty; expected {KINDS}")
            return found
    raise DataError(f"'{path}' cannot be read as a list; expected {KINDS}")


def chosen(listed: Listed, *, tag: str | None = None, who: str | None = None) -> Listed:
    """The entries with a tag, or an answer of that name, and of one person; all where neither is given.

    Raises DataError, with what there is, where nothing is left, and for an export of everything without a tag.
    """
    entries = listed.entries
    if who is not None:
        entries = [entry for entry in entries if entry.who == who]
        if not entries:
            raise DataError(f"nothing in the list is by '{who}'; there is: {_counted([e.who for e in listed.entries])}")
    if tag is None and listed.needs_tag and len({entry.tags for entry in entries}) > 1:
        raise DataError(
            f"this {listed.kind} holds all kinds of examples: name with --tag which are meant; there are: "
            f"{_counted([each for entry in entries for each in entry.tags])}"
        )
    if tag is not None:
        there = entries
        entries = [entry for entry in entries if tag in entry.tags]
        if not entries:
            names = _counted([each for entry in there for each in entry.tags])
            raise DataError(f"nothing in the list has the tag '{tag}'; there is: {names}")
    return replace(listed, entries=entries)


def _counted(names: Iterable[str | None]) -> str:
    counts = Counter(filter(None, names))
    return ", ".join(f"'{name}' ({n:,})" for name, n in sorted(counts.items())) or "none"
