"""Tar files of WebDataset, or of class folders: one.tar, 'shards/{000..009}.tar', 'shards/*.tar'."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.buckets.places import named
from hem_core.catalog._column_names import FOLDER, LABELS, NAME, SOURCE
from hem_core.catalog._examples import Examples
from hem_core.catalog._folder_walk import suffixes
from hem_core.catalog._lazy import Lazy
from hem_core.catalog._shards import files_of
from hem_core.catalog._tar_members import InFolders, Member, in_class_folders, members
from hem_core.errors import DataError

TEXTS = (".txt", ".text")
OTHER = "a tar of another form than WebDataset's or class folders is read when it is unpacked"
CLASS, FACTS, ARRAY = ".cls", ".json", ".npy"


@dataclass
class Sample:
    """The files of one key: extension, from the first point on -> the file."""

    key: str
    shard: Path
    parts: dict[str, Member] = field(default_factory=dict)

    def bytes_of(self, extension: str) -> bytes:
        return self.parts[extension].content()


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and str(source).lower().endswith(".tar")


def read(source: str | Path, **columns: Any) -> pa.Table:
    """One example a key, in the order of the files; `id` is the key, with the name of its tar where keys repeat.

    The label is in the file .cls, or under `label` in .json (label_column names another entry). The input is a picture
    (.jpg, .png …), else an array (.npy), else a text (.txt). Further entries of .json become columns. Where no key has
    a label and every picture lies in a folder, as in cats/1.jpg, the folders are the classes and `id` is the path.
    The tars are read once for an index; then each input is read from its place, and nothing is unpacked.
    Raises DataError for a broken tar, and where no key has a label or an input.
    """
    from hem_core import catalog

    return catalog.read(source, **columns)


def opened(source: str | Path, *, label_column: str | None = None, **_columns: Any) -> pa.Table | Examples:
    """The examples as items, or as a table where they are texts."""
    shards = files_of(str(source))
    samples = [sample for shard in shards for sample in _samples(shard)]
    extension = _input_of(samples)
    kept = [sample for sample in samples if extension(sample)]
    if not kept:
        raise DataError(f"no example of '{source}' has a picture, an array (.npy) or a text (.txt); {OTHER}")
    facts = [_facts(sample) for sample in kept]
    labels = [_label(sample, one, label_column) for sample, one in zip(kept, facts, strict=True)]
    place = {"name": _name(shards), "source": named(shards[0]) if len(shards) == 1 else str(source)}
    if not any(label is not None for label in labels):
        folders = in_class_folders(shards) if label_column is None else None
        if folders is not None:
            return _of_folders(folders, place)
        raise DataError(
            f"no example of '{source}' has a label: a file .cls, or 'label' in its .json (--label-column); {OTHER}"
        )
    more = _columns_of(facts, {label_column, *LABELS, "id"})
    ids = _ids([(sample.key, sample.shard) for sample in kept])
    if extension(kept[0]) in TEXTS:
        texts = [sample.bytes_of(str(extension(sample))).decode("utf-8", "replace") for sample in kept]
        table = pa.table({"id": ids, "text": texts, label_column or "label": pa.array(labels), **more})
        said = {NAME: place["name"], SOURCE: place["source"], FOLDER: str(shards[0].resolve().parent)}
        return table.replace_schema_metadata(said)
    inputs = Lazy(len(kept), lambda row: _value(kept[row], extension(kept[row])))
    return Examples(inputs, labels, ids=ids, more=more, **place)


def _of_folders(found: InFolders, place: Mapping[str, str]) -> Examples:
    """The pictures of class folders."""
    ids = _ids([(str(each.path), each.shard) for each in found.members])
    inputs = Lazy(len(ids), lambda row: found.members[row].content())
    more = {"split": pa.array(found.splits)} if found.splits is not None else {}
    return Examples(inputs, found.labels, ids=ids, more=more, **place)


def _samples(shard: Path) -> list[Sample]:
    """The samples of a tar: files that share a name up to its first point, as WebDataset has it."""
    found: dict[str, Sample] = {}
    for member in members(shard):
        stem, point, rest = member.path.name.partition(".")
        if not stem or member.path.name.startswith("__") or not point:
            continue
        key = (member.path.parent / stem).as_posix()
        found.setdefault(key, Sample(key, shard)).parts[f".{rest.lower()}"] = member
    return list(found.values())


def _input_of(samples: list[Sample]) -> Any:
    """extension(sample): that of the input, of the kind that comes first among pictures, arrays and texts."""
    for kind in (suffixes(), frozenset({ARRAY}), frozenset(TEXTS)):
        if any(kind & sample.parts.keys() for sample in samples):
            return lambda sample, kind=kind: next((one for one in sample.parts if one in kind), None)
    return lambda _sample: None


def _value(sample: Sample, extension: str) -> Any:
    content = sample.bytes_of(extension)
    return np.load(io.BytesIO(content), allow_pickle=False) if extension == ARRAY else content


def _facts(sample: Sample) -> dict[str, Any]:
    if FACTS not in sample.parts:
        return {}
    try:
        found = json.loads(sample.bytes_of(FACTS))
    except ValueError as error:
        raise DataError(f"the .json of '{sample.key}' in '{named(sample.shard)}' cannot be read: {error}") from error
    return found if isinstance(found, dict) else {}


def _label(sample: Sample, facts: Mapping[str, Any], label_column: str | None) -> Any:
    if label_column is None and CLASS in sample.parts:
        text = sample.bytes_of(CLASS).decode("utf-8", "replace").strip()
        return int(text) if text.isdigit() else text or None
    return next((facts[name] for name in ((label_column,) if label_column else LABELS) if name in facts), None)


def _columns_of(facts: list[dict[str, Any]], taken: set[Any]) -> dict[str, pa.Array]:
    """The entries of the .json files that are plain values, as columns; numbers and words mixed become words."""
    plain = {name for one in facts for name, value in one.items() if isinstance(value, str | int | float | bool)}
    found = {}
    for name in sorted(plain - taken):
        values = [one.get(name) for one in facts]
        try:
            found[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            found[name] = pa.array([None if value is None else str(value) for value in values], pa.string())
    return {name: column for name, column in found.items() if not pa.types.is_nested(column.type)}


def _ids(keys: list[tuple[str, Path]]) -> list[str]:
    """The keys, each given with its tar; where one occurs in two tars, all with the name of theirs in front."""
    counts = Counter(key for key, _shard in keys)
    is_unique = max(counts.values()) == 1
    return [key if is_unique else f"{shard.stem}/{key}" for key, shard in keys]


def _name(shards: list[Path]) -> str:
    """The name of the only tar, or of the folder around several."""
    return shards[0].stem if len(shards) == 1 else shards[0].resolve().parent.name
