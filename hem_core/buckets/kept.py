"""A run that is kept in a bucket: it is made in a working copy on the local disk, and uploaded piece by piece.

Object stores cannot rename, but an object is there whole or not at all. A unit is uploaded as soon as it is scored,
under a name with the digest of its bytes: what two machines make of one unit does not collide, and another machine goes
on with the units that are there. manifest.json is written last, and names the object of each file of the run: without
it a run is not finished.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hem_core.buckets.address import below, clean, file_system, is_address, reaching
from hem_core.buckets.places import TEMPORARY, WORK, address_of, place_of, put, temporary
from hem_core.errors import RunError

MANIFEST, RUN, CLAIM = "manifest.json", "run.json", "work.process"
UNITS = ("embeddings", "shards")
"""The folders of units; the shard is uploaded last, and proves that its unit is there."""
LOCAL = (CLAIM, f"{CLAIM}.lock", "progress.json")
"""Files that say what this machine is doing, and are not uploaded."""
_UNIT = re.compile(
    r"(?P<folder>shards|embeddings)/(?P<unit>\d{5,})\.(?P<key>[0-9a-f]{8})-(?P<made>[0-9a-f]{12})(?P<end>\.\w+)"
)


def home_of(place: str | Path) -> Path:
    """The folder of a run on the local disk: of an address that of its working copy, otherwise the place itself."""
    return place_of(place, WORK) if is_address(place) else Path(place)


def working_copy(place: str | Path) -> Path:
    """`home_of`, with what the bucket has of the run, where nobody on this machine is at work on it.

    Raises DataError where the bucket cannot be reached.
    """
    folder = home_of(place)
    if not is_address(place) or (folder / CLAIM).exists():
        return folder
    if _read(place, MANIFEST) is not None:
        return fetch(place)
    there = _read(place, RUN)
    if (folder / RUN).exists() and (there is None or _key(there) != _key((folder / RUN).read_bytes())):
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
    if not overwrite:
        _check_key(address, key)
    system, path = file_system(address)
    with reaching(address):
        if system.exists(f"{path}/{MANIFEST}"):
            system.rm_file(f"{path}/{MANIFEST}")
        system.pipe_file(f"{path}/{RUN}", (folder / RUN).read_bytes())


def push_unit(folder: Path, key: str, unit: int) -> None:
    """Upload a unit that was just written; nothing for a run on the local disk."""
    address = address_of(folder, WORK)
    if address is None:
        return
    system, path = file_system(address)
    with reaching(address):
        for file, name in _unit_names(folder, key, unit).items():
            system.put_file(str(folder / file), f"{path}/{name}")


def fetch_units(folder: Path, key: str) -> None:
    """Download the units of a run that other machines, or earlier attempts, have uploaded and this one lacks."""
    address = address_of(folder, WORK)
    if address is None:
        return
    system, path = file_system(address)
    with reaching(address):
        system.invalidate_cache()
        found = [_UNIT.fullmatch(name) for name in _names(system, path)]
        units = [one for one in found if one is not None and key.startswith(one["key"])]
        made = {(one["unit"], one["made"]) for one in units if one["folder"] == "shards"}
        chosen = dict(sorted(made, reverse=True))
        wanted = {
            one[0]: folder / one["folder"] / f"{one['unit']}{one['end']}"
            for one in sorted(units, key=lambda one: one["folder"])
            if chosen.get(one["unit"]) == one["made"] and not (folder / "shards" / f"{one['unit']}.parquet").exists()
        }
        for name, file in wanted.items():
            part = temporary(file)
            system.get_file(f"{path}/{name}", str(part))
            part.replace(file)


def push(folder: Path) -> None:
    """Upload all of a finished run, the manifest last; nothing for a run on the local disk, or one that is there."""
    address = address_of(folder, WORK)
    if address is None:
        return
    key = _key((folder / RUN).read_bytes())
    _check_key(address, key)
    files = _files_of(folder, key)
    manifest = json.dumps({"format_version": 1, "key": key, "files": files}, indent=1, sort_keys=True).encode() + b"\n"
    if _read(address, MANIFEST) == manifest:
        return
    system, path = file_system(address)
    with reaching(address):
        system.invalidate_cache()
        there = _names(system, path)
        if MANIFEST in there:
            system.rm_file(f"{path}/{MANIFEST}")
        for file, about in files.items():
            if not (_UNIT.fullmatch(about["object"]) and about["object"] in there):  # a unit's name is its content
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
        for name in _names(system, path):
            if name == RUN or _UNIT.fullmatch(name):
                system.rm_file(f"{path}/{name}")


def fetch(address: str | Path) -> Path:
    """The local copy of a finished run: what has changed is downloaded, and checked by its digest.

    Raises RunError where the run is not finished, or is being written at this moment.
    """
    folder, content = place_of(address, WORK), _read(address, MANIFEST)
    if content is None:
        raise RunError(f"no finished run is at '{address}': it has no {MANIFEST}; run its `hem score` again to resume")
    files = json.loads(content)["files"]
    system, path = file_system(address)
    changed = {name: about for name, about in files.items() if _digest(folder / name) != about["sha256"]}
    with reaching(address):
        if changed:
            (folder / RUN).unlink(missing_ok=True)
        for name in sorted(changed, key=lambda name: name == RUN):
            _download(system, f"{path}/{changed[name]['object']}", folder / name, changed[name]["sha256"])
    for old in _all_files(folder):
        if old.relative_to(folder).as_posix() not in (*files, *LOCAL):
            old.unlink()
    return folder


def fetch_workspace(address: str | Path) -> Path:
    """The local copy of a workspace's finished runs. Raises RunError where there is none."""
    system, path = file_system(address)
    with reaching(address):
        system.invalidate_cache()
        found = sorted(name.split("/")[-2] for name in system.glob(f"{path}/runs/*/{MANIFEST}"))
    if not found:
        raise RunError(f"no finished run is in '{address}'; make one with: hem score DATA --out {address}/runs/NAME")
    for name in found:
        fetch(below(address, f"runs/{name}"))
    return place_of(address, WORK)


