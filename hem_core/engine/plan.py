"""The plan of a run: fixed units of work under one key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.store.damage import damage, embedded

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Plan:
    """N examples in units of `unit_size` consecutive rows. `key` stands for model, data and parameters."""

    folder: Path
    n: int
    unit_size: int
    batch_size: int
    key: str

    @property
    def units(self) -> range:
        return range(-(-self.n // self.unit_size))

    def rows(self, unit: int) -> range:
        """Catalog positions of a unit."""
        return range(unit * self.unit_size, min((unit + 1) * self.unit_size, self.n))

    def shard(self, unit: int) -> Path:
        return self.folder / "shards" / f"{unit:05d}.parquet"

    def embeddings(self, unit: int) -> Path:
        return self.folder / "embeddings" / f"{unit:05d}.npy"

    def is_done(self, unit: int) -> bool:
        """Whether the unit's shard is there, whole, and was made under this plan's key; and so its embeddings."""
        path = self.shard(unit)
        if not path.exists() or stored_key(path) != self.key or damage(path) is not None:
            return False
        metadata = pq.read_metadata(path)
        if metadata.num_rows and "error" not in metadata.schema.names:  # of a HEM before 0.2: scored again
            return False
        embeddings, rows = self.embeddings(unit), embedded(metadata.metadata)
        return (rows is None and not embeddings.exists()) or _is_whole(embeddings, rows)


def _is_whole(path: Path, rows: int | None) -> bool:
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return stored.ndim == 2 and rows in (None, len(stored))


def stored_key(path: Path) -> str | None:
    """The key in a Parquet file's metadata; None when it has none or is no Parquet file."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError):
        return None
    return metadata.get(b"hem.key", b"").decode() or None


def make_key(**facts: Any) -> str:
    """A digest of everything that decides a run's bytes."""
    text = json.dumps(facts | {"format_version": FORMAT_VERSION}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def data_fingerprint(catalog: pa.Table, root: Path) -> str:
    """A digest of every id, label and path, and of the size and time of change of every file.

    root: the folder of the images, or the one file that holds the arrays.
    """
    digest = hashlib.sha256()
    for name in sorted(catalog.column_names):
        digest.update(f"{name} {json.dumps(catalog[name].to_pylist(), default=str)}".encode())
    files = [root] if root.is_file() else []
    if not files and "image" in catalog.column_names:
        files = [root / path for path in catalog["image"].to_pylist() if path is not None]
    for path in files:
        if path.is_file():
            stat = path.stat()
            digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()
