"""One call from a number of examples and a seed to a finished synthetic run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener, Progress
from hem_core.errors import DataError
from hem_core.media.synthetic import MOST_CLASSES
from hem_core.runs import finish, run_folder, weak_slices
from hem_core.runs.synthetic import account
from hem_core.runs.synthetic.measured import (
    K_NEAR,
    Columns,
    Curves,
    Near,
    curves_of,
    error_probability,
    measured,
    near_by_chance,
    suspicion,
)
from hem_core.runs.synthetic.reasoned import reasoned
from hem_core.runs.synthetic.rows import Rows, rows_of
from hem_core.runs.synthetic.sliced import slices_of
from hem_core.runs.synthetic.tables import (
    catalog_table,
    dynamics_table,
    failures_table,
    ids_of,
    map_table,
    scores_table,
)
from hem_core.runs.synthetic.world import World, world
from hem_core.stats.percentile import percentile, percentile_within
from hem_core.store.atomic import ROW_GROUP, growing_table, write_arrays, write_json, write_table
from hem_core.store.claim import hold
from hem_core.store.damage import trouble
from hem_core.store.fingerprint import fingerprint
from hem_core.store.level import Level
from hem_core.store.run import Run, open_run
from hem_core.tasks import DEFAULT, Task, load

FEWEST, MOST = 1_000, 5_000_000
WITH_NEIGHBOURS = 200_000
"""Up to so many examples neighbours are searched and curves are stored; of more, they would be most of the disk."""
VERSION = 1
"""Of the examples that a seed makes."""


@dataclass(frozen=True)
class Wanted:
    """What a synthetic run is made of."""

    n: int = 100_000
    classes: int = 12
    seed: int = 0


@dataclass(frozen=True, eq=False)
class _All:
    """What is known of every example before any is written, (n,) each."""

    given: np.ndarray
    difficulty: np.ndarray
    difficulty_in_class: np.ndarray
    label_suspicion: np.ndarray
    graph: tuple[np.ndarray, np.ndarray] | None
    """Indices and distances of the neighbours, (n, 15) each; None where they are drawn by chance."""

    @property
    def sizes(self) -> np.ndarray:
        """(K,) how many examples have each label; classes that nobody has are missing at the end."""
        return np.bincount(self.given)


def synthesise(
    out: str | Path, wanted: Wanted | None = None, *, overwrite: bool = False, progress: Listener | None = None
) -> Run:
    """Make the synthetic run in the folder `out`; one of the same numbers that is there already is returned as it is.

    The tables have the same bytes whenever they are made of the same numbers. run.json is written last, so that a run
    of a killed process cannot be opened; the same call then makes it anew.
    Raises DataError for numbers out of range, RunError when the folder holds something else.
    """
    wanted, folder = wanted or Wanted(), Path(out)
    _check(wanted)
    key = make_key(synthetic=VERSION, **asdict(wanted))
    known = run_folder.stored_info(folder)
    with hold(folder, f"the run '{folder}'"):
        is_there = known.get("key") == key and known.get("status") == "complete" and not overwrite
        if is_there and not trouble(folder, known):
            return open_run(folder)
        run_folder.make_room(folder, known, key, folder, overwrite=overwrite)
        finish.clear(folder)  # what a killed process left may be of other numbers
        report, started = Progress(folder, progress), time.monotonic()
        info = account.opening(folder, wanted.n, world(wanted.classes, wanted.seed), key)
        info = _made(folder, wanted, info, report)
        info["timings"] = {name: round(seconds, 2) for name, seconds in report.timings.items()}
        info["timings"]["total"] = round(time.monotonic() - started, 2)
        write_json(folder / "run.json", info | {"fingerprint": fingerprint(folder), "status": "complete"})
        report.close()
    return open_run(folder)


def _check(wanted: Wanted) -> None:
    if not FEWEST <= wanted.n <= MOST:
        raise DataError(f"a synthetic run has {FEWEST:,} to {MOST:,} examples; requested: {wanted.n:,}")
    if not 2 <= wanted.classes <= MOST_CLASSES:
        raise DataError(f"a synthetic run has 2 to {MOST_CLASSES} classes; requested: {wanted.classes:,}")
    if wanted.seed < 0:
        raise DataError(f"a seed is a whole number from 0; requested: {wanted.seed}")


def _made(folder: Path, wanted: Wanted, info: dict[str, Any], report: Progress) -> dict[str, Any]:
    """Write every table; returns run.json with what it says of them. info: its opening."""
    place, task, key = world(wanted.classes, wanted.seed), load(DEFAULT), info["key"]
    known = _ranked(place, wanted.n, report)
    counted = _written(folder, (place, task, key), known, report)
    write_table(folder / "failures.parquet", failures_table())
    if known.graph is not None:
        indices, distances = known.graph
        facts = {"key": np.array(key), "method": np.array("exact"), "recall": np.array(1.0)}
        write_arrays(folder / "neighbours.npz", indices=indices, distances=distances, **facts)
    with report.stage("slices"):
        found = slices_of(Level(folder, info), counted)
        weak_slices.write(found, folder / "slices.parquet")
    return info | account.of_tables(task, counted, has_graph=known.graph is not None, k=K_NEAR)


def _blocks(n: int) -> Iterator[tuple[int, int]]:
    return ((start, min(start + ROW_GROUP, n)) for start in range(0, n, ROW_GROUP))


def _ranked(place: World, n: int, report: Progress) -> _All:
    """The first pass: the labels, and where each example stands among all."""
    given, xy = np.empty(n, np.int16), np.empty((n, 2), np.float32)
    difficulty, suspected = np.empty(n, np.float32), np.empty(n, np.float32)
    is_searched = n <= WITH_NEIGHBOURS
    with report.stage("world", n) as tell:
        for start, stop in _blocks(n):
            rows, part = rows_of(place, start, stop), slice(start, stop)
            given[part], xy[part] = rows.given, rows.xy
            difficulty[part] = error_probability(rows)[0]
            if not is_searched:
                suspected[part] = suspicion(place, rows, near_by_chance(place, rows, n))
            tell(stop)
    graph = None
    if is_searched:
        with report.stage("neighbours"):
            graph = _graph(xy, place.radius)
        for start, stop in _blocks(n):
            near = _near(given, graph, start, stop)
            suspected[start:stop] = suspicion(place, rows_of(place, start, stop), near)
    ranked, in_class = percentile(difficulty).astype("f4"), percentile_within(difficulty, given).astype("f4")
    return _All(given, ranked, in_class, percentile(suspected).astype("f4"), graph)


def _graph(xy: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """The nearest others on the map: indices (n, 15) int32, and distances (n, 15) float32 in 0 .. 2."""
    from scipy.spatial import KDTree

    found = KDTree(xy).query(xy, k=K_NEAR + 1)
    far, indices = np.asarray(found[0]), np.asarray(found[1], np.int64)
    is_self = indices == np.arange(len(xy))[:, None]
    is_self[~is_self.any(axis=1), -1] = True  # more than 15 others at the very same place
    shape = (len(xy), K_NEAR)
    distances = np.minimum(far[~is_self].reshape(shape) / radius, 2)
    return indices[~is_self].reshape(shape).astype(np.int32), distances.astype(np.float32)


def _near(given: np.ndarray, graph: tuple[np.ndarray, np.ndarray], start: int, stop: int) -> Near:
    indices, distances = graph
    return Near(given[indices[start:stop]].astype(np.int64), distances[start:stop])


def _written(folder: Path, made_of: tuple[World, Task, str], known: _All, report: Progress) -> account.Counted:
    """The second pass: the columns of each block, written as they come. made_of: the world, the task and the key."""
    (place, task, key), n = made_of, len(known.given)
    # The last is renamed first: its key marks whatever a killed process leaves as a run's.
    names = [*(["dynamics"] if known.graph is not None else []), "projection", "catalog", "scores"]
    counted = account.Counted.of(n, place.classes)
    with report.stage("explain", n) as tell, ExitStack() as open_files:
        add = {}
        for name in names:
            add[name] = open_files.enter_context(growing_table(folder / f"{name}.parquet", metadata={"hem.key": key}))
        for start, stop in _blocks(n):
            rows = rows_of(place, start, stop)
            near = near_by_chance(place, rows, n)
            if known.graph is not None:
                near = _near(known.given, known.graph, start, stop)
            curves, ids = curves_of(place, rows), ids_of(rows, n)
            columns = _columns(task, place, (rows, near, curves), known)
            add["scores"](scores_table(task, place, rows, columns, ids))
            add["catalog"](catalog_table(place, rows, ids))
            add["projection"](map_table(rows))
            if known.graph is not None:
                add["dynamics"](dynamics_table(rows, curves, ids))
            counted.add(rows, columns, curves.hits[:, -1])
            tell(stop)
    return counted


def _columns(task: Task, place: World, block: tuple[Rows, Near, Curves], known: _All) -> Columns:
    """Every column of the scores of a block, in the order of a real run."""
    rows, near, curves = block
    part = slice(rows.start, rows.start + len(rows))
    prob, low, high = error_probability(rows)
    twins = rows.twin.copy()
    is_twin = twins >= 0
    twins[twins[is_twin] - rows.start] = twins[is_twin]
    columns = measured(task, place, rows, near, curves)
    columns |= {"duplicate_group": twins, "error_prob": prob, "error_prob_low": low, "error_prob_high": high}
    for name in ("difficulty", "difficulty_in_class", "label_suspicion"):
        columns[name] = getattr(known, name)[part]
    columns |= reasoned(place, rows, columns, near, known.sizes)
    return columns | {"cluster": np.char.add(np.char.add(rows.truth.astype(str), "."), rows.blob.astype(str))}
