"""What every reader of a catalog promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

import hem_core.catalog
from hem_core import folder
from hem_core.catalog import info
from hem_core.testing._want import want

NOTHING = (None, 3, "no such file", Path("no/such/file"))


def check_reader(name: str, source: Any) -> None:
    """Check all that a reader promises: PROMISES, one after the other.

    source: something small that this reader reads, of at least one example.
    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    for promise in PROMISES:
        promise(name, source)


def it_accepts_its_own_and_nothing_else(name: str, source: Any) -> None:
    reader = folder.load(hem_core.catalog, name)
    want(reader.accepts(source) is True, f"reader {name} does not accept {source!r}; `accepts` must return True")
    for other in NOTHING:
        want(reader.accepts(other) is False, f"reader {name} accepts {other!r}; `accepts` must return False")


def it_gives_a_catalog(name: str, source: Any) -> None:
    table = folder.load(hem_core.catalog, name).read(source)
    want(isinstance(table, pa.Table) and table.num_rows, f"reader {name} gives no Arrow table with a row")
    for column in ("id", "label"):
        has_it = column in table.column_names and table[column].type == pa.string()
        want(has_it, f"the catalog of reader {name} has no column '{column}' of strings")
    ids = table["id"].to_pylist()
    want(None not in ids and len(set(ids)) == len(ids), f"the ids of reader {name} are not unique, or one is missing")
    for fact in ("name", "source", "root", "medium", "labels_are"):
        want(
            info(table).get(fact) is not None,
            f"the catalog of reader {name} lacks '{fact}'; add it with catalog.with_info",
        )


def the_same_source_gives_the_same_catalog(name: str, source: Any) -> None:
    reader = folder.load(hem_core.catalog, name)
    want(reader.read(source).equals(reader.read(source), check_metadata=True), f"reader {name} gives two catalogs")


def it_is_the_first_that_accepts_its_source(name: str, source: Any) -> None:
    own = folder.load(hem_core.catalog, name).read(source)
    found = hem_core.catalog.read(source)
    want(found["id"].equals(own["id"]), f"{source!r} is read by another reader than {name}, which comes first by name")


PROMISES = (
    it_accepts_its_own_and_nothing_else,
    it_gives_a_catalog,
    the_same_source_gives_the_same_catalog,
    it_is_the_first_that_accepts_its_source,
)
