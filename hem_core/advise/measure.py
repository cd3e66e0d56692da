"""Measure the learning curve of a run: trainings on nested parts of the folds, each stored when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hem_core.advise import trial_plan
from hem_core.advise import trials as stored
from hem_core.advise.bench import Bench
from hem_core.advise.bench_of_heads import bench_of_heads
from hem_core.advise.trainable import train_of
from hem_core.advise.trial_plan import FOLDER, TrialPlan
from hem_core.advise.trial_rows import BALANCED, CHANGES, PARTS, parts_for, trial_rows
from hem_core.advise.trials import place
from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener
from hem_core.errors import DataError
from hem_core.store.atomic import remove_leftovers, write_arrays
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

    train: "package.module:train"; by default the function whose curve is stored, else the one that the run was scored
    with; without either, linear heads on the embeddings. data: where the examples are, if they were moved. folds: how
    many of the folds, by default all. has_changes: also train on all with more wrong labels, twice as long, and with
    class weights.
    Every training is stored in the run's folder when it is done. Killed at any moment, the same call trains what is
    left. A call with other folds or changes adds to what is stored; another function, or other data, replaces it once
    its first training is done. progress is called with a stage, done and total.
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
    most = min(folds or bench.n_folds, bench.n_folds)
    plan = _plan(bench, list(range(most)), changes)
    with hold(bench.run.folder / FOLDER, f"the learning curve of run '{bench.run.name}'"):
        _measure(bench, plan, progress)


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


def _changes(bench: Bench, function: str | None) -> list[str]:
    """Weights of the classes need a function that takes them, and longer trainings one that repeats examples."""
    if function is None:
        return [CHANGES[0]]
    from hem_core.models import train_function

    takes_weights = train_function.load(function).takes("weights")
    return [name for name in CHANGES if name != BALANCED or takes_weights]


def _measure(bench: Bench, plan: TrialPlan, progress: Listener | None) -> None:
    """The stored plan is replaced once something of the new one is trained, so that a failure leaves the old curve."""
    run = bench.run
    remove_leftovers(run.folder / FOLDER)
    wanted = [(fold, trial) for fold in plan.folds for trial in (*plan.parts, *plan.changes)]
    for done, (fold, trial) in enumerate(wanted):
        if progress is not None:
            progress("curve", done, len(wanted))
        if stored.arrays_of(place(run, plan.key, fold, trial), plan.key) is None:
            _train(bench, plan.key, fold, trial)
        if not done:
            trial_plan.keep(run, plan.with_those_of(trial_plan.planned(run)))
    if progress is not None:
        progress("curve", len(wanted), len(wanted))


def _train(bench: Bench, key: str, fold: int, trial: str) -> None:
    """One training, stored when it is done."""
    rows, tested, seed = bench.learned(fold), bench.tested(fold), _seed(bench)
    plan = trial_rows(trial, rows, bench.targets, bench.second, seed=seed)
    where = f"fold {fold + 1} of {bench.n_folds}, {_words(trial)}"
    error = bench.trained(plan, tested, seed_of(seed, fold, trial), where) >= WRONG
    path = place(bench.run, key, fold, trial)
    write_arrays(path, key=np.array(key), rows=tested, error=error, n=np.array(len(plan.rows)))


def _plan(bench: Bench, folds: list[int], changes: Sequence[str]) -> TrialPlan:
    run = bench.run
    key = make_key(
        seeds="of fold and trial", run=run.fingerprint, of=bench.of, folds=bench.fold.tolist(), **bench.facts
    )
    facts = bench.of, bench.train, bench.is_stand_in, bench.is_memorised, int(bench.is_trainable.sum())
    return TrialPlan(run.fingerprint, key, *facts, folds, _parts(bench), dict.fromkeys(changes, folds))


def _seed(bench: Bench) -> int:
    return int(bench.run.info.get("parameters", {}).get("seed") or 0)


def seed_of(seed: int, fold: int, trial: str) -> int:
    """The seed of one training: with a seed in common, the luck of it would be in every fold and pass for an effect."""
    order = [*map(str, PARTS), *CHANGES]
    return 1009 * seed + len(order) * fold + order.index(trial)


def _words(trial: str) -> str:
    return f"1 / {trial} of the examples" if trial.isdecimal() else f"trial {trial}"
