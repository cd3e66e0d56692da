"""Outputs of detectors: for each image boxes, labels and scores, as of torchvision; or Ultralytics' Results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.boxes.annotations import Annotations, Predictions
from hem_core.boxes.formats import _json
from hem_core.boxes.results import InMemory
from hem_core.boxes.results._rows import Rows, predictions_of
from hem_core.errors import DataError

BOXES, LABELS, SCORES = ("boxes", "xyxy"), ("labels", "classes", "class_id"), ("scores", "confidence", "conf")
IMAGE = ("image", "image_id", "file_name", "filename", "path")
SUFFIXES = (".pt", ".pth", ".npz")


def accepts(source: Any) -> bool:
    """Whether it is a list or a dict in memory, a file of tensors or arrays, or a .json with lists of boxes."""
    if isinstance(source, InMemory):
        return isinstance(source.value, Mapping | Sequence) and not isinstance(source.value, str)
    if source.suffix.lower() in SUFFIXES:
        return source.is_file()
    if source.suffix.lower() != ".json" or not source.is_file():
        return False
    with source.open("rb") as file:
        start = file.read(1 << 16)
    return b'"scores"' in start and b'"boxes"' in start and b'"bbox"' not in start


def read(source: Path | InMemory, annotations: Annotations) -> Predictions:
    """Predictions of a list of outputs, or of a dict from the name of an image to its output.

    An output has `boxes` (M, 4; left, top, right, bottom in px), `labels` (M,) and `scores` (M,); or it is one of
    Ultralytics' Results. It names its image under one of IMAGE; a list whose outputs name none has one for every image,
    in the order of the annotations. A .pt file is opened without running code; an .npz holds the arrays `image`,
    `boxes`, `labels` and `scores`, a row for each box. Raises DataError for anything else.
    """
    name = "the predictions" if isinstance(source, InMemory) else f"'{source}'"
    value = source.value if isinstance(source, InMemory) else _opened(source)
    if isinstance(value, Mapping) and _of(value, BOXES) is not None and _of(value, IMAGE) is not None:
        return predictions_of(_rows_of(value, list(np.asarray(_of(value, IMAGE)).tolist()), name), annotations, name)
    outputs = list(value.items()) if isinstance(value, Mapping) else [(_image(one), one) for one in value]
    if any(image is None for image, _one in outputs):
        ids = annotations.image_ids
        if len(outputs) != len(ids):
            raise DataError(
                f"{name} have {len(outputs):,} outputs without a name for {len(ids):,} images; name the image of each: "
                "{'image': 'a.jpg', 'boxes': …, 'labels': …, 'scores': …}, or pass a dict by image"
            )
        outputs = [(id, one) for id, (_image_name, one) in zip(ids, outputs, strict=True)]
    parts = [_rows_of(one, [image] * _count(one), name) for image, one in outputs]
    return predictions_of(_joined(parts), annotations, name)


def _opened(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _json.loads(_json.read_bytes(path), path)
    if suffix == ".npz":
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError) as error:
            raise DataError(f"'{path}' cannot be read: {error}; save plain arrays with numpy.savez") from error
    import pickle

    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        words = " ".join(str(error).split())[:120]
        raise DataError(
            f"'{path}' cannot be opened without running code: {words}; save plain dicts of tensors: "
            "torch.save([{'boxes': …, 'labels': …, 'scores': …}], path)"
        ) from error


def _rows_of(output: Any, images: list[Any], name: str) -> Rows:
    """The boxes of one output, or of arrays over all images."""
    found = _plain(output)
    missing = [names[0] for names in (BOXES, LABELS, SCORES) if _of(found, names) is None]
    if missing:
        there = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(output).__name__
        raise DataError(f"an output in {name} has no '{missing[0]}'; there are: {there}")
    boxes = _array(_of(found, BOXES)).reshape(-1, 4)
    labels, scores = list(_listed(_of(found, LABELS))), _array(_of(found, SCORES)).reshape(-1)
    if not len(boxes) == len(labels) == len(scores) == len(images):
        counts = f"{len(boxes):,} boxes, {len(labels):,} labels and {len(scores):,} scores"
        raise DataError(f"an output in {name} has {counts} for {len(images):,} images of boxes; one each is expected")
    return Rows(images, labels, boxes, scores)


def _plain(output: Any) -> Any:
    """An output as a mapping; Ultralytics' Results hold their boxes in an object, and the names of the classes."""
    boxes = getattr(output, "boxes", None)
    if isinstance(output, Mapping) or boxes is None:
        return output
    names = getattr(output, "names", None) or {}
    labels = [int(label) for label in _listed(boxes.cls)]
    named = [names[label] if isinstance(names, Mapping) and label in names else label for label in labels]
    return {"boxes": boxes.xyxy, "labels": named, "scores": boxes.conf}


def _image(output: Any) -> Any:
    """What an output calls its image; None where it does not."""
    if isinstance(output, Mapping):
        value = _of(output, IMAGE)
        return value.item() if hasattr(value, "item") else value
    path = getattr(output, "path", None)
    return Path(str(path)).name if path else None


def _count(output: Any) -> int:
    boxes = _of(_plain(output), BOXES)
    return len(boxes) if boxes is not None else 0


def _of(found: Any, names: Sequence[str]) -> Any:
    return next((found[name] for name in names if name in found), None) if isinstance(found, Mapping) else None


def _array(value: Any) -> np.ndarray:
    """(…) float64 of numbers, arrays and tensors on any device."""
    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"boxes and scores are numbers; got {str(value)[:60]}") from error


def _listed(value: Any) -> Sequence[Any]:
    return value.tolist() if hasattr(value, "tolist") else list(value)


def _joined(parts: Sequence[Rows]) -> Rows:
    boxes = np.concatenate([np.zeros((0, 4)), *(part.xyxy for part in parts)])
    scores = np.concatenate([np.zeros(0), *(part.confidence for part in parts)])
    images, labels = ([one for part in parts for one in getattr(part, name)] for name in ("image", "label"))
    return Rows(images, labels, boxes, scores)
