"""Measure the learning curve of a run: trainings on nested parts of the folds, each stored when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hem_core.advise import trials as stored
from hem_core.advise.bench import Bench
from hem_core.advise.bench_of_heads import bench_of_heads
from hem_core.advise.trial_rows import BALANCED, CHANGES, PARTS, parts_for, trial_rows
from hem_core.advise.trials import FOLDER, FORMAT_VERSION, place
from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener
from hem_core.errors import DataError
from hem_core.store.atomic import remove_leftovers, write_arrays, write_json
from hem_core.store.claim import hold
from hem_core.thresholds import WRONG

if TYPE_CHECKING:
    from hem_core.store.run import Run


def measure(
    run: Run,
    *,
    train: str | None = None,
    data: str | None = None,
    folds: int | None = None,
    has_changes: bool = False,
    device: str | None = None,
    progress: Listener | None = None,
) -> None:
    """Train on an eighth, a quarter, a half and all of the training examples of each fold, and test on the fold.

    train: "package.module:train"; by default the function that the run was scored with; without either, linear heads
    on the embeddings. data: where the examples are, if they were moved. folds: how many of the folds, by default all.
    has_changes: also train on all with more wrong labels, twice as long, and with weights of the classes.
    Every training is stored in the run's folder when it is done. Killed at any moment, the same call trains what is
    left; other settings begin anew. progress is called with a stage, done and total.
    Raises DataError or ModelError for what cannot be trained, TakenError while another process is at it.
    """
    function = train or train_of(run)
    if function is None:
        bench = bench_of_heads(run)
    else:
        from hem_core.advise.bench_of_training import bench_of_training

        bench = bench_of_training(run, function, data=data, device=device)
    measure_bench(bench, folds=folds, changes=_changes(bench, function) if has_changes else [], progress=progress)


def measure_bench(
    bench: Bench, *, folds: int | None = None, changes: Sequence[str] = (), progress: Listener | None = None
) -> None:
    """The trainings of a bench, as `measure` does them; changes: of CHANGES."""
    run, parts = bench.run, _parts(bench)
    most = min(folds or bench.n_folds, bench.n_folds)
    with hold(run.folder / FOLDER, f"the learning curve of run '{run.name}'"):
        _measure(bench, range(most), parts, list(changes), progress)


def _parts(bench: Bench) -> list[str]:
    """The sizes that every fold can be trained with. Raises DataError where there are fewer than two."""
    run, n_classes = bench.run, len(np.unique(bench.targets[bench.is_trainable]))
    if n_classes < 2:
        classes = f"{n_classes} class{'es' * (n_classes != 1)}"
        raise DataError(
            f"run '{run.name}' has labelled training examples of {classes}; a learning curve needs 2 or more"
        )
    smallest = min((len(bench.learned(fold)) for fold in range(bench.n_folds)), default=0)
    parts = parts_for(smallest, len(run.classes))
    if len(parts) < 2:
        examples = f"{smallest:,} example{'s' * (smallest != 1)}"
        raise DataError(f"run '{run.name}' has {examples} to train on in a fold, too few for a learning curve")
    return parts


def train_of(run: Run) -> str | None:
    """The train function that a run was scored with, by its folds; None where there was none."""
    oos = run.info.get("oos") or {}
    if oos.get("how") != "folds":
        return None
    name = str(oos.get("train") or run.info.get("model", {}).get("name") or "")
    return name if ":" in name else None


def _changes(bench: Bench, function: str | None) -> list[str]:
    """Weights of the classes need a function that takes them, and longer trainings one that repeats examples."""
    if function is None:
        return [CHANGES[0]]
    from hem_core.models import train_function

    takes_weights = train_function.load(function).takes("weights")
    return [name for name in CHANGES if name != BALANCED or takes_weights]


def _measure(
    bench: Bench, folds: Sequence[int], parts: list[str], changes: list[str], progress: Listener | None
) -> None:
    run, seed = bench.run, int(bench.run.info.get("parameters", {}).get("seed") or 0)
    key = make_key(
        seeds="of fold and trial", run=run.fingerprint, of=bench.of, folds=bench.fold.tolist(), **bench.facts
    )
    write_json(
        run.folder / FOLDER / "trials.json",
        {
            "format_version": FORMAT_VERSION,
            "run": run.fingerprint,
            "key": key,
            "of": bench.of,
            "is_stand_in": bench.is_stand_in,
            "is_memorised": bench.is_memorised,
            "n_training": int(bench.is_trainable.sum()),
            "folds": list(folds),
            "parts": parts,
            "changes": changes,
        },
    )
    remove_leftovers(run.folder / FOLDER)
    wanted = [(fold, trial) for fold in folds for trial in (*parts, *changes)]
    for done, (fold, trial) in enumerate(wanted):
        if progress is not None:
            progress("curve", done, len(wanted))
        path = place(run, fold, trial)
        if stored.arrays_of(path, key) is not None:
            continue
        rows, tested = bench.learned(fold), bench.tested(fold)
        plan = trial_rows(trial, rows, bench.targets, bench.second, seed=seed)
        where = f"fold {fold + 1} of {bench.n_folds}, {_words(trial)}"
        error = bench.trained(plan, tested, seed_of(seed, fold, trial), where)
        write_arrays(path, key=np.array(key), rows=tested, error=error >= WRONG, n=np.array(len(plan.rows)))
    if progress is not None:
        progress("curve", len(wanted), len(wanted))


def seed_of(seed: int, fold: int, trial: str) -> int:
    """The seed of one training: with a seed in common, the luck of it would be in every fold and pass for an effect."""
    order = [*map(str, PARTS), *CHANGES]
    return 1009 * seed + len(order) * fold + order.index(trial)


def _words(trial: str) -> str:
    return f"1 / {trial} of the examples" if trial.isdecimal() else f"trial {trial}"
