"""The objects of a run in a bucket: their names, their digests, and the manifest that lists them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.buckets.address import file_system, is_address, reaching
from hem_core.buckets.places import TEMPORARY, WORK, place_of

MANIFEST, RUN, CLAIM = "manifest.json", "run.json", "work.process"
LOCAL = (CLAIM, f"{CLAIM}.lock", "progress.json")
"""Files that say what this machine is doing, and are not uploaded."""


def home_of(place: str | Path) -> Path:
    """The folder of a run on the local disk: of an address that of its working copy, otherwise the place itself."""
    return place_of(place, WORK) if is_address(place) else Path(place)


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
