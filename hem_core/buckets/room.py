"""Room in the cache: who uses a copy, whether it is uploaded, and which go first where the cache is too large."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hem_core.alive import is_alive, process_of
from hem_core.buckets.address import clean
from hem_core.buckets.places import DATA, WORK, cache, place_of, put, temporary
from hem_core.errors import DataError

LIMIT = "HEM_CACHE_GB"
"""The environment variable with the size that the cache is kept below, in GB."""
DEFAULT_GB = 50.0
GB = 1_000_000_000
NOTED_SECONDS, CHECKED_SECONDS = 60.0, 600.0
"""So often a process notes that it uses a copy, and any process looks at the size of the cache, all of whose files it
has to ask for."""
_noted: dict[str, float] = {}


@dataclass(frozen=True)
class Copy:
    """A copy in the cache. what: DATA or WORK."""

    what: str
    address: str
    used: float
    """When it was used last, in seconds since the epoch."""
    n_bytes: int
    stays: bool
    """A living process uses it, or it is not uploaded."""

    @property
    def place(self) -> Path:
        return place_of(self.address, self.what)


def use(address: str | Path, what: str) -> None:
    """Note that this process uses a copy, which then stays as long as the process lives; from time to time make room.

    Called before a copy is looked for. what: DATA or WORK.
    """
    mark = _mark(address, what)
    if time.monotonic() - _noted.get(str(mark), -1e9) < NOTED_SECONDS and mark.exists():
        return
    _noted[str(mark)] = time.monotonic()
    with _one_at_a_time():
        put(mark, lambda file: file.write_text(f"{what} {clean(address)}", encoding="utf-8"))
        mark.with_suffix(f".{os.getpid()}-{process_of(os.getpid())}").touch()
    most_bytes = limit()
    if _is_due():
        make_room(most_bytes)


def note_uploaded(address: str | Path, *, is_uploaded: bool) -> None:
    """Note whether all of the working copy of a run is in its bucket."""
    use(address, WORK)
    mark = _mark(address, WORK).with_suffix(".uploaded")
    mark.touch() if is_uploaded else mark.unlink(missing_ok=True)


def limit() -> int:
    """The size in bytes that the cache is kept below. Raises DataError where LIMIT is no number."""
    given = os.environ.get(LIMIT, "").strip() or str(DEFAULT_GB)
    try:
        return int(float(given) * GB)
    except (ValueError, OverflowError):
        raise DataError(f"{LIMIT} is the size of the cache in GB, such as 50; got '{given}'") from None


def make_room(most_bytes: int) -> int:
    """Remove the copies that were used longest ago until the cache has `most_bytes` or less. Returns the bytes removed.

    A copy that a living process uses stays, and so does a run that is not uploaded.
    """
    found = copies()
    excess = sum(each.n_bytes for each in found) - most_bytes
    removed = 0
    for each in sorted((each for each in found if not each.stays), key=lambda each: each.used):
        if removed >= excess:
            break
        removed += each.n_bytes if _remove(each) else 0
    return removed


def copies() -> list[Copy]:
    """The copies in the cache; one that lies inside of another is a part of it."""
    places = {mark: _place(mark) for mark in _home().glob("*.mark")}
    outer = [mark for mark in places if not any(other in places[mark].parents for other in places.values())]
    found = []
    for mark in outer:
        parts = [each for each in places if places[each].is_relative_to(places[mark])]
        what, address = _copied(mark)
        used = max(each.stat().st_mtime for each in parts)
        found.append(Copy(what, address, used, _size(places[mark]), any(map(_stays, parts))))
    return [each for each in found if each.place.exists()]


def _is_due() -> bool:
    """Whether no process has looked at the size of the cache for a while; this one does then."""
    file = _home() / "checked"
    is_due = not file.exists() or time.time() - file.stat().st_mtime > CHECKED_SECONDS
    if is_due:
        file.touch()
    return is_due


def _remove(copy: Copy) -> bool:
    """Remove a copy, unless somebody has begun to use it, or a folder around it."""
    part = temporary(cache() / "removed" / "copy")
    with _one_at_a_time():
        places = {mark: _place(mark) for mark in _home().glob("*.mark")}
        inside = [mark for mark, place in places.items() if place.is_relative_to(copy.place)]
        is_part = any(place in copy.place.parents for place in places.values())
        if not inside or is_part or any(map(_stays, inside)) or not copy.place.exists():
            return False
        for mark in inside:
            mark.with_suffix(".uploaded").unlink(missing_ok=True)
            mark.unlink()
        for seen in (cache() / "seen").glob("*"):
            if place_of(seen.read_text("utf-8"), DATA).is_relative_to(copy.place):
                seen.unlink()
        copy.place.replace(part)
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    return True


def _stays(mark: Path) -> bool:
    """Whether a process that uses the copy is alive, or the copy is not uploaded; notes of ended processes go."""
    is_used = False
    for user in mark.parent.glob(f"{mark.stem}.*-*"):
        pid, _, process = user.suffix[1:].partition("-")
        if is_alive(int(pid), process if process != "None" else None):
            is_used = True
        else:
            user.unlink(missing_ok=True)
    return is_used or (_copied(mark)[0] == WORK and not mark.with_suffix(".uploaded").exists())


def _copied(mark: Path) -> tuple[str, str]:
    """DATA or WORK, and the address, of the copy that a mark names."""
    what, _, address = mark.read_text("utf-8").partition(" ")
    return what, address


def _place(mark: Path) -> Path:
    what, address = _copied(mark)
    return place_of(address, what)


def _size(place: Path) -> int:
    files = [place] if place.is_file() else place.rglob("*")
    return sum(file.lstat().st_size for file in files if file.is_file())


def _home() -> Path:
    return cache() / "used"


def _mark(address: str | Path, what: str) -> Path:
    """The file that names a copy; its time of change is when the copy was used last."""
    return _home() / f"{hashlib.sha256(f'{what} {clean(address)}'.encode()).hexdigest()[:32]}.mark"


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """One process at a time notes a use or removes a copy."""
    _home().mkdir(parents=True, exist_ok=True)
    with (_home() / "lock").open("a") as file:
        with contextlib.suppress(ImportError):  # no such locks on Windows
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
