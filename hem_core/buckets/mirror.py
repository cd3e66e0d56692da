"""A local copy of data in a bucket: tables at once, a picture when it is first read, nothing twice.

The copy of a folder has a file for each object. What is not downloaded yet is a note in its place, which says where the
object is. The time of change of each file stands for the ETag and the size of its object: an object that has another
one is downloaded again, and a run of the same data has the same key on every machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

from hem_core.buckets.address import clean, file_system, is_address, reaching
from hem_core.buckets.places import DATA, TEMPORARY, address_of, cache, place_of, put, temporary
from hem_core.buckets.room import use
from hem_core.errors import DataError, HemError

NOTE = b"hem-not-downloaded "
"""How a note begins."""
AT_ONCE = frozenset(
    (
        *(".csv", ".tsv", ".tab", ".txt", ".names", ".json", ".jsonl", ".ndjson", ".xml", ".yaml", ".yml", ".parquet"),
        *(".pq", ".npz", ".npy", ".gz", ".bz2", ".zst", ".lz4", ".lance", ".manifest", ".txn", ".arrow", ".idx"),
    )
)
"""Files of a folder that readers read whole; all others are downloaded when they are opened."""
FRESH_SECONDS = 30.0
"""So long a listing is taken for true by the process that made it."""
TOGETHER = 64
_listed: dict[str, float] = {}
_locks = tuple(Lock() for _ in range(64))
"""Two threads do not download one object."""


def local(place: Any) -> Any:
    """The local copy of an address; anything else as it is."""
    return mirrored(place) if is_address(place) else place


def mirrored(address: str | Path, *, is_fresh: bool = True) -> Path:
    """The local copy of the file or folder at an address.

    is_fresh: look there for what has changed; otherwise an earlier copy is as good.
    Raises DataError when nothing is there or it cannot be reached.
    """
    text = clean(address)
    use(text, DATA)
    copy, seen = place_of(text, DATA), _seen(text)
    if copy.exists() and seen.exists() and (not is_fresh or time.monotonic() - _listed.get(text, -1e9) < FRESH_SECONDS):
        return copy
    system, path = file_system(text)
    with reaching(text):
        system.invalidate_cache()
        about = system.info(path)
        if about["type"] == "file":
            _update(system, {path: about}, {path: copy})
        else:
            _mirror_folder(system, path, copy)
    put(seen, lambda file: file.write_text(text, encoding="utf-8"))
    _listed[text] = time.monotonic()
    return copy


def around(path: Path) -> None:
    """List the folder of a file in a bucket, so that what lies beside it can be read too; nothing for other files."""
    address = address_of(path)
    if address is not None and "/" in address.partition("://")[2]:
        mirrored(address.rpartition("/")[0])


def copy_of(address: str | Path) -> Path:
    """The local copy of a folder, made where there is none yet; where it cannot be, the place where it would be."""
    try:
        return mirrored(address, is_fresh=False)
    except DataError:
        return place_of(address, DATA)


def is_note(path: Path) -> bool:
    """Whether an object was not downloaded yet, so that its copy is only a note."""
    try:
        with path.open("rb") as file:
            return file.read(len(NOTE)) == NOTE
    except OSError:
        return False


def downloaded(path: Path, content: bytes) -> bytes:
    """The bytes of an object, of which a copy's file has only the note so far; they replace it.

    Raises OSError where this object cannot be read, and HemError where the connection is lost.
    """
    if not path.resolve().is_relative_to(cache() / DATA):  # nobody else's file names an address
        return content
    with _locks[hash(path) % len(_locks)]:
        content = path.read_bytes()
        return _fetched(path, json.loads(content[len(NOTE) :])) if content.startswith(NOTE) else content


def _fetched(path: Path, note: Mapping[str, Any]) -> bytes:
    stamp = path.stat().st_mtime_ns
    system, inner = file_system(note["address"])
    try:
        data = system.cat_file(inner)
    except (FileNotFoundError, PermissionError) as error:
        raise OSError(f"it is gone from {note['address']}, or closed") from error
    except Exception as error:  # each package has errors of its own
        words = f"{note['address']} cannot be downloaded: {error}"
        raise HemError(f"{words}; run the same command again to resume") from error
    if len(data) != note["size"]:
        raise OSError(f"it has changed since {note['address']} was listed; run the same command again")
    put(path, lambda file: file.write_bytes(data), stamp=stamp)
    return data


def _mirror_folder(system: Any, path: str, copy: Path) -> None:
    """Make the files of a copy those of a folder in a bucket."""
    found = system.find(path, detail=True)
    inside = {name: PurePosixPath(name[len(path) :].lstrip("/")) for name in found if not name.endswith("/")}
    folders = {parent for one in inside.values() for parent in one.parents}
    good = {name: one for name, one in inside.items() if _is_safe(one) and one not in folders}
    wanted = {name: copy / one for name, one in good.items()}
    if copy.is_file():
        copy.unlink()
    copy.mkdir(parents=True, exist_ok=True)
    keep = set(wanted.values())
    for old in [old for old in copy.rglob("*") if old.is_file() and old not in keep and old.suffix != TEMPORARY]:
        old.unlink()
    at_once = {name for name, file in wanted.items() if file.suffix.lower() in AT_ONCE}
    _update(system, found, {name: wanted[name] for name in at_once})
    for name in wanted.keys() - at_once:
        _note(system, name, found[name], wanted[name])


def _is_safe(name: PurePosixPath) -> bool:
    """Whether the name of an object can be that of a file below a folder."""
    return bool(name.parts) and not name.is_absolute() and ".." not in name.parts and "\0" not in str(name)


def _update(system: Any, found: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Download the files whose objects are new or have changed. files: path in the bucket -> local file."""
    stale = [name for name, file in files.items() if not _is_current(file, found[name])]
    for start in range(0, len(stale), TOGETHER):
        parts = {name: temporary(files[name]) for name in stale[start : start + TOGETHER]}
        system.get(list(parts), [str(part) for part in parts.values()])
        for name, part in parts.items():
            stamp = _stamp(found[name])
            os.utime(part, ns=(stamp, stamp))
            part.replace(files[name])


def _note(system: Any, name: str, about: Mapping[str, Any], file: Path) -> None:
    """Write the note of an object, unless the file is the object, or its note, already."""
    stamp = _stamp(about)
    if file.is_file() and file.stat().st_mtime_ns == stamp:
        return
    note = {"address": system.unstrip_protocol(name), "size": int(about["size"])}
    put(file, lambda part: part.write_bytes(NOTE + json.dumps(note).encode()), stamp=stamp)


def _is_current(file: Path, about: Mapping[str, Any]) -> bool:
    if not file.is_file():
        return False
    now = file.stat()
    return now.st_mtime_ns == _stamp(about) and now.st_size == int(about["size"])


def _stamp(about: Mapping[str, Any]) -> int:
    """A time of change, in ns and whole seconds, that stands for the version of an object: its ETag and size."""
    tags = [about.get(name) for name in ("ETag", "etag", "md5Hash")]
    times = [about.get(name) for name in ("LastModified", "last_modified", "updated", "mtime", "created")]
    version = next((str(tag) for tag in tags if tag), None) or next((str(one) for one in times if one), "")
    digest = hashlib.sha256(f"{version} {about['size']}".encode()).hexdigest()
    return int(digest[:8], 16) % 2**31 * 1_000_000_000


def _seen(address: str) -> Path:
    """The file that says that an address was copied whole."""
    return cache() / "seen" / hashlib.sha256(address.encode()).hexdigest()
