"""What a run's bytes are called: the key of every cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

SHOWN = ("scores.parquet", "catalog.parquet", "projection.parquet", "thumbnails.npy")


def fingerprint(folder: Path, *, has_map: bool = True) -> str:
    """A digest, 16 hex digits, of the files that the app shows.

    has_map: False gives the fingerprint that the run had before its map was there.
    """
    digest = hashlib.sha256()
    for name in SHOWN:
        path = folder / name
        if path.exists() and (has_map or name != "projection.parquet"):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
