"""A table with a row for each predicted box: its image, class, corners and score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.geometry import to_xyxy
from hem_core.boxes.results import InMemory
from hem_core.boxes.results._rows import Rows, predictions_of
from hem_core.errors import DataError

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
IMAGE = ("image", "image_id", "imageid", "file_name", "filename", "image_name", "image_path", "file", "path", "id")
LABEL = ("class_name", "label_name", "category_name", "name", "label", "class", "category", "category_id", "class_id",
         "cls")  # fmt: skip
SCORE = ("score", "confidence", "conf", "probability", "prob")
CORNERS = (
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("left", "top", "right", "bottom"),
)
SIZED = (("x", "y", "width", "height"), ("x", "y", "w", "h"), ("left", "top", "width", "height"))
"""Left, top, width and height."""


def accepts(source: Any) -> bool:
    """Whether it is a table in memory or a file with the suffix of one."""
    if isinstance(source, InMemory):
        return isinstance(source.value, pa.Table) or hasattr(source.value, "iloc")
    return source.is_file() and source.suffix.lower() in SUFFIXES


def read(source: Path | InMemory, annotations: Annotations) -> Predictions:
    """Predictions of a .csv (comma or semicolon), .tsv, .parquet, .jsonl, Arrow table or data frame.

    Columns, in any case: IMAGE, LABEL, SCORE, and four of CORNERS or SIZED, in px. Where a class has its name and its
    number, the name counts. Raises DataError, naming the columns that there are, where one is missing.
    """
    name = "the table" if isinstance(source, InMemory) else f"'{source}'"
    table = _table(source, name)
    of_name = {str(each).strip().casefold(): at for at, each in enumerate(table.column_names)}

    def column(names: Sequence[str], what: str) -> list[Any]:
        found = next((each for each in names if each in of_name), None)
        if found is None:
            raise DataError(
                f"{name} has no column of the {what}, {_or(names)}; there are: {', '.join(table.column_names)}"
            )
        return table.column(of_name[found]).to_pylist()

    sides, box_format = next(
        ((sides, kind) for listed, kind in ((CORNERS, "xyxy"), (SIZED, "xywh")) for sides in listed
         if set(sides) <= of_name.keys()),
        (CORNERS[0], "xyxy"),
    )  # fmt: skip
    numbers = np.stack([_numbers(column((side,), "corners")) for side in sides], axis=1)
    image, label, score = column(IMAGE, "image"), column(LABEL, "class"), _numbers(column(SCORE, "score"))
    rows = Rows(image, label, to_xyxy(numbers, box_format), score)  # pyright: ignore[reportArgumentType]
    return predictions_of(rows, annotations, name)


def _table(source: Path | InMemory, name: str) -> pa.Table:
    try:
        if isinstance(source, InMemory):
            value = source.value
            return value if isinstance(value, pa.Table) else pa.Table.from_pandas(value, preserve_index=False)
        if source.suffix.lower() == ".parquet":
            return pq.read_table(source)
        if source.suffix.lower() in (".jsonl", ".ndjson"):
            return pa.Table.from_pylist(
                [json.loads(line) for line in source.read_text("utf-8-sig").split("\n") if line]
            )
        return _delimited(source)
    except (pa.ArrowException, UnicodeError, OSError, ValueError) as error:
        raise DataError(f"{name} cannot be read as a table: {' '.join(str(error).split())[:200]}") from error


def _delimited(source: Path) -> pa.Table:
    """All cells as text, so that an image called 007 stays that."""
    with source.open(encoding="utf-8-sig") as file:
        head = file.readline()
    separator = max(",;\t", key=head.count)
    names = [each.strip().strip('"') for each in head.rstrip("\r\n").split(separator)]
    options = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return csv.read_csv(source, parse_options=csv.ParseOptions(delimiter=separator), convert_options=options)


def _numbers(values: Sequence[Any]) -> np.ndarray:
    """(P,) float64, NaN for what is no number."""
    try:
        return np.asarray([np.nan if value in (None, "") else float(value) for value in values], np.float64)
    except (TypeError, ValueError):
        return np.asarray([_number(value) for value in values], np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _or(names: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)
