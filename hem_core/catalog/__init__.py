"""Readers: anything that lists examples → the catalog, an Arrow table with one row an example.

Columns: `id` (string, unique, the only key), `label` (string, null where unknown), where there is one the medium
(`image`: a path below `root`, `image_row`: a row of that .npy file; or `text`; or features under their own names),
`split`, and the user's own columns.
What is true of the whole table stands in its metadata: see `info`.

A reader is one file that defines `accepts(source) -> bool` and `read(source, **columns) -> pa.Table`. One that opens
files whose examples are read later defines also `opened(source, **columns)`: a table, or items, that another one reads.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core import folder
from hem_core.buckets.mirror import local
from hem_core.buckets.places import address_of, named
from hem_core.catalog import _python_data
from hem_core.catalog._column_names import CLASSES, NAME, SOURCE
from hem_core.errors import DataError
from hem_core.paths import check_path

__all__ = [
    "COLUMNS",
    "OF_TABLES",
    "OWN_OPTIONS",
    "PLACES",
    "info",
    "opens",
    "read",
    "reader_of",
    "unwrapped",
    "with_info",
]

PLUGINS = "hem.readers"
DEFINES = ("accepts", "read")
_KEY = b"hem"
COLUMNS = ("id_column", "image_column", "label_column", "text_column", "feature_columns")
OF_TABLES = {"text_column", "feature_columns"}
PLACES = ("images", "predictions")
"""Options that name a file or folder beside the data."""
OWN_OPTIONS = (*PLACES, "annotations_format")
"""Options that only those readers take which name them in their `OPTIONS`."""
OTHER_WAYS = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "it is a spreadsheet; save its sheet as CSV and choose that file"),
    **dict.fromkeys((".zip", ".gz", ".tgz", ".7z"), "it is an archive; unpack it and choose what is inside"),
    **dict.fromkeys((".pkl", ".pickle", ".pt", ".pth"), "a pickle can run any code; write the table as Parquet or CSV"),
}
"""Suffix of a file that people try, and no reader takes -> what to do."""


def read(source: Any, **columns: str | Sequence[str] | None) -> pa.Table:
    """The catalog of `source`: an image folder, a CSV/Parquet/JSONL/npz file, an Arrow table, DataFrame or Dataset.

    Of a DataLoader, a Hugging Face Dataset, or arrays in a dict or a pair, see `unwrapped`.

    columns: `id_column`, `label_column`, `image_column`, `text_column` name the source's columns where they differ from
    the defaults; `feature_columns` lists a table's features ("age,job", a list, or "*" for all that can be). `images`
    is the folder of the pictures, for tables and annotations of boxes; `predictions` a file of predictions, beside
    those or a folder of pictures;
    `annotations_format`, for the latter alone, is a file of `hem_core.boxes.formats`.
    Raises DataError when nothing can read the source, when it is empty, or when ids repeat.
    """
    given = {name: value for name, value in columns.items() if value}
    unknown = columns.keys() - {*COLUMNS, *OWN_OPTIONS}
    if unknown:
        raise DataError(f"no option '{min(unknown)}' for columns; there are: {', '.join((*COLUMNS, *OWN_OPTIONS))}")
    source, notes = unwrapped(source, **given)
    if isinstance(source, str | Path):
        check_path(source, "the data")
        if not Path(source).exists():
            raise DataError(f"no data at '{source}'; give an image folder, or a .csv, .parquet, .jsonl or .npz file")
    own = {name: local(given.pop(name)) for name in OWN_OPTIONS if name in given}
    package = sys.modules[__name__]
    for name in filter(partial(folder.works, package), folder.names(package)):
        reader = folder.load(package, name)
        if reader.accepts(source) or _is_named(reader, own):
            if name != "table" and given.keys() & OF_TABLES:
                raise DataError(f"{min(given.keys() & OF_TABLES)} is for tables; '{_short(source)}' is read as {name}")
            foreign = own.keys() - set(getattr(reader, "OPTIONS", ()))
            if foreign:
                option = min(foreign)
                raise DataError(
                    f"--{option.replace('_', '-')} is for {_where(option)}annotations of boxes (a COCO .json, a YOLO "
                    f"data.yaml, Pascal VOC's .xml files …); '{_short(source)}' is read as {name}"
                )
            try:
                found = _checked(reader.read(source, **given, **own))
            except (pa.ArrowException, UnicodeError, OverflowError) as error:
                words = " ".join(str(error).split())[:300]
                raise DataError(f"cannot read '{_short(source)}' as {name}: {words}") from error
            notes += info(found).get("notes", [])
            address = address_of(source) if isinstance(source, str | Path) else None
            found = with_info(found, source=address) if address else found
            found = with_info(found, **_facts_in(source))
            names = _classes_in(source) if "numbers" not in info(found) else {}
            return with_info(found, **({"notes": notes} if notes else {}), **names)
    if isinstance(source, str | Path) and Path(source).suffix.casefold() in OTHER_WAYS:
        raise DataError(f"cannot read '{source}': {OTHER_WAYS[Path(source).suffix.casefold()]}")
    raise DataError(
        f"cannot read '{source}'; expected an image folder, a .csv, .parquet, .jsonl or .npz file, "
        "an Arrow table, a DataFrame, a torch Dataset, or a dict of arrays"
    )


def unwrapped(data: Any, **columns: Any) -> tuple[Any, list[str]]:
    """The data in a form that one of the readers takes, and notes on what was done for it.

    An address gives its local copy (`hem_core.buckets.mirror`), files that one of the readers opens the table or the
    items in them, and Python data what `_python_data.unwrapped` makes of them.
    """
    if isinstance(data, str | Path):
        reader = _opener(data)
        if reader is None:
            data = local(data)
            reader = _opener(data)
        if reader is not None:
            data = reader.opened(data, **columns)
    return _python_data.unwrapped(data, **columns)


def opens(source: Any) -> bool:
    """Whether a reader opens files by their path or pattern, in place of reading one file or a folder as it is."""
    return isinstance(source, str | Path) and _opener(source) is not None


def _opener(source: str | Path) -> Any:
    """The reader that opens files as a table or as items, by its function `opened`; None for any other source."""
    package = sys.modules[__name__]
    found = (folder.load(package, name) for name in folder.names(package) if folder.works(package, name))
    return next((reader for reader in found if hasattr(reader, "opened") and reader.accepts(source)), None)


def reader_of(source: Any) -> tuple[str, tuple[str, ...]]:
    """The name of the reader that takes a source, such as "table", and its `OPTIONS`; ("", ()) where none does."""
    package = sys.modules[__name__]
    first = _opener(source) if isinstance(source, str | Path) else None
    if first is not None:
        return first.__name__.rpartition(".")[2], tuple(getattr(first, "OPTIONS", ()))
    for name in filter(partial(folder.works, package), folder.names(package)):
        reader = folder.load(package, name)
        if reader.accepts(source):
            return name, tuple(getattr(reader, "OPTIONS", ()))
    return "", ()


def _is_named(reader: Any, own: dict[str, Any]) -> bool:
    """Whether the format of annotations was named, and this is the reader of annotations."""
    return "annotations_format" in own and "annotations_format" in getattr(reader, "OPTIONS", ())


def _where(option: str) -> str:
    """What an option is for, beside annotations of boxes."""
    also = {"annotations_format": "", "predictions": "tables, folders of pictures and for "}
    return also.get(option, "tables and for ")


def _short(source: Any) -> str:
    return named(source) if isinstance(source, str | Path) else type(source).__name__


def info(table: pa.Table) -> dict[str, Any]:
    """What holds for the whole catalog.

    `name` (the key of its tags), `source` and `root` (paths), `medium` (the name of a file in
    `hem_core/media`), `classes` (names in the order of the outputs, or None), `labels_are` ("names", or "indices" where
    they can be integers counted from 0). `numbers`: the names of the numbers that every label holds. Rows:
    `features` ({"name", "kind": "number" | "category"} each), `are_features_named` (false: all columns were taken) and
    `left_out` (column: why it is no feature). `notes`: sentences on what was passed over or taken otherwise than it may
    seem; `failures` (row number as text: why this example cannot be read).
    """
    return json.loads((table.schema.metadata or {}).get(_KEY, b"{}"))


def with_info(table: pa.Table, **facts: Any) -> pa.Table:
    """The same catalog with these facts added to its metadata."""
    merged = info(table) | facts
    return table.replace_schema_metadata({_KEY: json.dumps(merged, sort_keys=True).encode()})


def _classes_in(source: Any) -> dict[str, list[str]]:
    """The class names that a table carries in its metadata, as one of Hugging Face does."""
    if not isinstance(source, pa.Table) or CLASSES not in (source.schema.metadata or {}):
        return {}
    return {"classes": source.schema.metadata[CLASSES].decode().split("\n")}


def _facts_in(source: Any) -> dict[str, str]:
    """The name, the source and the folder that a table of files carries in its metadata."""
    said = (source.schema.metadata or {}) if isinstance(source, pa.Table) else {}
    return {name: said[key].decode() for name, key in (("name", NAME), ("source", SOURCE)) if key in said}


def _checked(table: pa.Table) -> pa.Table:
    source = info(table).get("source", "the data")
    if table.num_rows == 0:
        raise DataError(f"'{source}' has no examples")
    if table["id"].null_count:
        raise DataError(f"'{source}' has {table['id'].null_count} rows without an id; every example needs one")
    ids = table["id"].to_pylist()
    if len(set(ids)) < len(ids):
        twice = [id for id, count in Counter(ids).items() if count > 1]
        shown = ", ".join(twice[:3])
        raise DataError(
            f"{len(twice)} ids occur more than once in '{source}' ({shown}{', …' if len(twice) > 3 else ''}); "
            "ids must be unique: they are the key of scores and tags. Name another column with --id-column, or "
            "omit the ids to have the rows numbered"
        )
    return table
