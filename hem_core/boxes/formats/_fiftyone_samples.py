"""The samples of a FiftyOneDataset: a folder with samples.json, or that file; which of their fields hold labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hem_core.boxes.formats import _json
from hem_core.errors import DataError

FILE = "samples.json"
TRUTH, PREDICTED = "ground_truth", "predictions"
BOXES = ("Detections",)
LABELS = ("Classification", "Classifications", "Regression")
PEEK = 1 << 20
"""Bytes at the beginning that are read to tell which labels a file has."""
Sample = dict[str, Any]


def file_of(path: Path) -> Path | None:
    """samples.json in a folder, or a file that begins as one does; None for anything else."""
    found = path / FILE if path.is_dir() else path
    if found.suffix.lower() != ".json" or not found.is_file():
        return None
    with found.open("rb") as file:
        start = file.read(PEEK)
    return found if start.lstrip()[:1] == b"{" and b'"samples"' in start and b'"filepath"' in start else None


def first_samples(path: Path) -> list[Sample]:
    """The samples in the first PEEK bytes of a file, whole ones only."""
    with path.open("rb") as file:
        text = file.read(PEEK).decode("utf-8", "ignore")
    decoder, found = json.JSONDecoder(), []
    at = text.find("[", text.find('"samples"'))
    while at >= 0:
        at = text.find("{", at + 1)
        try:
            sample, at = decoder.raw_decode(text, at) if at >= 0 else ({}, -1)
        except (ValueError, RecursionError):
            break
        found += [sample] if sample else []
    return found


def truth_kind(path: Path) -> str:
    """What the field of the given labels holds, such as "Detections", by the first samples of a file; "" for none."""
    samples = first_samples(path)
    field = truth_field(samples, (*BOXES, *LABELS))
    return kind_of(samples, field) if field else ""


def samples_of(path: Path) -> list[Sample]:
    """The samples of a file. Raises DataError where it has none."""
    return samples_in(_json.loads(_json.read_bytes(path), path), path)


def samples_in(document: Any, path: Path) -> list[Sample]:
    """The samples of a document; path: its file, for errors. Raises DataError where it has none."""
    found = document.get("samples") if isinstance(document, dict) else None
    samples = [each for each in found if isinstance(each, dict) and each.get("filepath")] if found else []
    if not samples:
        raise DataError(f"'{path}' has no list of samples with a filepath, as FiftyOne exports them")
    return samples


def label_fields(samples: Iterable[Mapping[str, Any]], kinds: tuple[str, ...]) -> list[str]:
    """The fields that hold labels of these kinds, in the order of the samples."""
    named = (name for sample in samples for name, value in sample.items() if _kind(value) in kinds)
    return list(dict.fromkeys(named))


def truth_field(samples: Iterable[Mapping[str, Any]], kinds: tuple[str, ...]) -> str | None:
    """The field of the given labels: `ground_truth`, else the first that is not of predictions."""
    found = label_fields(samples, kinds)
    return TRUTH if TRUTH in found else next((name for name in found if name != PREDICTED), None)


def predicted_field(samples: list[Sample], truth: str | None, kinds: tuple[str, ...]) -> str | None:
    """The field of a model's labels: `predictions`, else the only other one with confidences; None for none."""
    found = [name for name in label_fields(samples, kinds) if name != truth]
    with_confidence = [name for name in found if _has_confidence(samples, name)]
    chosen = [PREDICTED] if PREDICTED in found else with_confidence
    return chosen[0] if len(chosen) == 1 else None


def kind_of(samples: Iterable[Mapping[str, Any]], field: str) -> str:
    """What a field holds, such as "Classification"."""
    return next((kind for sample in samples if (kind := _kind(sample.get(field)))), "")


def detections_of(sample: Mapping[str, Any], field: str | None) -> list[Sample]:
    """The boxes in a field of a sample; {} for one that is no object."""
    value = sample.get(field) if field else None
    found = value.get("detections") if isinstance(value, Mapping) else None
    return [each if isinstance(each, dict) else {} for each in found] if isinstance(found, list) else []


def size_of(sample: Mapping[str, Any]) -> tuple[float, float]:
    """Width and height in px as the sample has them; 0 where it does not."""
    metadata = sample.get("metadata")
    sizes = [metadata.get(side) if isinstance(metadata, Mapping) else None for side in ("width", "height")]
    width, height = (float(side) if isinstance(side, int | float) else 0.0 for side in sizes)
    return width, height


def scalars_of(sample: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """The fields of a sample that are texts or numbers, and its tags, joined by a comma."""
    skipped = ("filepath", "id", "media_type")
    own = {name: value for name, value in sample.items()
           if isinstance(value, str | int | float) and not name.startswith("_") and name not in skipped}  # fmt: skip
    tags = sample.get("tags")
    return own | ({"tags": ", ".join(map(str, tags))} if isinstance(tags, list) and tags else {})


def _kind(value: Any) -> str:
    return str(value.get("_cls", "")) if isinstance(value, Mapping) else ""


def _has_confidence(samples: list[Sample], field: str) -> bool:
    values = (part for sample in samples for part in (detections_of(sample, field) or [sample.get(field)]))
    return any(isinstance(value, Mapping) and value.get("confidence") is not None for value in values)
