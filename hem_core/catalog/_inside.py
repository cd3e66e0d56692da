"""Tables whose pictures are inside: the bytes of image files in a column, as Hugging Face and Lance store them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from hem_core.catalog._column_names import CLASSES, FOLDER, IDS, INPUTS, LABELS, NAME, SOURCE
from hem_core.catalog._examples import Examples
from hem_core.catalog._image_column import NAMES
from hem_core.catalog._lazy import Lazy
from hem_core.errors import DataError


def pictures_inside(schema: pa.Schema, named: str | None = None) -> str | None:
    """The column that holds the bytes of pictures; None without one. named: the user's --image-column."""
    usual = {*NAMES, *INPUTS, "bytes", "jpg", "png"}
    holding = [item.name for item in schema if _holds_bytes(item.type)]
    return next((name for name in holding if (name == named if named else name.casefold() in usual)), None)


def opened(
    table: pa.Table,
    read: Callable[[int], Any],
    column: str | None,
    *,
    place: tuple[str, str, str],
    label_column: str | None = None,
    id_column: str | None = None,
) -> pa.Table | Examples:
    """A table with what is known of it, or items where its pictures are in a column.

    table: without that column. read(row): the cell of the column. place: name, source and folder of the data.
    """
    name, source, folder = place
    classes = _classes(table.schema, label_column)
    if column is None:
        said = {NAME: name, SOURCE: source, FOLDER: folder, **({CLASSES: "\n".join(classes)} if classes else {})}
        return table.replace_schema_metadata(said)
    label = label_column or next((one for one in LABELS if one in table.column_names), None)
    if label not in table.column_names:
        raise DataError(f"no label column in '{source}'; name it with --label-column; there are: {_listed(table)}")
    id = id_column or next((one for one in IDS if one in table.column_names), None)
    if id is not None and id not in table.column_names:
        raise DataError(f"no id column '{id}' in '{source}'; there are: {_listed(table)}")
    rest = [one for one in table.column_names if one not in (label, id) and not pa.types.is_nested(table[one].type)]
    labels = table[label].to_pylist()
    if classes:
        labels = [value if value is not None and value >= 0 else None for value in labels]
    return Examples(
        Lazy(table.num_rows, lambda row: picture_bytes(read(row))),
        labels,
        name=name,
        ids=table[id].to_pylist() if id else None,
        classes=classes,
        more={one: table[one] for one in rest},
        source=source,
    )


def picture_bytes(cell: Any) -> bytes | None:
    """The bytes of a picture in a cell: themselves, or the dict of Hugging Face; None where there are none."""
    return cell.get("bytes") if isinstance(cell, Mapping) else cell


def _holds_bytes(of: pa.DataType) -> bool:
    """Whether cells are bytes, or what Hugging Face writes of a picture: a struct with them."""
    if pa.types.is_binary(of) or pa.types.is_large_binary(of):
        return True
    return pa.types.is_struct(of) and "bytes" in {of.field(place).name for place in range(of.num_fields)}


def _classes(schema: pa.Schema, label_column: str | None) -> list[str] | None:
    """The names of the classes by the features that Hugging Face writes into a file's metadata."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return None
    wanted: Sequence[str] = (label_column,) if label_column else LABELS
    named = (features[name].get("names") for name in wanted if isinstance(features.get(name), dict))
    return next((list(names) for names in named if names), None)


def _listed(table: pa.Table) -> str:
    return ", ".join(table.column_names)
