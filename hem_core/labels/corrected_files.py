"""Corrected annotations as files: in the format that they came in, with lists of what changed and what is disputed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv

from hem_core.boxes import formats
from hem_core.boxes.correction_tables import changes_table
from hem_core.errors import DataError
from hem_core.labels.corrected_boxes import Corrected
from hem_core.store.atomic import write_bytes

CHANGES, CONFLICTS = "changes.csv", "conflicts.csv"


def write_corrected(corrected: Corrected, home: Path) -> list[Path]:
    """Write the corrected annotations, changes.csv and, where people disagree, conflicts.csv. Returns the paths.

    home: a folder, or a .json file for annotations that are one file; the lists are then named after it
    (`fixed.changes.csv`). What an earlier call wrote there is replaced.
    Raises DataError where there is anything else, or where the file is the one that is corrected.
    """
    found = dict(contents(corrected))
    is_file = home.suffix.lower() == ".json" and not home.is_dir()
    if is_file:
        found = _beside(found, home)
        home = home.parent
    _check_place(corrected, home, list(found), is_file=is_file)
    for name, content in found.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        write_bytes(home / name, content)
    stale = home / next(name for name in found if name.endswith(CHANGES)).replace(CHANGES, CONFLICTS)
    if stale.name not in {Path(name).name for name in found}:
        stale.unlink(missing_ok=True)
    return [home / name for name in found]


def archive(corrected: Corrected) -> bytes:
    """The same files as a .zip; the same corrections give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in contents(corrected):
            whole.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def contents(corrected: Corrected) -> list[tuple[str, bytes]]:
    """Name and bytes of each file: the annotations in their own format, then the lists."""
    lists = [(CHANGES, _csv(changes_table(corrected.changes)))]
    if corrected.conflicts:
        rows = [
            {"image": each.image, "box": each.box, "opinions": " | ".join(each.opinions)}
            for each in corrected.conflicts
        ]
        lists.append((CONFLICTS, _csv(pa.Table.from_pylist(rows))))
    return [*formats.contents(corrected.annotations), *lists]


def _beside(found: dict[str, bytes], home: Path) -> dict[str, bytes]:
    names = [name for name in found if name not in (CHANGES, CONFLICTS)]
    if len(names) != 1 or not names[0].lower().endswith(".json"):
        raise DataError(f"these annotations are {len(names):,} files; name a folder in place of '{home}'")
    lists = {f"{home.stem}.{name}": found[name] for name in (CHANGES, CONFLICTS) if name in found}
    return {home.name: found[names[0]], **lists}


def _check_place(corrected: Corrected, home: Path, names: list[str], *, is_file: bool) -> None:
    """Raise DataError unless everything that would be replaced was written by an earlier call."""
    source = corrected.annotations.source
    place = [home / name for name in names]
    if source is not None and any(path.exists() and _is_within(path, source.path) for path in place):
        raise DataError(f"'{home}' holds the annotations that are corrected; name another place for the corrected ones")
    if home.exists() and not home.is_dir():
        raise DataError(f"'{home}' is not a folder; name a new one for the corrected annotations")
    changes = next(path for path in place if path.name.endswith(CHANGES))
    lists = {path.name for path in place} | {changes.name.replace(CHANGES, CONFLICTS)}
    there = [path for path in place if path.exists()] if is_file else _files_in(home)
    others = [path for path in there if path not in place and path.name not in lists]
    if there and (others or not changes.exists()):
        words = f"'{place[0]}' exists" if is_file else f"'{home}' is not empty"
        raise DataError(f"{words}; name a new place for the corrected annotations")


def _files_in(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()] if home.is_dir() else []


def _is_within(path: Path, source: Path) -> bool:
    return path.resolve() == source.resolve() or (source.is_dir() and path.resolve().is_relative_to(source.resolve()))


def _csv(table: pa.Table) -> bytes:
    out = io.BytesIO()
    csv.write_csv(table, out)
    return out.getvalue()
