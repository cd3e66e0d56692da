"""The files of an image folder: which are pictures, and which are skipped, counted by reason."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SYSTEM = frozenset(
    {"__macosx", "__pycache__", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"}
    | {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@__thumb"}
)
"""Folders and files that systems leave among pictures, in small letters."""
NO_PICTURES = frozenset({"MPEG", "EPS"})
"""Formats that Pillow recognises but cannot draw, or only with another program."""

HIDDEN, BROKEN = "hidden or of the system", "broken links"
CLOSED, CIRCLE = "without permission to read", "links in a circle"


@dataclass
class PassedOver:
    """The number of files and folders that are not examples, by reason; and of files that are not pictures."""

    reasons: Counter[str] = field(default_factory=Counter)
    suffixes: Counter[str] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.reasons or self.suffixes)

    def words(self) -> str:
        """`3 that are no pictures (.txt 2, .json 1), 1 hidden or of the system`."""
        parts = []
        if self.suffixes:
            ordered = sorted(self.suffixes.items(), key=lambda one: (-one[1], one[0]))
            shown = ", ".join(f"{suffix} {count:,}" for suffix, count in ordered[:5])
            more = ", …" if len(self.suffixes) > 5 else ""
            parts.append(f"{self.suffixes.total():,} that Pillow cannot open ({shown}{more})")
        parts += [f"{count:,} {reason}" for reason, count in sorted(self.reasons.items())]
        return ", ".join(parts)


@cache
def suffixes() -> frozenset[str]:
    """Suffixes, in small letters, of all the formats that Pillow can open as a picture."""
    from PIL import Image, ImageFile

    extensions = Image.registered_extensions()
    stubs = {name for name, (made, _accepts) in Image.OPEN.items() if _is_stub(made, ImageFile.StubImageFile)}
    wanted = set(Image.OPEN) - stubs - NO_PICTURES | {"MPO"}  # which the reader of JPEG opens
    return frozenset(suffix.lower() for suffix, name in extensions.items() if name in wanted)


def entries(folder: Path, passed: PassedOver) -> tuple[list[str], list[str]]:
    """Names of the folders and of the files in a folder, sorted, links followed; what is hidden is counted instead."""
    folders: list[str] = []
    files: list[str] = []
    try:
        listing = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        passed.reasons[CLOSED] += 1
        return [], []
    for entry in listing:
        if entry.name.startswith(".") or entry.name.lower() in SYSTEM:
            passed.reasons[HIDDEN] += 1
        elif entry.is_dir():
            folders.append(entry.name)
        elif entry.is_file():
            files.append(entry.name)
        else:
            passed.reasons[BROKEN] += 1
    return folders, files


def pictures(folder: Path, passed: PassedOver) -> Iterator[Path]:
    """Every picture below a folder, links followed, in the order of the paths; everything else is counted."""
    yield from sorted(_below(folder, passed, _identities(folder)))


def has_picture(folder: Path) -> bool:
    """Whether there is one anywhere below a folder."""
    return next(_below(folder, PassedOver(), _identities(folder)), None) is not None


def is_picture(name: str, passed: PassedOver) -> bool:
    """Whether a file is one by its suffix, in any case; any other is counted."""
    suffix = Path(name).suffix.lower()
    if suffix in suffixes():
        return True
    passed.suffixes[suffix or "no suffix"] += 1
    return False


def _below(folder: Path, passed: PassedOver, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    try:
        status = folder.stat()
    except OSError:
        passed.reasons[CLOSED] += 1
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        passed.reasons[CIRCLE] += 1
        return
    folders, files = entries(folder, passed)
    yield from (folder / name for name in files if is_picture(name, passed))
    for name in folders:
        yield from _below(folder / name, passed, above | {here})


def _identities(folder: Path) -> frozenset[tuple[int, int]]:
    """The folders that this one lies in: a link to one of them would give its pictures once more, as another class."""
    statuses = [parent.stat() for parent in folder.parents]
    return frozenset((status.st_dev, status.st_ino) for status in statuses)


def _is_stub(made: object, stub: type) -> bool:
    return isinstance(made, type) and issubclass(made, stub)
