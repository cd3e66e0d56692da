"""Results stored one by one, so that a killed benchmark resumes where it stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Store:
    """One JSON file a result, in a folder of its own for each state of the code: other code, other results."""

    folder: Path

    def get(self, name: str, compute: Callable[[], Any]) -> Any:
        """The stored result of that name, else compute it and store it, with the CPU seconds it took."""
        path = self.folder / f"{name}.json"
        if not path.exists():
            started = time.process_time()
            value = compute()
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps({"cpu_seconds": time.process_time() - started, "value": value}))
            partial.replace(path)
        return json.loads(path.read_text())["value"]

    def seconds(self) -> float:
        """CPU seconds of everything stored."""
        return sum(json.loads(path.read_text())["cpu_seconds"] for path in self.folder.glob("*.json"))


def open_store(folder: Path, *settings: object, apart: Collection[str] = ()) -> Store:
    """The store for these settings and the code as it stands.

    apart: patterns of files, from the root, on which no result depends.
    """
    sources = {*ROOT.glob("benchmarks/*.py"), *ROOT.glob("hem_core/**/*.py")}
    digest = hashlib.sha256(repr(settings).encode())
    for path in sorted(sources - {path for pattern in apart for path in ROOT.glob(pattern)}):
        digest.update(path.read_bytes())
    return Store(folder / digest.hexdigest()[:12])
