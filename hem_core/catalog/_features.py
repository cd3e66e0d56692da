"""Which columns of a table are the features of a row, and of which kind each is."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from hem_core.catalog._table_file import is_text
from hem_core.errors import DataError

ID_LIKE = ("id", "index", "unnamed", "uuid", "key", "row")
KEPT = ("id", "label", "split", "content_hash")
"""Columns of a catalog that are never features."""
FEW = 20
"""Up to this many rows, names that never repeat may still be categories."""


def asked_for(feature_columns: str | Sequence[str] | None) -> list[str]:
    """ "age,job" or ["age", "job"] as a list; nothing as an empty one."""
    if feature_columns is None:
        return []
    listed = feature_columns.split(",") if isinstance(feature_columns, str) else list(feature_columns)
    return list(dict.fromkeys(name.strip() for name in listed if name.strip()))


def named_features(table: pa.Table, names: Sequence[str], *, taken: set[str | None]) -> list[dict[str, str]]:
    """{"name", "kind"} of each named column. taken: the columns that hold the ids and the labels.

    Raises DataError for a name that is not there, that is the id or the label, or whose values are no feature.
    """
    features = []
    for name in names:
        if name not in table.column_names:
            raise DataError(f"no feature column '{name}'; there are: {', '.join(table.column_names)}")
        if name in taken or name in ("id", "label"):
            raise DataError(f"column '{name}' holds the ids or the labels and cannot be a feature; omit it")
        feature_kind = kind(table.schema.field(name).type)
        if feature_kind is None:
            raise DataError(
                f"feature column '{name}' is of {table.schema.field(name).type}; features are numbers or categories"
            )
        features.append({"name": name, "kind": feature_kind})
    return features


def all_features(table: pa.Table, *, taken: set[str | None]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Every column that can be a feature, and the skipped columns with the reason.

    Left out are lists, dates and the like, columns without a value, and ids by their name or by never repeating.
    """
    features: list[dict[str, str]] = []
    left_out: dict[str, str] = {}
    for name in table.column_names:
        if name in taken or name in KEPT:
            continue
        column = table[name]
        feature_kind = kind(column.type)
        if feature_kind is None:
            left_out[name] = f"of {column.type}"
        elif column.null_count == len(column):
            left_out[name] = "has no value"
        elif name.lower() in ID_LIKE or name.lower().endswith("_id"):
            left_out[name] = "named like an id"
        elif feature_kind == "category" and len(column) > FEW and _never_repeats(column):
            left_out[name] = "text that never repeats"
        else:
            features.append({"name": name, "kind": feature_kind})
    return features, left_out


def kind(of: pa.DataType) -> str | None:
    """ "number", "category", or None for lists, dates and whatever else is neither."""
    if pa.types.is_dictionary(of):
        return "category" if is_text(of.value_type) else kind(of.value_type)
    if is_text(of):
        return "category"
    is_number = pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_decimal(of)
    return "number" if is_number or pa.types.is_boolean(of) or pa.types.is_null(of) else None


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A feature as it is stored: numbers float64, true and false as 1 and 0, categories strings; null stays null."""
    if kind(column.type) == "category":
        return column.cast(pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.float64(), safe=False)  # a whole number beyond 2^53 is rounded


def _never_repeats(column: pa.ChunkedArray) -> bool:
    there = column.drop_null()
    return len(there.unique()) == len(there)
