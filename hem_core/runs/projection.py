"""The map of a run, computed after its scores; the run can be opened in the meantime."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.embeddings.neighbours import Graph
from hem_core.embeddings.projection import project
from hem_core.engine.plan import stored_key
from hem_core.engine.progress import Listener, Progress
from hem_core.errors import RunError
from hem_core.runs.attempts import Attempts
from hem_core.store.atomic import remove_leftovers, write_json, write_table
from hem_core.store.claim import hold
from hem_core.store.damage import damage
from hem_core.store.fingerprint import fingerprint
from hem_core.store.level import Level
from hem_core.store.map_pending import COMPUTING, MAP
from hem_core.store.run import Run, open_run

FILE = "projection.parquet"


def project_run(folder: Path | str, progress: Listener | None = None) -> None:
    """Compute the map of a finished run that lacks it, and write projection.parquet and run.json.

    A run that has its map is left as it is. Killed at any moment, the same call resumes, to the same bytes.
    progress: called with ("map", done, total).
    Raises RunError when the run is not complete, has no embeddings or no neighbours, or when its layout fails;
    TakenError when another process is at work on it.
    """
    place = open_run(folder).folder
    with hold(place, f"the run {place}"):
        remove_leftovers(place)
        run = open_run(place)
        missing = run.info["missing"]
        if MAP not in missing and _is_made(place, run.info.get("key")):
            return
        if not any(_can_be_laid_out(level) for level in _levels(run)):
            why = missing.get("embeddings") or missing.get("neighbours") or "It has no embeddings."
            raise RunError(f"the run {place} can have no map. {why}")
        mark_pending(place)
        why = finish_map(place, progress)
    if why is not None:
        raise RunError(f"the map of the run {place} could not be made. {why}")


def mark_pending(folder: Path) -> None:
    """Mark the map as pending in run.json, and remove a map of other scores or one that cannot be read."""
    info = _read(folder)
    drop_foreign(folder, info.get("key"))
    info["missing"] = {**(info.get("missing") or {}), MAP: COMPUTING}
    write_json(folder / "run.json", info | {"pending": [MAP]})


def finish_map(folder: Path, progress: Listener | None) -> str | None:
    """Compute the pending map of a run whose claim is held, and record it in run.json; returns why there is none."""
    started, report, attempts = time.monotonic(), Progress(folder, progress), Attempts()
    attempts.make(MAP, lambda: _write(open_run(folder), report), None)
    info, why = _read(folder), attempts.missing.get(MAP)
    missing = {name: words for name, words in info["missing"].items() if name != MAP}
    timings = {name: took for name, took in (info.get("timings") or {}).items() if name != "total"}
    total = (info.get("timings") or {}).get("total", 0.0) + time.monotonic() - started
    timings |= {stage: round(seconds, 2) for stage, seconds in report.timings.items()}
    info |= {"missing": missing | attempts.missing, "timings": timings | {"total": round(total, 2)}}
    info |= {"fingerprint": _renewed(folder, info["fingerprint"])}
    info |= {"peak_memory_mb": max(info.get("peak_memory_mb") or 0, peak_memory_mb())}
    write_json(folder / "run.json", {name: value for name, value in info.items() if name != "pending"})
    report.close()
    return why


def drop_foreign(folder: Path, key: str | None) -> None:
    """Remove the maps that were not made of the scores of this key, or that cannot be read."""
    for path in (folder / FILE, *folder.glob(f"*/{FILE}")):
        if not _is_made(path.parent, key):
            path.unlink(missing_ok=True)


def peak_memory_mb() -> int:
    """The peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _levels(run: Run) -> list[Level]:
    """The examples, and the levels of parts that have neighbours."""
    return [run.examples, *map(run.level, run.info.get("level_neighbours") or {})]


def _can_be_laid_out(level: Level) -> bool:
    return level.graph is not None and level.embeddings() is not None


def _write(run: Run, progress: Progress) -> None:
    """projection.parquet of each level, x and y of every row, unless it is there already."""
    for level in _levels(run):
        if not _is_made(level.home, run.info.get("key")) and _can_be_laid_out(level):
            _lay_out(level, progress)


def _lay_out(level: Level, progress: Progress) -> None:
    stored, embeddings, key = level.graph, level.embeddings(), level.info.get("key")
    assert stored is not None
    assert embeddings is not None
    own = (level.info.get("level_neighbours") or {}).get(level.name)
    facts, seed = own or level.info["neighbours"], level.info["parameters"]["seed"]
    graph = Graph(stored["indices"], stored["distances"], facts["method"], facts["recall"])
    with progress.stage(MAP) as report:
        xy = project(embeddings, graph, seed=seed, progress=lambda _words, done, total: report(done, total))
    table = pa.table({"x": pa.array(xy[:, 0]), "y": pa.array(xy[:, 1])})
    write_table(level.home / FILE, table, metadata={"hem.key": key} if key else None)


def _is_made(folder: Path, key: str | None) -> bool:
    path = folder / FILE
    return path.is_file() and stored_key(path) == key and damage(path) is None


def _renewed(folder: Path, before: str) -> str:
    """The fingerprint with the map; what a refit has appended to it stays."""
    _base, dash, of_refit = before.partition("-")
    return f"{fingerprint(folder)}{dash}{of_refit}"


def _read(folder: Path) -> dict[str, Any]:
    """The current run.json, in the order of its entries."""
    return json.loads((folder / "run.json").read_text("utf-8"))
