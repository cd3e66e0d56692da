"""The files of a tar, and those that are pictures in class folders: cats/1.jpg, or photos/train/cats/1.jpg."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hem_core.buckets.places import named
from hem_core.catalog._folder_walk import SYSTEM, suffixes
from hem_core.errors import DataError
from hem_core.splits import part_of


@dataclass(frozen=True)
class Member:
    """A file in a tar: its name, and its first byte and number of bytes."""

    shard: Path
    path: PurePosixPath
    start: int
    size: int

    def content(self) -> bytes:
        with self.shard.open("rb") as file:
            file.seek(self.start)
            return file.read(self.size)


@dataclass(frozen=True)
class InFolders:
    """Pictures in class folders, with the label of each, and its split where the folders have one."""

    members: list[Member]
    labels: list[str]
    splits: list[str] | None


def members(shard: Path) -> Iterator[Member]:
    """The files of a tar. Raises DataError for a broken one."""
    try:
        with tarfile.open(shard, "r:") as archive:
            for each in archive:
                if each.isreg():
                    path = PurePosixPath(each.name.removeprefix("./"))
                    yield Member(shard, path, each.offset_data, each.size)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(
            f"cannot read '{named(shard)}': it is no whole tar file ({error}); copy it again, or unpack it and choose "
            "what is inside"
        ) from error


def in_class_folders(shards: Sequence[Path]) -> InFolders | None:
    """The pictures of tars of class folders, by path; None where one lies outside of a class folder,
    or there are fewer than two classes.

    As in a folder on the disk: what is hidden or left by a system is passed over, a single folder that holds all class
    folders is entered, and folders named like splits (train, val …) give the split.
    """
    found = [each for shard in shards for each in members(shard) if _is_picture(each.path)]
    found.sort(key=lambda each: (each.path.parts, str(each.shard)))
    folders = [each.path.parts[:-1] for each in found]
    while folders and min(map(len, folders)) > 1 and len({one[0] for one in folders}) == 1:
        folders = [one[1:] for one in folders]
    if not folders or min(map(len, folders)) == 0:
        return None
    is_split = min(map(len, folders)) > 1 and all(part_of(one[0]) for one in folders)
    labels = [one[1 if is_split else 0] for one in folders]
    if len(set(labels)) < 2:
        return None
    return InFolders(found, labels, [one[0].lower() for one in folders] if is_split else None)


def _is_picture(path: PurePosixPath) -> bool:
    is_hidden = any(part.startswith(".") or part.lower() in SYSTEM for part in path.parts)
    return path.suffix.lower() in suffixes() and not is_hidden
