"""A run that is kept in a bucket: it is made in a working copy on the local disk, and uploaded piece by piece.

Object stores cannot rename, but an object is there whole or not at all. Units and trainings are uploaded as soon as
they are made (`pieces`), and another machine resumes from those that are there. manifest.json is written last, and
names the object of each file of the run: without it a run is not finished.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.buckets.address import file_system, is_address, reaching
from hem_core.buckets.fetched import fetch
from hem_core.buckets.objects import (
    CLAIM,
    LOCAL,
    MANIFEST,
    RUN,
    all_files,
    digest,
    home_of,
    key_in,
    names,
    read,
)
from hem_core.buckets.pieces import PIECE, all_pieces
from hem_core.buckets.places import WORK, address_of, put
from hem_core.buckets.room import note_uploaded, use
from hem_core.errors import RunError


def working_copy(place: str | Path) -> Path:
    """`home_of`, with what the bucket has of the run, where nobody on this machine is at work on it.

    Raises DataError where the bucket cannot be reached.
    """
    folder = home_of(place)
    if is_address(place):
        use(place, WORK)
    if not is_address(place) or (folder / CLAIM).exists():
        return folder
    if read(place, MANIFEST) is not None:
        return fetch(place)
    there = read(place, RUN)
    if (folder / RUN).exists() and (there is None or key_in(there) != key_in((folder / RUN).read_bytes())):
        shutil.rmtree(folder)
    if there is not None and not (folder / RUN).exists():
        put(folder / RUN, lambda file: file.write_bytes(there))
    return folder


def begin(folder: Path, key: str, *, overwrite: bool) -> None:
    """Upload run.json of a run that is being made; nothing for a run on the local disk.

    Raises RunError where the bucket has a run of another key there, unless it is to be replaced.
    """
    address = address_of(folder, WORK)
    if address is None:
        return
    note_uploaded(address, is_uploaded=False)
    if not overwrite:
        _check_key(address, key)
    system, path = file_system(address)
    with reaching(address):
        if system.exists(f"{path}/{MANIFEST}"):
            system.rm_file(f"{path}/{MANIFEST}")
        for name in filter(PIECE.fullmatch, names(system, path) if overwrite else ()):
            system.rm_file(f"{path}/{name}")
        system.pipe_file(f"{path}/{RUN}", (folder / RUN).read_bytes())


def push(folder: Path) -> None:
    """Upload all of a finished run, the manifest last; nothing for a run on the local disk, or one that is there."""
    address = address_of(folder, WORK)
    if address is None:
        return
    key = key_in((folder / RUN).read_bytes())
    _check_key(address, key)
    files = _described(folder, key)
    manifest = json.dumps({"format_version": 1, "key": key, "files": files}, indent=1, sort_keys=True).encode() + b"\n"
    if read(address, MANIFEST) != manifest:
        _upload(folder, address, files, manifest)
    note_uploaded(address, is_uploaded=True)


def _upload(folder: Path, address: str, files: Mapping[str, Mapping[str, Any]], manifest: bytes) -> None:
    """Upload what the bucket lacks, the manifest last, and remove what is of no use any more."""
    system, path = file_system(address)
    with reaching(address):
        system.invalidate_cache()
        there = names(system, path)
        if MANIFEST in there:
            system.rm_file(f"{path}/{MANIFEST}")
        for file, about in files.items():
            if not (PIECE.fullmatch(about["object"]) and about["object"] in there):  # a piece's name is its content
                system.put_file(str(folder / file), f"{path}/{about['object']}")
        system.pipe_file(f"{path}/{MANIFEST}", manifest)
        for name in there - {about["object"] for about in files.values()} - {MANIFEST}:
            system.rm_file(f"{path}/{name}")


def forget(folder: Path) -> None:
    """Remove what a failed first attempt has uploaded, once its working copy is gone."""
    address = address_of(folder, WORK)
    if address is None or folder.exists():
        return
    system, path = file_system(address)
    with reaching(address):
        for name in names(system, path):
            if name == RUN or PIECE.fullmatch(name):
                system.rm_file(f"{path}/{name}")


def _described(folder: Path, key: str) -> dict[str, dict[str, Any]]:
    """Name of each file of a run -> the object that holds it, its size and its digest."""
    names = [file.relative_to(folder).as_posix() for file in all_files(folder)]
    objects = {name: name for name in names if name not in LOCAL} | all_pieces(folder, key)
    return {
        name: {"object": held, "size": (folder / name).stat().st_size, "sha256": digest(folder / name)}
        for name, held in sorted(objects.items())
    }


def _check_key(address: str, key: str) -> None:
    """Raise RunError where the bucket has a run of another key there."""
    there = read(address, RUN)
    if there is not None and key_in(there) != key:
        raise RunError(
            f"'{address}' holds a run of another model, data or parameters; "
            "give --out another folder, or pass --overwrite to replace it"
        )
