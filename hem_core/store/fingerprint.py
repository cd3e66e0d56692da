"""What a run's bytes are called: the key of every cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hem_core.store.level_names import is_level_name

SHOWN = ("scores.parquet", "catalog.parquet", "projection.parquet", "thumbnails.npy")


def fingerprint(folder: Path, *, has_map: bool = True) -> str:
    """A digest, 16 hex digits, of the files that the app shows.

    has_map: False gives the fingerprint that the run had before its map was there.
    """
    digest = hashlib.sha256()
    for name in (*SHOWN, *_of_parts(folder)):
        path = folder / name
        if path.exists() and (has_map or path.name != "projection.parquet"):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _of_parts(folder: Path) -> list[str]:
    """The files of the levels of parts, as far as they were written with the run."""
    levels = sorted(path.parent.name for path in folder.glob("*/thumbnails.npy"))
    endings = (".parquet", "/thumbnails.npy", "/projection.parquet")
    return [f"{level}{ending}" for level in filter(is_level_name, levels) for ending in endings]
