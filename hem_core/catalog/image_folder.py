"""A folder of class folders: root/cat/1.png, or root/train/cat/1.png."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.catalog import info, with_info
from hem_core.catalog import table as tables
from hem_core.catalog._folder_walk import PassedOver, entries, has_picture, is_picture, pictures
from hem_core.catalog._predictions_file import predictions_by_id
from hem_core.catalog._table_file import suffix_format
from hem_core.errors import DataError
from hem_core.splits import part_of

OPTIONS = ("predictions",)
METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
FILE_NAME = "file_name"
NOT_UTF8 = "its file name is not UTF-8; rename the file"


@dataclass
class _Found:
    """Pictures as (path, class, split), and what else is to be said."""

    rows: list[tuple[Path, str, str]] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    passed: PassedOver = field(default_factory=PassedOver)
    notes: list[str] = field(default_factory=list)


def accepts(source: Any) -> bool:
    return isinstance(source, str | Path) and Path(source).is_dir()


def read(source: str | Path, *, predictions: str | Path | None = None, **columns: str) -> pa.Table:
    """One row an image file; `id` and `image` are its path below the root, `label` its class folder's name.

    Class order is the sorted folder names, as in torchvision; a class folder may hold folders. When the folders of the
    root are named like splits (train, val, test_set …, in any case) and hold class folders, `split` is a column. A
    single folder that holds the class folders is entered; `notes` says so, and where all class folders hold folders of
    the same names, which may be the classes. Links are followed. Whatever Pillow can open is a picture; what is
    hidden, left by a system, or no picture is passed over, and `notes` counts it.
    Without class folders, or with one folder of pictures, a metadata.jsonl, .csv or .parquet with the column
    `file_name` is read instead, as Hugging Face's imagefolder does: there the labels can be lists. columns: of it.
    predictions: a file whose columns are added by `id` or by the file names of the pictures.
    Raises DataError when there are no class folders or no images in them.
    """
    root = Path(source).resolve()
    beside = {"predictions": predictions} if predictions else {}
    listed = _of_metadata(root, source, {**columns, **beside})
    if listed is not None:
        return listed
    found = _Found()
    top, folders, is_split = _class_folders(root, source, found)
    for name in folders:
        _collect(top / name, name, found, is_split=is_split)
    _check(source, top, folders, found, is_split=is_split)
    ids = [_readable(path.relative_to(root).as_posix()) for path, _label, _split in found.rows]
    broken = [row for row, (path, _label, _split) in enumerate(found.rows) if not _is_utf8(str(path.relative_to(root)))]
    columns = {"id": pa.array(ids, pa.string())}
    columns["label"] = pa.array([_readable(label) for _path, label, _split in found.rows], pa.string())
    if is_split:
        columns["split"] = pa.array([_readable(split).lower() for _path, _label, split in found.rows], pa.string())
    columns["image"] = pa.array([None if row in set(broken) else id for row, id in enumerate(ids)], pa.string())
    with_pictures = {label for _path, label, _split in found.rows}
    empty = sorted(_readable(name) for name in found.classes - with_pictures)
    if empty:
        found.notes.append(f"Class folder{'s' * (len(empty) != 1)} without a picture: {_shown(empty)}.")
    added = predictions_by_id(predictions, columns["id"], columns) if predictions else {}
    if found.passed:
        found.notes.append(f"Files and folders that were skipped: {found.passed.words()}.")
    return with_info(
        pa.table(columns | added),
        name=root.name,
        source=str(source),
        root=str(root),
        medium="image",
        classes=sorted(_readable(name) for name in found.classes),
        classes_without_examples=empty,
        labels_are="names",
        **({"notes": found.notes} if found.notes else {}),
        **({"failures": {str(row): NOT_UTF8 for row in broken}} if broken else {}),
    )


def around(table: Path) -> Path | None:
    """The folder that a table without labels lies in, where that holds class folders which the table's predictions are
    about; None otherwise."""
    try:
        columns = tables.columns_of(table)
        if columns.label or "label_column" in columns.guesses:
            return None
        found = read(table.parent, predictions=table)
    except DataError:
        return None
    return table.parent if len(info(found)["classes"]) > 1 else None


def _of_metadata(root: Path, source: str | Path, columns: Mapping[str, str | Path]) -> pa.Table | None:
    """The table beside the pictures of a folder without class folders; None where there is none."""
    path = next((root / name for name in METADATA if (root / name).is_file()), None)
    folders, _files = entries(root, PassedOver())
    if path is None or sum(has_picture(root / name) for name in folders) > 1:
        return None
    if FILE_NAME not in tables.load(path, path, (FILE_NAME,)).table.column_names:
        return None
    found = tables.read(path, **{"image_column": FILE_NAME, **columns})
    notes = [*info(found).get("notes", []), f"The labels are those in {path.name}, by its column {FILE_NAME}."]
    return with_info(found, name=root.name, source=str(source), notes=notes)


def _class_folders(root: Path, source: str | Path, found: _Found) -> tuple[Path, list[str], bool]:
    """Where the class folders, or those of the splits, lie, their names, and whether they are splits."""
    top, seen = root, {root}
    while True:
        folders, files = entries(top, found.passed)
        outside = sum(is_picture(name, found.passed) for name in files)
        if not folders:
            direct = f"; {outside:,} pictures lie directly in it" if outside else ""
            tables = [name for name in files if suffix_format(Path(name))]
            if tables:
                direct += f"; of its tables ({_shown(tables)}) give one, if it has a column of labels"
            raise DataError(f"'{source}' has no class folders; expected {source}/<class>/<image>.png{direct}")
        if outside:
            found.passed.reasons["pictures outside of the class folders"] += outside
        kinds = {name: _holds(top / name) for name in folders}
        used = [name for name in folders if kinds[name] != "nothing"]
        splits = [name for name in used if part_of(name) and kinds[name] == "folders"]
        others = [name for name in used if name not in splits]
        if splits and all(part_of(name) or kinds[name] == "no pictures" for name in others):
            _skip(top, [name for name in folders if not part_of(name)], found)
            return top, [name for name in folders if part_of(name)], True
        strange = [name for name in others if not part_of(name) and kinds[name] != "no pictures"]
        if len(splits) > 1:
            raise DataError(
                f"in '{source}' the folders {_shown(splits)} are named like splits, {_shown(strange)} not: nothing "
                f"tells where the classes are; move {_shown(strange)} away, or give one of the splits"
            )
        if splits:
            found.notes.append(f"The folder {_shown(splits)} counts as a class, since {_shown(strange)} is no split.")
        nested = [name for name in used if kinds[name] == "folders"]
        inner = (top / nested[0]).resolve() if len(nested) == 1 else top
        if len(used) != 1 or not nested or len(entries(inner, PassedOver())[0]) < 2 or inner in seen:
            _skip(top, [name for name in folders if kinds[name] == "no pictures"], found)
            classes = [name for name in folders if kinds[name] != "no pictures"]
            _note_alike(top, classes, found)
            return top, classes, False
        top = top / nested[0]
        seen.add(inner)
        found.notes.append(f"The class folders are those in '{_readable(top.relative_to(root).as_posix())}'.")


def _skip(top: Path, folders: list[str], found: _Found) -> None:
    """Say which folders hold no picture, and count what they hold."""
    for name in folders:
        assert not list(pictures(top / name, found.passed))
    if folders:
        found.notes.append(f"Folders without a picture that were skipped: {_shown(folders)}.")


def _note_alike(top: Path, classes: list[str], found: _Found) -> None:
    """Say that all class folders hold folders of the same names, as the folds of a data set do."""
    inside = {tuple(entries(top / name, PassedOver())[0]) for name in classes}
    shared = list(inside.pop()) if len(inside) == 1 else []
    if len(classes) > 1 and len(shared) > 1 and all(_holds(top / name) == "folders" for name in classes):
        found.notes.append(
            f"The folders {_shown(classes)} count as the classes, and each holds folders named {_shown(shared)}. If "
            f"those are the classes, rename the outer folders to splits (train, val, test), or score one of them."
        )


def _holds(folder: Path) -> str:
    """ "pictures" that lie directly in it, "folders" with pictures, "no pictures" but other files, or "nothing"."""
    passed = PassedOver()
    folders, files = entries(folder, passed)
    if any(is_picture(name, passed) for name in files):
        return "pictures"
    if has_picture(folder):
        return "folders"
    return "no pictures" if folders or passed.suffixes else "nothing"


def _collect(folder: Path, name: str, found: _Found, *, is_split: bool) -> None:
    if not is_split:
        found.classes.add(name)
        found.rows += [(path, name, "") for path in pictures(folder, found.passed)]
        return
    inside, files = entries(folder, found.passed)
    outside = sum(is_picture(file, found.passed) for file in files)
    if outside:
        found.passed.reasons["pictures outside of the class folders"] += outside
    for label in inside:
        found.classes.add(label)
        found.rows += [(path, label, name) for path in pictures(folder / label, found.passed)]


def _check(source: str | Path, top: Path, folders: list[str], found: _Found, *, is_split: bool) -> None:
    if not found.rows:
        there = f"; there are {found.passed.words()}" if found.passed else ""
        raise DataError(f"no images below '{source}' that Pillow can open{there}")
    if not is_split and len(folders) > 0 and all(part_of(name) for name in folders):
        raise DataError(
            f"the folders of '{source}' ({_shown(folders)}) are named like splits, but the pictures lie directly in "
            f"them: expected {top / folders[0]}/<class>/<image>.png"
        )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _readable(text: str) -> str:
    r"""A name as it is; bytes of one that are not UTF-8 as `\xe9`."""
    return text if _is_utf8(text) else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _shown(names: list[str]) -> str:
    return ", ".join(f"'{_readable(name)}'" for name in names[:5]) + (", …" if len(names) > 5 else "")
