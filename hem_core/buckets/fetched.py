"""Finished runs of a bucket, downloaded and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hem_core.buckets.address import below, file_system, reaching
from hem_core.buckets.objects import LOCAL, MANIFEST, RUN, all_files, digest, read
from hem_core.buckets.places import WORK, place_of, temporary
from hem_core.buckets.room import note_uploaded, use
from hem_core.errors import RunError


def fetch(address: str | Path) -> Path:
    """The local copy of a finished run: what has changed is downloaded, and checked by its digest.

    Raises RunError where the run is not finished, or is being written at this moment.
    """
    use(address, WORK)
    folder, content = place_of(address, WORK), read(address, MANIFEST)
    if content is None:
        raise RunError(f"no finished run is at '{address}': it has no {MANIFEST}; run its `hem score` again to resume")
    files = json.loads(content)["files"]
    system, path = file_system(address)
    changed = {name: about for name, about in files.items() if digest(folder / name) != about["sha256"]}
    with reaching(address):
        if changed:
            (folder / RUN).unlink(missing_ok=True)
        for name in sorted(changed, key=lambda name: name == RUN):
            _download(system, f"{path}/{changed[name]['object']}", folder / name, changed[name]["sha256"])
    for old in all_files(folder):
        if old.relative_to(folder).as_posix() not in (*files, *LOCAL):
            old.unlink()
    note_uploaded(address, is_uploaded=True)
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


def fetch_either(address: str | Path) -> Path:
    """The local copy of the run at an address, or of the workspace there. Raises RunError where there is neither."""
    return fetch(address) if is_run(address) else fetch_workspace(address)


def is_run(address: str | Path) -> bool:
    """Whether a finished run is at an address."""
    return read(address, MANIFEST) is not None


def _download(system: Any, path: str, file: Path, sha256: str) -> None:
    part = temporary(file)
    try:
        system.get_file(path, str(part))
        if digest(part) != sha256:
            raise RunError(f"'{path}' is not what its manifest says: the run is being written; try again in a minute")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
