"""Data sets of the library `datasets`: their classes and pictures are known by their features."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog._column_names import CLASSES, IDS, INPUTS, LABELS
from hem_core.catalog._examples import Examples
from hem_core.catalog._lazy import Lazy
from hem_core.catalog._spooled import spooled
from hem_core.catalog._tag_labels import UNKNOWN, columns_named, states_of
from hem_core.errors import DataError
from hem_core.paths import read_file

NAMED = ("label_column", "image_column", "id_column")
STREAMED = "The stream was read once, from its beginning to its end; without a column of ids its positions are the ids."


def unwrapped(
    data: Any, *, label_column: str | None = None, image_column: str | None = None, id_column: str | None = None
) -> tuple[Any, list[str]]:
    """A Dataset or DatasetDict as a table, or as items where its inputs are pictures or arrays.

    A Dataset with a transform of its own stays as it is: its items are what the transform makes of them.
    A stream is read once, see `spooled`.
    Raises DataError for splits of other columns, and features that are no input.
    """
    name, named = type(data).__name__, (label_column, image_column, id_column)
    if isinstance(data, dict):
        data = {split: part if hasattr(part, "num_rows") else spooled(part) for split, part in data.items()}
        parts = [_with_split(part, str(split)) for split, part in data.items() if part.num_rows]
        if not parts:
            raise DataError(f"the {name} has no examples in its splits {', '.join(map(str, data))}")
        features = next(part.features for part in data.values() if part.num_rows)
        if len({tuple(table.column_names) for table in parts}) > 1 or any(
            part.features != features for part in data.values() if part.num_rows
        ):
            raise DataError(f"the splits {', '.join(map(str, data))} have different columns; pass one of them")
        whole = pa.concat_tables(parts)
        return _source(whole, features, name, *named), []
    if not hasattr(data, "num_rows"):
        read, notes = unwrapped(spooled(data), **dict(zip(NAMED, named, strict=True)))
        return read, [*notes, STREAMED]
    if data.format["type"] == "custom":
        return data, []
    return _source(_table(data), data.features, name, *named), []


def _table(data: Any) -> pa.Table:
    """All rows in the data set's own order, whatever its format and its indices."""
    rows = data.with_format("arrow")[:]
    table = rows if isinstance(rows, pa.Table) else pa.table(rows)
    return table.replace_schema_metadata(None)


def _with_split(data: Any, split: str) -> pa.Table:
    table = _table(data)
    if not any(name in table.column_names for name in IDS):
        table = table.append_column("id", pa.array([f"{split}/{row}" for row in range(table.num_rows)], pa.string()))
    if "split" not in table.column_names:
        table = table.append_column("split", pa.array([split] * table.num_rows, pa.string()))
    return table


def _source(
    table: pa.Table, features: Any, name: str, label_column: str | None, image_column: str | None, id_column: str | None
) -> pa.Table | Examples:
    kinds = {column: type(feature).__name__ for column, feature in features.items()}
    tags = columns_named(table, label_column) if label_column is not None else None
    label = _label(table, kinds, label_column) if tags is None else ""
    inner = getattr(features.get(label), "feature", None)  # of a list of labels
    classes = list(features[label].names) if kinds.get(label) == "ClassLabel" else getattr(inner, "names", None)
    if kinds.get(label) == "ClassLabel":
        values = [value if value is not None and value >= 0 else None for value in table[label].to_pylist()]
        table = table.set_column(table.column_names.index(label), label, pa.array(values, pa.int64()))
    pictures = [column for column, kind in kinds.items() if kind == "Image" and image_column in (None, column)]
    if len(pictures) > 1:
        raise DataError(
            f"the {name} has several columns of pictures ({', '.join(pictures)}); name one of them with image_column"
        )
    arrays = [column for column in table.column_names if column in INPUTS and _is_list(table.schema.field(column).type)]
    if not pictures and not arrays:
        table = table.drop_columns([column for column in table.column_names if kinds.get(column) == "Audio"])
        return table.replace_schema_metadata({CLASSES: "\n".join(classes).encode()} if classes is not None else None)
    column = (pictures or arrays)[0]
    if label + UNKNOWN in table.column_names and classes is not None:  # Examples has no place for it: rows of states
        table = table.set_column(table.column_names.index(label), label, _states(table, label, classes))
    cells = table[column]
    inputs = Lazy(len(cells), lambda row: _bytes(cells[row].as_py())) if pictures else cells.to_pylist()
    id = id_column or next((one for one in IDS if one in table.column_names), None)
    taken = {column, label, id, *(tags or {}).values()}
    rest = [one for one in table.column_names if one not in taken and not _is_list(table.schema.field(one).type)]
    return Examples(
        inputs,
        table[label].to_pylist() if tags is None else list(states_of(table, tags)),
        name=name,
        ids=table[id].to_pylist() if id else None,
        classes=classes if tags is None else list(tags),
        more={one: table[one] for one in rest},
    )


def _states(table: pa.Table, label: str, classes: list[str]) -> pa.Array:
    """Lists of class indices beside lists of unknown names as rows of K numbers: 1, 0, and NaN where not known."""
    rows = []
    for given, unknown in zip(table[label].to_pylist(), table[label + UNKNOWN].to_pylist(), strict=True):
        row = [float(k in (given or [])) for k in range(len(classes))]
        rows.append([math.nan if name in (unknown or []) else state for name, state in zip(classes, row, strict=True)])
    return pa.array(rows, pa.list_(pa.float64()))


def _label(table: pa.Table, kinds: dict[str, str], label_column: str | None) -> str:
    if label_column is not None and label_column not in table.column_names:
        raise DataError(f"no label column '{label_column}'; there are: {', '.join(table.column_names)}")
    named = [label_column] if label_column is not None else [name for name in LABELS if name in table.column_names]
    of_classes = [name for name, kind in kinds.items() if kind == "ClassLabel"]
    candidates = named[:1] or of_classes
    if len(candidates) != 1:
        raise DataError(f"no label among the columns {', '.join(table.column_names)}; name it with label_column")
    return candidates[0]


def _is_list(of: pa.DataType) -> bool:
    return pa.types.is_nested(of) or isinstance(of, pa.ExtensionType)


def _bytes(value: Any) -> bytes | None:
    """The bytes of a picture, which the data set holds itself or names by a path; None where it has neither."""
    if value is None:
        return None
    if value.get("bytes") is not None:
        return value["bytes"]
    try:
        return read_file(Path(value["path"]))
    except (OSError, TypeError):
        return b""
