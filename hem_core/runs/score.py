"""One call from a model and its data to a finished run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from torch import nn

from hem_core.buckets import kept
from hem_core.buckets.objects import home_of
from hem_core.buckets.pieces import fetch_pieces
from hem_core.buckets.places import named
from hem_core.dynamics.match import match
from hem_core.dynamics.read import read as read_dynamics
from hem_core.dynamics.table import Dynamics
from hem_core.engine import runners
from hem_core.engine.network import borrowed
from hem_core.engine.plan import Plan
from hem_core.engine.progress import Listener, Progress
from hem_core.engine.runner import Elsewhere, Runner
from hem_core.engine.unit import Stored
from hem_core.errors import HemError, ModelError, TakenError
from hem_core.folds.training import drop_checkpoints
from hem_core.models.train_function import TrainFunction
from hem_core.runs import projection, run_folder, run_record
from hem_core.runs.beside import check_beside
from hem_core.runs.call import Call, typed_as
from hem_core.runs.folds import Trainer
from hem_core.runs.folds_elsewhere import FoldsElsewhere
from hem_core.runs.options import Options, combined
from hem_core.runs.prepare import Prepared, batch_size_of, key_of, prepare, unit_size_of
from hem_core.runs.worker import Asked, job_of, opened, units_of
from hem_core.store import damage
from hem_core.store.atomic import write_json, write_table
from hem_core.store.claim import check_free, hold
from hem_core.store.fingerprint import fingerprint
from hem_core.store.map_pending import is_map_pending
from hem_core.store.run import Run, open_run, read_run


@typed_as(Call)
def score(
    model: Any,
    data: Any,
    *,
    out: str | Path,
    weights: str | Path | None = None,
    train: str | Callable[..., Any] | None = None,
    progress: Listener | None = None,
    is_map_awaited: bool = True,
    options: Options | None = None,
    **more: Any,
) -> Run:
    """Score every example of `data` with `model` and store the run in the folder `out`, which can be in a bucket.

    model: a module, a fitted scikit-learn classifier, "package.module:factory", a transformers folder, or None when
    `train` makes it or `data` is a Parquet file of `logits` or `probs`.
    train: "package.module:train" or the function itself, called as train(dataset, …) for each of `oos` folds, so that
    every example is judged by a model that was not trained on it; without a model, also once on everything. See
    `hem_core.models.train_function`.
    data: an image folder, a .csv, .parquet, .jsonl or .npz file, annotations of boxes, a data frame, an Arrow table, a
    torch Dataset of (input, label) or its DataLoader, a Hugging Face Dataset or DatasetDict, or arrays as a dict or a
    pair (x, y).
    options: how the run is made; its fields can also be given as keywords, which then count.
    is_map_awaited: the run can be opened as soon as its scores are there, and its map follows before the call returns;
    False returns without it, and `hem_core.runs.projection.project_run` makes it. Killed at any moment, the same call
    resumes, to the same bytes; a finished run is returned as it is.
    Raises HemError with what to do for bad input, and TypeError for an unknown keyword; then nothing of a new run is
    left behind but finished trainings, and shards where all of them are done.
    """
    chosen = combined(options, more)
    if train is None and isinstance(chosen.oos, int):
        raise ModelError("--oos with a number of folds wants --train package.module:train; --oos head needs none")
    if chosen.repeats < 1:
        raise HemError(f"--repeats is {chosen.repeats}; the folds are trained once or more")
    if chosen.repeats > 1 and (train is None or chosen.oos in ("head", "none")):
        raise ModelError("--repeats trains the folds of --train package.module:train again; omit it without folds")
    runner = runners.start(chosen.runner)
    chosen = replace(chosen, device=chosen.device or runner.device)
    if not runner.is_leader:
        return _followed(Asked(model, data, home_of(out), chosen, weights, train), runner)
    with runner.leading():
        asked = Asked(model, data, kept.working_copy(out), chosen, weights, train)
        return _led(asked, runner, progress, is_map_awaited=is_map_awaited)


def _led(asked: Asked, runner: Runner, listener: Listener | None, *, is_map_awaited: bool) -> Run:
    """Make the run; where that fails, nothing of a new one is left."""
    folder = asked.folder
    is_new = not folder.exists()
    try:
        data, catalog, chosen = _read(asked)
        module = asked.module(chosen.task)
        function = asked.function(chosen.task)
        making = _Making(asked, chosen, function, Progress(folder, listener), is_map_awaited, runner)
        with borrowed(module):
            run = _prepared(module, asked.model_name, (data, catalog), making)
        kept.push(folder)
        return run
    except TakenError:
        raise
    except HemError:
        if is_new:
            run_folder.undo(folder)
            kept.forget(folder)
        raise


@dataclass(frozen=True, eq=False)
class _Making:
    """A run that is being made."""

    asked: Asked
    options: Options
    train: TrainFunction | None
    progress: Progress
    is_map_awaited: bool
    runner: Runner
    started: float = field(default_factory=time.monotonic)

    @property
    def folder(self) -> Path:
        return self.asked.folder

    @property
    def what(self) -> str:
        return f"the run '{named(self.folder)}'"


def _followed(asked: Asked, runner: Runner) -> Run:
    """Score units until another process has made the run."""
    with borrowed(asked.model if isinstance(asked.model, nn.Module) else None):
        runner.follow(partial(job_of, asked), is_strict=asked.options.is_strict)
    return open_run(named(asked.folder))


def _read(asked: Asked) -> tuple[Any, pa.Table, Options]:
    """The data, their catalog and the options, where the folder is free."""
    run_folder.stored_info(asked.folder)
    check_free(asked.folder, f"the run '{asked.folder}'")
    return asked.source()


def _prepared(model: nn.Module | None, name: str, source: tuple[Any, pa.Table], making: _Making) -> Run:
    """Read what was recorded of the training, claim the folder, and make the run.

    source: the data and their catalog.
    """
    (data, catalog), folder, options = source, making.folder, making.options
    ready = prepare(model, name, catalog, data, folder, options, making.train)
    recorded = read_dynamics(options.dynamics) if options.dynamics else None
    if recorded is not None:
        match(recorded, ready.ids, ready.targets.tolist(), ready.classes, source=options.dynamics)
    check_beside(ready, options.beside)
    with hold(folder, making.what):
        return _made(ready, recorded, making)


def _made(ready: Prepared, recorded: Dynamics | None, making: _Making) -> Run:
    """The run unchanged if it is complete; otherwise its missing parts are made."""
    folder, options = making.folder, making.options
    stored, key = run_folder.stored_info(folder), key_of(ready, options, recorded, making.train)
    run_folder.make_room(folder, stored, key, Path(ready.facts["root"]), overwrite=options.overwrite)
    is_same = stored.get("key") == key
    if is_same and stored.get("status") == "complete" and not options.overwrite and _is_whole(making, stored):
        return _relocated(open_run(folder), run_record.opening_data(ready, folder, options))
    batch_size = batch_size_of(ready, options, stored if is_same else {})
    plan = Plan(folder, len(ready.ids), options.unit_size or unit_size_of(ready), batch_size, key)
    info = run_record.opening(folder, ready, options, plan)
    write_json(folder / "run.json", info)
    kept.begin(folder, key, overwrite=options.overwrite)
    write_table(folder / "catalog.parquet", run_record.stored_catalog(ready, None))
    _close(info | _scored(plan, ready, recorded, making), making)
    _follow_with_map(making)
    return open_run(folder)


def _is_whole(making: _Making, known: dict[str, Any]) -> bool:
    """Whether all files of a complete run are there, or only its map is not, which is then made; damaged ones go."""
    damaged = damage.trouble(making.folder, known)
    for file in damaged:
        run_folder.give_up(making.folder / file)
    if damaged.keys() == {projection.FILE}:
        projection.mark_pending(making.folder)
    is_whole = damaged.keys() <= {projection.FILE}
    if is_whole:
        drop_checkpoints(making.folder)
        _follow_with_map(making)
    return is_whole


def _scored(plan: Plan, ready: Prepared, recorded: Dynamics | None, making: _Making) -> dict[str, Any]:
    """Score every unit that is not done and write the tables; returns what run.json says of them."""
    from hem_core.runs.conclude import conclude

    options, progress = making.options, making.progress
    fetch_pieces(plan.folder, plan.key)
    elsewhere = FoldsElsewhere(making.asked, making.runner)
    trainer = Trainer(making.train, plan, ready, options, progress, elsewhere) if making.train is not None else None
    stored = None
    if trainer is not None and ready.network is None and ready.predictions is None:
        with progress.stage("train"):
            everything = trainer.everything
        stored = Stored(everything.logits, everything.embeddings)
        if "training dynamics" in ready.task.offers:
            recorded = recorded or everything.dynamics
    _pass(plan, ready, stored, making)
    return conclude(plan, ready, recorded, options, progress, trainer)


def _pass(plan: Plan, ready: Prepared, stored: Stored | None, making: _Making) -> None:
    """One forward pass over the units whose shards are not there. stored: what a model of `train` said already, which
    only this process has."""
    job = units_of(plan, ready, stored, has_grand=making.options.has_grand)
    runner = making.runner if stored is None else runners.start(runners.DEFAULT)

    def elsewhere() -> Elsewhere:
        return Elsewhere(opened(plan, ready), partial(job_of, making.asked))

    already = sum(len(plan.rows(unit)) for unit in plan.units if plan.is_done(unit))
    with making.progress.stage("score", plan.n, already) as report:
        runner.run(job, is_strict=making.options.is_strict, report=report, elsewhere=elsewhere)
    fetch_pieces(plan.folder, plan.key)  # those of other machines


def _close(info: dict[str, Any], making: _Making) -> None:
    """Record in run.json that all scores are there; from here on the run can be opened."""
    folder, progress = making.folder, making.progress
    projection.drop_foreign(folder, info["key"])
    timings = {stage: round(seconds, 2) for stage, seconds in progress.timings.items()}
    info |= {"timings": timings | {"total": round(time.monotonic() - making.started, 2)}}
    info["fingerprint"] = fingerprint(folder, has_map=not is_map_pending(info))
    info |= {"status": "complete", "peak_memory_mb": projection.peak_memory_mb()}
    write_json(folder / "run.json", info)
    drop_checkpoints(folder)
    progress.close()


def _follow_with_map(making: _Making) -> None:
    """Compute the pending map of a run; the run can be opened in the meantime."""
    if making.is_map_awaited and is_map_pending(read_run(making.folder).info):
        projection.finish_map(making.folder, making.progress.listener)


def _relocated(run: Run, data: dict[str, Any]) -> Run:
    """A finished run, updated to the present place of its data; its key shows that they are the same data."""
    places = {name: data[name] for name in ("root", "path", "source") if data.get(name) is not None}
    if any(name in places and run.info["data"].get(name) != places[name] for name in ("root", "path")):
        write_json(run.folder / "run.json", {**run.info, "data": {**run.info["data"], **places}})
    return open_run(run.folder)