@contextmanager
def uploading(place: str | Path) -> Iterator[Path]:
    """Where the block writes a new folder or file: the place itself; of an address a local one, which is then uploaded,
    its manifest.json last, and deleted.

    Raises RunError where something is at the address already.
    """
    if not is_address(place):
        yield Path(place)
        return
    system, path = file_system(place)
    with reaching(place):
        system.invalidate_cache()
        if system.exists(path):
            raise RunError(f"'{clean(place)}' exists; name another place with --out")
    made = home_of(place)
    _delete(made)
    made.parent.mkdir(parents=True, exist_ok=True)
    yield made
    with reaching(place):
        for file in sorted(_all_files(made), key=lambda file: file.name == MANIFEST) if made.is_dir() else [made]:
            system.put_file(str(file), f"{path}/{file.relative_to(made).as_posix()}" if file != made else path)
    _delete(made)


def _delete(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)


def is_run(address: str | Path) -> bool:
    """Whether a finished run is at an address."""
    return _read(address, MANIFEST) is not None


def _check_key(address: str, key: str) -> None:
    """Raise RunError where the bucket has a run of another key there."""
    there = _read(address, RUN)
    if there is not None and _key(there) != key:
        raise RunError(
            f"'{address}' holds a run of another model, data or parameters; "
            "give --out another folder, or pass --overwrite to replace it"
        )


def _download(system: Any, path: str, file: Path, sha256: str) -> None:
    part = temporary(file)
    try:
        system.get_file(path, str(part))
        if _digest(part) != sha256:
            raise RunError(f"'{path}' is not what its manifest says: the run is being written; try again in a minute")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _files_of(folder: Path, key: str) -> dict[str, dict[str, Any]]:
    """Name of each file of a run -> the object that holds it, its size and its digest."""
    names = [file.relative_to(folder).as_posix() for file in _all_files(folder)]
    objects = {name: name for name in names if name not in LOCAL}
    units = [int(Path(name).stem) for name in names if name.startswith("shards/")]
    for unit in units:
        objects |= _unit_names(folder, key, unit)
    return {
        name: {"object": held, "size": (folder / name).stat().st_size, "sha256": _digest(folder / name)}
        for name, held in sorted(objects.items())
    }


def _unit_names(folder: Path, key: str, unit: int) -> dict[str, str]:
    """The files of a unit, the shard last -> their objects, named by the digest of them all."""
    files = [folder / "embeddings" / f"{unit:05d}.npy", folder / "shards" / f"{unit:05d}.parquet"]
    files = [file for file in files if file.exists()]
    made = hashlib.sha256("".join(map(_digest, files)).encode()).hexdigest()[:12]
    return {
        f"{file.parent.name}/{file.name}": f"{file.parent.name}/{file.stem}.{key[:8]}-{made}{file.suffix}"
        for file in files
    }


def _all_files(folder: Path) -> Iterable[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != TEMPORARY]


def _names(system: Any, path: str) -> set[str]:
    """The objects of a run by their names below it."""
    return {name[len(path) :].lstrip("/") for name in system.find(path)}


def _read(address: str | Path, name: str) -> bytes | None:
    """A small object of a run; None where there is none."""
    system, path = file_system(address)
    with reaching(address):
        try:
            return system.cat_file(f"{path}/{name}")
        except FileNotFoundError:
            return None


def _key(content: bytes) -> str:
    try:
        found: Mapping[str, Any] = json.loads(content)
    except ValueError:
        return ""
    return str(found.get("key"))


def _digest(file: Path) -> str:
    """The SHA-256 of a file; empty where there is none."""
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
