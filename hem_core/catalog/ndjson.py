"""Ultralytics' NDJSON with a class for each whole image: a line on the data set, then a line an image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.boxes.formats import _ndjson_records as ndjson
from hem_core.catalog import table as tables
from hem_core.catalog import with_info

OPTIONS = ("images", "predictions")


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and ndjson.task_of(Path(source)) == ndjson.CLASSIFY


def read(source: str | Path, *, images: str | Path | None = None, **columns: Any) -> pa.Table:
    """One row an image: `id` and `image` are its file, `label` the name of its class, `split` as in the file.

    Pictures are in images/<split>/ beside the NDJSON, as HEM writes them, or beside it; images: another folder of them.
    HEM downloads nothing: a picture that is only at its `url` has no file here. Raises DataError for a file that is no
    such NDJSON.
    """
    path = Path(source)
    head, records = ndjson.records_of(path.read_bytes(), path)
    names, home = ndjson.class_names(head), Path(images) if images is not None else path.parent
    files = [ndjson.picture_name(record, head, home) for record in records]
    rows = {
        "id": [str(record.get("hem_id") or file) for record, file in zip(records, files, strict=True)],
        "label": [_label(record, names) for record in records],
        "split": [record.get("split") for record in records],
        "image": files,
    }
    table = pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()})
    found = tables.read(table, images=home, **columns)
    return with_info(
        found, name=path.stem, source=str(source), classes=list(names.values()) or None, labels_are="names"
    )


def _label(record: Mapping[str, Any], names: Mapping[int, str]) -> str | None:
    """The name of the first class, which is the one that Ultralytics trains on."""
    notes = record.get("annotations")
    numbers = notes.get("classification") if isinstance(notes, dict) else None
    if not isinstance(numbers, list) or not numbers or not isinstance(numbers[0], int):
        return None
    return names.get(numbers[0], str(numbers[0]))
