"""The files in a recorder's folder: one per epoch and rank, or its parts while the epoch is running.

`epoch-00003-rank-0-of-2.parquet` is an epoch that rank 0 finished; `…-part-00007.parquet` is a piece of one that it
has not. Columns: `id`, `confidence`, `margin`, `is_correct`, one row per example;
`target`, and `content_hash` and `loss` where they were logged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"epoch-(\d+)-rank-(\d+)-of-(\d+)(?:-part-(\d+))?\.parquet(\.tmp)?")


@dataclass(frozen=True)
class EpochFile:
    """A file of the folder, described by its name."""

    path: Path
    epoch: int
    rank: int
    n_ranks: int
    part: int | None
    """None = the whole epoch."""
    is_temporary: bool


def name(epoch: int, rank: int, n_ranks: int, part: int | None = None) -> str:
    """The name of a file; part None = the whole epoch."""
    piece = "" if part is None else f"-part-{part:05d}"
    return f"epoch-{epoch:05d}-rank-{rank}-of-{n_ranks}{piece}.parquet"


def files(folder: Path) -> list[EpochFile]:
    """All files of a recorder in the folder, unfinished writes too, by epoch, rank and part."""
    epoch_files = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        if match:
            epoch, rank, n_ranks, part, temporary = match.groups()
            number = None if part is None else int(part)
            epoch_files.append(EpochFile(path, int(epoch), int(rank), int(n_ranks), number, bool(temporary)))
    return sorted(epoch_files, key=lambda file: (file.epoch, file.rank, -1 if file.part is None else file.part))


def recorded(folder: Path) -> list[EpochFile]:
    """The files that hold the recording, each row once: a whole epoch, otherwise its parts."""
    written = [file for file in files(folder) if not file.is_temporary]
    whole = {(file.epoch, file.rank) for file in written if file.part is None}
    return [file for file in written if file.part is None or (file.epoch, file.rank) not in whole]


def first_unfinished(folder: Path) -> int:
    """The epoch after the last one that all its ranks have finished; 0 when there is none."""
    ranks: dict[int, set[int]] = {}
    wanted: dict[int, int] = {}
    for file in files(folder):
        if file.part is None and not file.is_temporary:
            ranks.setdefault(file.epoch, set()).add(file.rank)
            wanted[file.epoch] = file.n_ranks
    finished = [epoch for epoch, done in ranks.items() if len(done) >= wanted[epoch]]
    return max(finished, default=-1) + 1


def reopen(folder: Path, *, epoch: int, rank: int, n_ranks: int) -> int:
    """Make a finished epoch of this rank the first part of one that is running; returns the number of its parts.

    A finished file of another number of ranks stays; its rows are read before those that come now.
    """
    mine = [file for file in files(folder) if (file.epoch, file.rank) == (epoch, rank)]
    for file in mine:
        if file.is_temporary:
            file.path.unlink(missing_ok=True)
    written = [file for file in mine if not file.is_temporary]
    if whole := [file for file in written if file.part is None]:
        for file in written:
            if file.part is not None:
                file.path.unlink()  # what a whole epoch was made of
        whole[0].path.rename(folder / name(epoch, rank, n_ranks, 0))
        return 1
    return max((file.part for file in written if file.part is not None), default=-1) + 1


def discard(folder: Path, *, epoch: int, rank: int, n_ranks: int) -> None:
    """Remove this rank's recording of an epoch and later ones; rank 0 also removes that of ranks no longer in use."""
    for file in files(folder):
        is_mine = file.rank == rank or (rank == 0 and file.rank >= n_ranks)
        if file.epoch >= epoch and is_mine:
            file.path.unlink(missing_ok=True)
