"""Samples of FiftyOne with their tags: samples.json of a FiftyOneDataset export, its folder, or `to_json` of a view."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.errors import DataError
from hem_core.prove.lists._entry import Entry, Listed, ListOptions
from hem_core.prove.lists._json import parsed
from hem_core.prove.lists._rows import as_text, tag_names

FILE, FOLDER = "samples.json", "samples"
TRUTH = "ground_truth"


def accepts(path: Path) -> bool:
    if path.is_dir():
        return (path / FILE).is_file() or any((path / FOLDER).glob("*.json"))
    found = parsed(path)
    samples = found.get("samples") if isinstance(found, dict) else None
    return isinstance(samples, list) and all(isinstance(each, dict) and "filepath" in each for each in samples[:5])


def read(path: Path, options: ListOptions) -> Listed:
    """The file path of each sample, or the field that --column names; its tags, and those of its label.

    A label is that of the field --labels-from, by default of `ground_truth`, else of the only field with one.
    """
    samples = _samples(path)
    field = options.label_column or _label_field(samples)
    entries = [
        Entry(
            _names(sample, options),
            label=_label(sample.get(field)) if field else None,
            tags=frozenset({*tag_names(sample.get("tags") or []), *_label_tags(sample)}),
        )
        for sample in samples
    ]
    return Listed(entries, "FiftyOne export", needs_tag=True)


def _samples(path: Path) -> list[dict[str, Any]]:
    if path.is_dir() and not (path / FILE).is_file():
        try:
            samples = [json.loads(each.read_text("utf-8")) for each in sorted((path / FOLDER).glob("*.json"))]
        except (OSError, ValueError, RecursionError) as error:
            raise DataError(f"cannot read a sample in '{path / FOLDER}': {error}") from error
    else:
        found = parsed(path / FILE if path.is_dir() else path)
        samples = found.get("samples") if isinstance(found, dict) else None
    if not isinstance(samples, list):
        raise DataError(f"'{path}' has no list of 'samples', as FiftyOne exports them")
    return [each for each in samples if isinstance(each, dict)]


def _names(sample: Mapping[str, Any], options: ListOptions) -> tuple[str, ...]:
    fields = (options.column,) if options.column else ("filepath", "id", "_id")
    return tuple(text for name in fields if (text := as_text(sample.get(name))))


def _label_field(samples: list[dict[str, Any]]) -> str | None:
    named = {name for sample in samples for name, value in sample.items() if _label(value) is not None}
    return TRUTH if TRUTH in named else named.pop() if len(named) == 1 else None


def _label(value: Any) -> str | None:
    """The label in a field: of a Classification, or of Classifications joined by |."""
    if not isinstance(value, Mapping):
        return None
    several = value.get("classifications")
    if isinstance(several, list):
        return "|".join(as_text(each.get("label")) for each in several if isinstance(each, Mapping)) or None
    return as_text(value.get("label")) or None


def _label_tags(sample: Mapping[str, Any]) -> list[str]:
    fields = [value for value in sample.values() if isinstance(value, Mapping) and "_cls" in value]
    several = [value.get("classifications") or value.get("detections") for value in fields]
    parts = [part for each in several if isinstance(each, list) for part in each]
    return [tag for each in (*fields, *parts) if isinstance(each, Mapping) for tag in tag_names(each.get("tags") or [])]
