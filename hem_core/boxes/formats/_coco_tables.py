"""The images and categories of a COCO document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.boxes.annotations import Key, image_table, unique_ids
from hem_core.boxes.problems import Problem, problems_of

_STANDARD = ("id", "file_name", "width", "height")
_WIDEST = 100_000
"""Ids of categories further apart are codes, not numbers with gaps."""


def images(records: list[Any], folder: Path | None) -> tuple[pa.Table, tuple[Key, ...], list[Problem]]:
    """The table of images, in ascending order of their ids in the file, these ids, and what is odd."""
    good = [record for record in records if _has_id(record)]
    by_key: dict[Key, dict[str, Any]] = {}
    twice = [str(record["id"]) for record in good if by_key.setdefault(record["id"], record) is not record]
    keys = tuple(sorted(by_key, key=lambda key: (isinstance(key, str), key)))
    rows = [by_key[key] for key in keys]
    names = [str(row.get("file_name") or row["id"]) for row in rows]
    ids, again = unique_ids(names, keys)
    size = np.asarray([[_pixels(row.get("width")), _pixels(row.get("height"))] for row in rows]).reshape(-1, 2)
    own = {name for row in rows for name, value in row.items() if _scalar(value) is not None} - set(_STANDARD)
    table = image_table(ids, names, size, {name: [_scalar(row.get(name)) for row in rows] for name in sorted(own)})
    missing = [] if folder is None else [name for name in names if not (folder / name).is_file()]
    unreadable = [f"images[{at}]" for at, record in enumerate(records) if not _has_id(record)]
    sizeless = [id for id, pixels in zip(ids, size, strict=True) if not pixels.all()]
    found = [
        *problems_of("unreadable_image", unreadable, "entries of images without an id", "they are left out"),
        *problems_of("image_listed_twice", twice, "images with an id that was used before", "the first one stays"),
        *problems_of("image_listed_twice", again, "images of the same file", "their ids end in @ and a number"),
        *problems_of("file_missing", missing, f"images without a file in {folder}"),
        *problems_of("image_without_size", sizeless, "images without width and height", "their borders are unknown"),
    ]
    return table, keys, found


def categories(records: list[Any]) -> tuple[tuple[str, ...], tuple[Key, ...], list[Problem]]:
    """Names and ids of the categories, in the order of the file."""
    by_key: dict[Key, str] = {}
    twice = []
    for record in filter(_has_id, records):
        if record["id"] in by_key:
            twice.append(str(record["id"]))
        by_key.setdefault(record["id"], str(record.get("name") or record["id"]))
    keys = tuple(by_key)
    names, again = unique_ids(list(by_key.values()), keys)
    numbers = sorted(key for key in keys if isinstance(key, int))
    is_small = bool(numbers) and numbers[-1] - numbers[0] < _WIDEST
    gaps = sorted(set(range(numbers[0], numbers[-1])) - set(numbers)) if is_small else []
    unreadable = [f"categories[{at}]" for at, record in enumerate(records) if not _has_id(record)]
    found = [
        *problems_of("unreadable_category", unreadable, "entries of categories without an id", "they are left out"),
        *problems_of("category_listed_twice", twice, "categories with an id that was used before", "the first stays"),
        *problems_of("category_listed_twice", again, "categories with the name of another", "@ and their id is added"),
        *problems_of("category_id_gap", map(str, gaps), "numbers between the ids of categories that none has"),
    ]
    return tuple(names), keys, found


def _has_id(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("id"), int | str)


def _pixels(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 1e9 else 0.0


def _scalar(value: Any) -> object:
    return value if isinstance(value, str | int | float | bool) else None
