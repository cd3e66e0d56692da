"""CSV, Parquet, JSON Lines, an Arrow table or a DataFrame: one row an example, of pictures, texts or features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.catalog import with_info
from hem_core.catalog._features import all_features, asked_for, named_features, plain
from hem_core.catalog._table_file import (
    PREDICTIONS,
    has_predictions,
    is_frame,
    is_text,
    read_file,
    read_frame,
    suffix_format,
)
from hem_core.errors import DataError

ID_NAMES = ("id",)
LABEL_NAMES = ("label", "class", "target")
IMAGE_NAMES = ("image", "path", "filepath", "file_name", "filename")
TEXT_NAMES = ("text", "sentence", "utterance", "question", "message")


def accepts(source: Any) -> bool:
    if isinstance(source, str | Path):
        return suffix_format(Path(source)) != ""
    return isinstance(source, pa.Table) or is_frame(source)


def read(
    source: Any,
    *,
    id_column: str | None = None,
    label_column: str | None = None,
    image_column: str | None = None,
    text_column: str | None = None,
    feature_columns: str | Sequence[str] | None = None,
) -> pa.Table:
    """Columns `id`, `label` and one medium, by the default names or by the names given; all other columns are kept.

    `image`: a path below the file's folder. `text`: a string. Features: feature_columns ("age,job", a list, or "*" for
    every column that can be one) keep their names. A table that has none of the three and no predictions is taken as
    rows of all its columns: then `are_features_named` is false in its info, and `left_out` says what is no feature.
    Without an id column the image path is the id, and without either the row number.
    Integer, boolean and whole float labels are indices into the classes, text labels names. Missing values stay null.
    Raises DataError when the file cannot be parsed, or a named or needed column is not there or of a wrong type.
    """
    path = Path(source) if isinstance(source, str | Path) else None
    table = _load(source, path, text_column)
    label = _find(table, label_column, LABEL_NAMES, "label")
    if label is None:
        raise DataError(
            f"no label column among {', '.join(table.column_names)}; wanted one of {', '.join(LABEL_NAMES)}, "
            "or name it with --label-column"
        )
    medium, column = _medium(table, image_column, text_column, asked_for(feature_columns))
    image = column if medium == "image" else None
    id = _find(table, id_column, ID_NAMES, "id") or image
    taken = {id, label}
    facts = _features(table, path, feature_columns, taken) if medium == "row" else {}
    if medium == "row" and not facts["features"]:
        medium, facts = "none", {}
    labels = _whole(table[label])
    columns: dict[str, Any] = {
        "id": table[id].cast(pa.string()) if id else pa.array([str(row) for row in range(table.num_rows)]),
        "label": labels.cast(pa.string()),
    }
    if column is not None:
        columns[medium] = table[column].cast(pa.string())
    taken |= {column, *PREDICTIONS}
    columns |= {name: table[name] for name in table.column_names if name not in taken and name not in columns}
    columns |= {feature["name"]: plain(table[feature["name"]]) for feature in facts.get("features", [])}
    return with_info(
        pa.table(columns),
        name=path.name.split(".")[0] if path else "table",
        source=str(path or "table"),
        root=str((path or Path("table")).resolve().parent),
        medium=medium,
        classes=None,
        labels_are="indices" if pa.types.is_integer(labels.type) else "names",
        **facts,
    )


def _load(source: Any, path: Path | None, text_column: str | None) -> pa.Table:
    if path is not None:
        return read_file(path, text_column=text_column, text_names=TEXT_NAMES)
    return source if isinstance(source, pa.Table) else read_frame(source)


def _medium(
    table: pa.Table, image_column: str | None, text_column: str | None, features: list[str]
) -> tuple[str, str | None]:
    """ "image", "text" or "row", and the column that holds it. What is named wins over what is found by its name."""
    named = {"--image-column": image_column, "--text-column": text_column, "--feature-columns": features}
    given = [option for option, value in named.items() if value]
    if len(given) > 1:
        raise DataError(f"{' and '.join(given)} name two media; an example is a picture, a text or a row: keep one")
    if text_column:
        column = _find(table, text_column, (), "text")
        if not is_text(table.schema.field(text_column).type):
            kind = table.schema.field(text_column).type
            raise DataError(f"text column '{text_column}' is of {kind}; texts are strings")
        return "text", column
    image = None if features else _find(table, image_column, IMAGE_NAMES, "image")
    if image:
        return "image", image
    texts = [name for name in TEXT_NAMES if name in table.column_names and is_text(table.schema.field(name).type)]
    return ("text", texts[0]) if texts and not features else ("row", None)


def _features(
    table: pa.Table, path: Path | None, feature_columns: str | Sequence[str] | None, taken: set[str | None]
) -> dict[str, Any]:
    names = asked_for(feature_columns)
    if names and names != ["*"]:
        return {"features": named_features(table, names, taken=taken), "are_features_named": True, "left_out": {}}
    if has_predictions(path, table) and not names:
        return {"features": []}
    found, left_out = all_features(table, taken=taken)
    if names and not found:
        raise DataError(f"no column can be a feature among {', '.join(table.column_names)}; name them one by one")
    return {"features": found, "are_features_named": bool(names), "left_out": left_out}


def _find(table: pa.Table, named: str | None, defaults: tuple[str, ...], what: str) -> str | None:
    if named is not None and named not in table.column_names:
        raise DataError(f"no {what} column '{named}'; there are: {', '.join(table.column_names)}")
    return named or next((name for name in defaults if name in table.column_names), None)


def _whole(labels: pa.ChunkedArray) -> pa.ChunkedArray:
    """Labels with true and false as 1 and 0, and whole floats (pandas makes them of one missing value) as integers."""
    if pa.types.is_boolean(labels.type):
        return labels.cast(pa.int8())
    if pa.types.is_floating(labels.type):
        values = labels.to_numpy()
        if (values[np.isfinite(values)] % 1 != 0).any():
            raise DataError("labels are numbers with a fraction; classification wants class names or integer indices")
        return pa.chunked_array([pa.array(values, from_pandas=True).cast(pa.int64())])
    return labels
