"""The examples of a set, read from its own folder or from the run that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.engine.batch import Inputs
from hem_core.engine.inputs import Tensors, open_inputs
from hem_core.engine.stored_inputs import stored_inputs
from hem_core.errors import DataError
from hem_core.export._files import picture_files
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.training_set import TrainingSet
from hem_core.media import medium
from hem_core.media._picture_file import is_grey
from hem_core.paths import read_file
from hem_core.sets.provenance import feature_columns
from hem_core.sets.run_of_set import check_examples, run_of_set
from hem_core.store.workspace import open_workspace

if TYPE_CHECKING:
    import pandas as pd


def set_examples(
    folder: Path,
    examples: pd.DataFrame,
    manifest: Mapping[str, Any],
    *,
    channels: int | None = None,
    resize: int | None = None,
) -> TrainingSet:
    """Items (input, target, id) in the order of the set; `classes` are the manifest's, else the labels, sorted.

    Read are the folder's pictures (imagefolder, yolo or coco), its texts or its rows of features; in a workspace, what
    the run was made from. Raises DataError when there is nothing to read, and for an example without a label or that
    cannot be read.
    """
    ids = [str(id) for id in examples["id"].tolist()]
    inputs, is_picture = _inputs(folder, ids, examples, manifest, channels, resize)
    labels = examples["label"].tolist()
    classes = [str(name) for name in manifest.get("classes") or sorted({str(label) for label in labels if label})]
    number = {name: index for index, name in enumerate(classes)}
    nameless = [id for id, label in zip(ids, labels, strict=True) if label not in number]
    if nameless:
        raise DataError(
            f"{len(nameless):,} of {len(ids):,} examples have no label that is a class, such as '{nameless[0]}'"
        )
    cached_inputs = CachedInputs(inputs, len(ids))
    bad = np.flatnonzero(~cached_inputs.is_good)
    if len(bad):
        reason = dict(inputs.read([int(bad[0])]).failures)[int(bad[0])]
        raise DataError(f"{len(bad):,} of {len(ids):,} examples cannot be read; '{ids[bad[0]]}': {reason}")
    targets = np.array([number[label] for label in labels])
    return TrainingSet(cached_inputs, np.arange(len(ids)), targets, ids, classes, is_picture=is_picture)


def _inputs(
    folder: Path,
    ids: list[str],
    examples: pd.DataFrame,
    manifest: Mapping[str, Any],
    channels: int | None,
    resize: int | None,
) -> tuple[Inputs, bool]:
    """A reader of these examples, and whether they are pictures."""
    features, data = feature_columns(manifest, examples), manifest.get("data") or {}
    found = medium(data.get("medium") or ("row" if features else "text"))
    reader = found.read_back(examples, data, features)
    files = picture_files(folder) if reader is None or not data.get("medium") else {}
    if files:
        missing = [id for id in ids if id not in files]
        if missing:
            raise DataError(
                f"'{folder}' has no picture of {len(missing):,} of {len(ids):,} examples, such as '{missing[0]}'"
            )
        paths = [files[id].relative_to(folder).as_posix() for id in ids]
        known = channels or _channels([files[id] for id in ids])
        size = resize or (manifest.get("parameters") or {}).get("resize")
        table = pa.table({"image": pa.array(paths, pa.string())})
        inputs = open_inputs(table, {"medium": "image"}, root=folder, dataset=None, channels=known, resize=size)
        assert inputs is not None
        return inputs, True
    if reader is not None:
        return Tensors(reader, found), found.is_picture(data)
    return _of_run(folder, ids, manifest, channels)


def _of_run(folder: Path, ids: list[str], manifest: Mapping[str, Any], channels: int | None) -> tuple[Inputs, bool]:
    home = folder.resolve().parents[1]
    if home.name != "sets":
        raise DataError(
            f"nothing in '{folder}' can be read as pictures, texts or rows; pass your dataset, or export the set again "
            "with --format imagefolder"
        )
    check_examples(manifest, "reading a set from its workspace")
    run = run_of_set(open_workspace(home.parent), manifest)
    stored = stored_inputs(run, channels=channels)
    missing = [id for id in ids if id not in stored.row_of]
    if missing:
        raise DataError(f"run '{run.name}' has not {len(missing):,} of the {len(ids):,} ids, such as '{missing[0]}'")
    rows = np.array([stored.row_of[id] for id in ids], dtype=np.int64)
    return stored.chosen(rows), stored.is_picture


def _channels(paths: list[Path]) -> int:
    """1 where the first picture that can be opened is grey, else 3."""
    for path in paths:
        try:
            return 1 if is_grey(read_file(path)) else 3
        except (DataError, OSError):
            continue
    return 3
