"""An export of FiftyOne as FiftyOneDataset, whose labels are of whole pictures: its folder, or its samples.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.boxes.formats import _fiftyone_samples as fiftyone
from hem_core.catalog import info, with_info
from hem_core.catalog import table as tables
from hem_core.errors import DataError

OPTIONS = ("images", "predictions")
ID = "hem_id"
"""The field in which an export of HEM has the id."""


def accepts(source: Any) -> bool:
    if not isinstance(source, str | Path):
        return False
    found = fiftyone.file_of(Path(source))
    return found is not None and fiftyone.truth_kind(found) in fiftyone.LABELS


def read(
    source: str | Path,
    *,
    label_column: str | None = None,
    images: str | Path | None = None,
    **columns: Any,
) -> pa.Table:
    """One row a sample: `id` and `image` are its file path, or `id` is its field hem_id; `label` is that of the field
    label_column, by default `ground_truth`, else of the first field of labels.

    A field `predictions`, or the only other one with confidences, becomes the columns `predicted` and `confidence`;
    fields of texts and numbers, and the tags, are columns of their own. images: the folder that the paths are relative
    to, by default that of the samples. Raises DataError for what is no such file, or lacks the named field.
    """
    path = Path(source) / fiftyone.FILE if Path(source).is_dir() else Path(source)
    samples = fiftyone.samples_of(path)
    field = label_column or fiftyone.truth_field(samples, fiftyone.LABELS) or ""
    if field not in fiftyone.label_fields(samples, fiftyone.LABELS):
        there = ", ".join(fiftyone.label_fields(samples, fiftyone.LABELS)) or "none"
        raise DataError(f"'{path}' has no field of labels '{field}'; there are: {there}")
    predicted = fiftyone.predicted_field(samples, field, fiftyone.LABELS)
    table = _table(samples, field, predicted)
    home = Path(images) if images is not None else path.parent
    id = ID if ID in table.column_names and not table[ID].null_count else "image"
    found = tables.read(table, id_column=id, image_column="image", label_column="label", images=home, **columns)
    notes = [*info(found).get("notes", []), *_notes(field, predicted)]
    return with_info(found, name=path.resolve().parent.name, source=str(source), notes=notes)


def _table(samples: list[fiftyone.Sample], field: str, predicted: str | None) -> pa.Table:
    """One row a sample: its path, label, what is predicted, and its fields of texts and numbers."""
    columns: dict[str, list[Any]] = {
        "image": [str(sample["filepath"]) for sample in samples],
        "label": [_label(sample.get(field)) for sample in samples],
    }
    if predicted is not None:
        columns |= _predicted([sample.get(predicted) for sample in samples])
    own = [fiftyone.scalars_of(sample) for sample in samples]
    names = dict.fromkeys(name for each in own for name in each)
    columns |= {name: [each.get(name) for each in own] for name in names if name not in columns}
    return pa.table({name: _column(values) for name, values in columns.items()})


def _label(value: Any) -> Any:
    """The label of a Classification, the number of a Regression, or the list of labels of Classifications."""
    if not isinstance(value, Mapping):
        return None
    several = value.get("classifications")
    if isinstance(several, list):
        return [str(each.get("label")) for each in several if isinstance(each, Mapping)]
    return value.get("label", value.get("value"))


def _predicted(values: list[Any]) -> dict[str, list[Any]]:
    """The columns `predicted` and `confidence`; of Classifications prob_<label>, 0 where a label is not named."""
    listed = [value.get("classifications") if isinstance(value, Mapping) else None for value in values]
    if any(isinstance(each, list) for each in listed):
        rows = [{str(one.get("label")): one.get("confidence") for one in each or ()} for each in listed]
        return {f"prob_{name}": [row.get(name) or 0.0 for row in rows] for name in sorted({n for r in rows for n in r})}
    found = {"predicted": [_label(value) for value in values]}
    confidence = [value.get("confidence") if isinstance(value, Mapping) else None for value in values]
    return found | ({"confidence": confidence} if any(each is not None for each in confidence) else {})


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _notes(field: str, predicted: str | None) -> list[str]:
    notes = [f"The labels are those of the field {field}."]
    return notes + ([f"The predictions are those of the field {predicted}."] if predicted is not None else [])
