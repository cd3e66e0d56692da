"""The folder of a run before and after it is made: its contents, their owner, and what is removed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import HemError, RunError
from hem_core.runs import finish
from hem_core.store.atomic import remove_leftovers
from hem_core.store.names import check_name
from hem_core.store.run import read_run


def stored_info(folder: Path) -> dict[str, Any]:
    """run.json of the run in the folder; {} for a folder that is new, empty, or left by a killed run of ours.

    Raises RunError, before anything is written, when it holds anything else: nobody's files are replaced.
    """
    check_name(folder, "--out")
    try:
        if folder.exists() and not folder.is_dir():
            raise RunError(f"'{folder}' is a file; --out names a folder")
        if (folder / "run.json").exists():
            return read_run(folder).info
        foreign = finish.foreign(folder) if folder.exists() else []
    except OSError as error:
        raise RunError(f"cannot look into '{folder}': {error.strerror}; give --out another place") from error
    if foreign:
        more = f" and {len(foreign) - 1:,} more" if len(foreign) > 1 else ""
        raise RunError(
            f"'{folder}' is not empty and holds no run: '{foreign[0]}'{more} would be replaced; "
            "give --out another folder"
        )
    return {}


def make_room(folder: Path, known: dict[str, Any], key: str, arrays: Path, *, overwrite: bool) -> None:
    """Take the folder for the run of this key. known: `stored_info`.

    arrays: where its inputs were unpacked; a refused run does not leave them there.
    Raises RunError when another run lies there that is not to be replaced, or the folder cannot be made.
    """
    if known and known.get("key") != key and not overwrite:
        if arrays.parent == folder.resolve() / "arrays" and arrays.name != Path(known["data"]["root"]).name:
            shutil.rmtree(arrays)
        raise RunError(
            f"'{folder}' holds a run of another model, data or parameters; "
            "give --out another folder, or pass --overwrite to replace it"
        )
    if known and overwrite:
        finish.clear(folder, keep=arrays)
    for part in (folder, folder / "shards", folder / "embeddings"):
        try:
            part.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the folder '{part}': {error.strerror}; give --out another place") from error
        remove_leftovers(part)


def give_up(path: Path) -> None:
    """Remove a file that will be made again."""
    if path.is_dir():  # of somebody else: HEM makes none of these names
        raise RunError(f"{path} is a folder, where the run keeps a file: move it away, and run the same command again")
    path.unlink(missing_ok=True)


def undo(folder: Path) -> None:
    """Remove what a failed first attempt left, unless it holds finished trainings, or shards where all are done."""
    if not folder.is_dir() or any((folder / "out_of_sample").glob("*.npz")) or _is_scored(folder):
        return
    finish.clear(folder)
    if not any(folder.iterdir()):
        folder.rmdir()


def _is_scored(folder: Path) -> bool:
    """Whether every unit is done and some example was scored: the forward passes need not be made again."""
    try:
        info = read_run(folder).info
        n_units = -(-info["n"] // info["parameters"]["unit_size"])
        rows = [pq.read_metadata(path).num_rows for path in (folder / "shards").glob("*.parquet")]
    except (HemError, OSError, KeyError, pa.ArrowException):
        return False
    return len(rows) == n_units and sum(rows) > 0
