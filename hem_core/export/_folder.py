"""An exported set: a folder that is written whole or not at all."""

from __future__ import annotations

import glob
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import hem_core.export
from hem_core import folder as registry
from hem_core.alive import is_alive
from hem_core.errors import DataError
from hem_core.export._boxes import has_boxes
from hem_core.export._holds import has_pictures, holds_boxes, is_background
from hem_core.export._images import ReadImage
from hem_core.export._label_numbers import LabelNumbers
from hem_core.export._label_sets import LabelSets
from hem_core.export._readme import readme

FORMAT_VERSION = 1
FEW_FILES = 500
Progress = Callable[[str, int, int], object]
"""(format, done, total), called as pictures are written and once when a format is done."""

_active: set[str] = set()


def export(
    examples: pd.DataFrame,
    folder: Path | str,
    formats: Sequence[str],
    manifest: Mapping[str, Any],
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
    skipped: Mapping[str, str] | None = None,
    label_sets: LabelSets | LabelNumbers | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a set for training: the formats asked for, examples.parquet, manifest.json and README.md.

    examples: one row an example with `id` and `label`; manifest: JSON, what the set was made from, to which
    counts, formats and format_version are added; classes: names in the order of the model's outputs; features: the
    columns that a row's model reads; skipped: id -> why an example of the set is not among these, for the README and
    the manifest; label_sets: how labels that are sets or several numbers are written, None where a label is one. The
    folder gets its name when it is complete.
    Returns the folder. Raises DataError when the set is empty, the ids are not unique or the folder exists,
    UnknownNameError for a format that no file provides.
    """
    target = Path(folder)
    _check(examples, target)
    chosen = list(dict.fromkeys(["parquet", *formats]))
    modules = {name: registry.load(hem_core.export, name) for name in chosen}
    _check_boxes(examples, modules)
    temporary = target.with_name(f"{_in_the_making(target)}{os.getpid()}-{secrets.token_hex(4)}")
    _active.add(temporary.name)
    try:
        temporary.mkdir(parents=True)
        _remove_leftovers(target)
        for name, module in modules.items():
            read = _counted(read_image, name, len(examples), progress)
            as_written = _as_written(examples, label_sets, module)
            names = label_sets.names if label_sets is not None else classes
            module.write(as_written, temporary, read_image=read, classes=names, features=features)
            if progress is not None:
                progress(name, len(examples), len(examples))
        _write_text(
            temporary / "manifest.json", _manifest(examples, chosen, {**manifest, "skipped": dict(skipped or {})})
        )
        corrections = manifest.get("corrections") or {}
        rows = str(manifest.get("level") or "examples").replace("_", " ")
        _write_text(
            temporary / "README.md", readme(target.name, examples, classes, skipped or {}, modules, rows, corrections)
        )
        _rename(temporary, target)
    except OSError as error:
        raise DataError(f"{target} cannot be written: {error.strerror or error}; export to another folder") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _active.discard(temporary.name)
    return target


def _as_written(examples: pd.DataFrame, label_sets: LabelSets | LabelNumbers | None, module: Any) -> pd.DataFrame:
    """The examples with their sets of tags, or their numbers, as a format writes them."""
    if label_sets is None:
        return examples
    if isinstance(label_sets, LabelSets) and getattr(module, "HOLDS_LISTS", False):
        return label_sets.as_lists(examples)
    return label_sets.as_they_came(examples)


def _check(examples: pd.DataFrame, target: Path) -> None:
    if not len(examples):
        raise DataError("nothing to export: the set is empty; widen the filter or keep more of the tags")
    if "id" not in examples.columns:
        columns = ", ".join(str(name) for name in examples.columns)
        raise DataError(f"an export needs the column 'id'; there are: {columns}")
    repeated = examples.loc[examples["id"].duplicated(), "id"]
    if len(repeated):
        raise DataError(
            f"the ids of an export must be unique; '{repeated.iloc[0]}' occurs twice: drop the repeated rows"
        )
    if not target.name or os.path.lexists(target):
        raise DataError(f"{target} exists already; export to another folder, or delete this one first")


def _check_boxes(examples: pd.DataFrame, modules: Mapping[str, Any]) -> None:
    """Raise DataError for a format of pictures that would lose the boxes in them."""
    lost = [name for name, each in modules.items() if _loses_boxes(each)]
    if lost and has_boxes(examples):
        holding = [
            name for name in registry.names(hem_core.export) if holds_boxes(registry.load(hem_core.export, name))
        ]
        raise DataError(
            f"format '{lost[0]}' cannot hold the boxes of these images; use {', '.join(holding)}, or for crops of the "
            f"boxes export the level of the boxes in {lost[0]} alone"
        )


def _loses_boxes(module: Any) -> bool:
    return has_pictures(module) and not (holds_boxes(module) or is_background(module))


def _manifest(examples: pd.DataFrame, formats: list[str], manifest: Mapping[str, Any]) -> str:
    counts: dict[str, Any] = {"n": len(examples)}
    if "label" in examples.columns:
        labels = examples["label"].value_counts().sort_index()
        counts["labels"] = {str(label): int(n) for label, n in labels.items()}
    added = {
        "format_version": FORMAT_VERSION,
        "exported": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "counts": {**manifest.get("counts", {}), **counts},
        "columns": [str(name) for name in examples.columns],
        "formats": formats,
    }
    return json.dumps({**manifest, **added}, indent=1, ensure_ascii=False) + "\n"


def _counted(read_image: ReadImage | None, name: str, total: int, progress: Progress | None) -> ReadImage | None:
    if read_image is None or progress is None:
        return read_image
    done = 0

    def read(row: pd.Series) -> tuple[str, bytes]:
        nonlocal done
        found = read_image(row)
        done += 1
        if done % 100 == 0:
            progress(name, done, total)
        return found

    return read


def _rename(temporary: Path, target: Path) -> None:
    _put_on_disk(temporary)  # before the name says that it is there
    try:
        temporary.rename(target)
    except OSError as error:
        if not target.exists():
            raise
        raise DataError(
            f"{target} was created by another process meanwhile; export to another folder, or delete it first"
        ) from error


def _put_on_disk(folder: Path) -> None:
    """A few files one by one; many at once, which also waits for the writes of other programs."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    if len(files) > FEW_FILES and hasattr(os, "sync"):
        os.sync()
        return
    for path in files:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _remove_leftovers(target: Path) -> None:
    """Delete the leftovers of killed exports to the same folder."""
    for path in target.parent.glob(f"{glob.escape(_in_the_making(target))}*"):
        pid = path.name.rpartition(".exporting-")[2].partition("-")[0]
        is_others = pid.isdigit() and int(pid) != os.getpid() and is_alive(int(pid))
        if path.name not in _active and not is_others:
            shutil.rmtree(path, ignore_errors=True)


def _in_the_making(target: Path) -> str:
    """How the temporary names of a target begin; a long name is cut, since they may not be longer than it can be."""
    return f".{target.name.encode('utf-8', 'surrogateescape')[:180].decode('utf-8', 'ignore')}.exporting-"


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
