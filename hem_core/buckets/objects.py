"""The objects of a run in a bucket: their names, their digests, and the manifest that lists them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.buckets.address import file_system, is_address, reaching
from hem_core.buckets.places import TEMPORARY, WORK, place_of

MANIFEST, RUN, CLAIM = "manifest.json", "run.json", "work.process"
LOCAL = (CLAIM, f"{CLAIM}.lock", "progress.json")
"""Files that say what this machine is doing, and are not uploaded."""
UNIT = re.compile(
    r"(?P<folder>shards|embeddings)/(?P<unit>\d{5,})\.(?P<key>[0-9a-f]{8})-(?P<made>[0-9a-f]{12})(?P<end>\.\w+)"
)
"""The object of a file of a unit: `made` is the digest of all files of the unit."""


def home_of(place: str | Path) -> Path:
    """The folder of a run on the local disk: of an address that of its working copy, otherwise the place itself."""
    return place_of(place, WORK) if is_address(place) else Path(place)


def files_of(folder: Path, key: str) -> dict[str, dict[str, Any]]:
    """Name of each file of a run -> the object that holds it, its size and its digest."""
    names = [file.relative_to(folder).as_posix() for file in all_files(folder)]
    objects = {name: name for name in names if name not in LOCAL}
    units = [int(Path(name).stem) for name in names if name.startswith("shards/")]
    for unit in units:
        objects |= unit_names(folder, key, unit)
    return {
        name: {"object": held, "size": (folder / name).stat().st_size, "sha256": digest(folder / name)}
        for name, held in sorted(objects.items())
    }


def unit_names(folder: Path, key: str, unit: int) -> dict[str, str]:
    """The files of a unit, the shard last -> their objects, named by the digest of them all."""
    files = [folder / "embeddings" / f"{unit:05d}.npy", folder / "shards" / f"{unit:05d}.parquet"]
    files = [file for file in files if file.exists()]
    made = hashlib.sha256("".join(map(digest, files)).encode()).hexdigest()[:12]
    return {
        f"{file.parent.name}/{file.name}": f"{file.parent.name}/{file.stem}.{key[:8]}-{made}{file.suffix}"
        for file in files
    }


def all_files(folder: Path) -> list[Path]:
    """Every file below a folder, sorted, but those in the making."""
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != TEMPORARY]


def names(system: Any, path: str) -> set[str]:
    """The objects of a run by their names below it."""
    return {name[len(path) :].lstrip("/") for name in system.find(path)}


def read(address: str | Path, name: str) -> bytes | None:
    """A small object of a run; None where there is none."""
    system, path = file_system(address)
    with reaching(address):
        try:
            return system.cat_file(f"{path}/{name}")
        except FileNotFoundError:
            return None


def key_in(content: bytes) -> str:
    try:
        found: Mapping[str, Any] = json.loads(content)
    except ValueError:
        return ""
    return str(found.get("key"))


def digest(file: Path) -> str:
    """The SHA-256 of a file; empty where there is none."""
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
