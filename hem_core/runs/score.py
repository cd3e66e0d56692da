"""One call from a model and its data to a finished run folder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from torch import nn

from hem_core import catalog as catalogs
from hem_core.dynamics.match import match
from hem_core.dynamics.read import read as read_dynamics
from hem_core.dynamics.table import Dynamics
from hem_core.engine.network import borrowed
from hem_core.engine.plan import Plan
from hem_core.engine.progress import Listener, Progress
from hem_core.engine.runners.local import run_local
from hem_core.engine.unit import Job, Stored
from hem_core.errors import HemError, ModelError, RunError, TakenError
from hem_core.models import factory, train_function
from hem_core.models.train_function import TrainFunction
from hem_core.runs import account, finish, projection
from hem_core.runs.folds import Trainer
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared, batch_size_of, key_of, prepare, unit_size_of
from hem_core.store import whole
from hem_core.store.atomic import remove_leftovers, write_json, write_table
from hem_core.store.claim import check_free, held
from hem_core.store.fingerprint import fingerprint
from hem_core.store.names import check_name
from hem_core.store.pending import is_map_pending
from hem_core.store.run import Run, open_run, read_run


def score(
    model: Any,
    data: Any,
    *,
    out: str | Path,
    weights: str | Path | None = None,
    train: str | Callable[..., Any] | None = None,
    progress: Listener | None = None,
    **options: Any,
) -> Run:
    """Score every example of `data` with `model` and store the run in the folder `out`.

    model: a module, a fitted scikit-learn classifier, "package.module:factory", a transformers folder, or None when
    `train` makes it or `data` is a Parquet file of `logits` or `probs`.
    train: "package.module:train" or the function itself, called as train(dataset, …) for each of `oos` folds, so that
    every example is judged by a model that was not trained on it; without a model, also once on everything. See
    `hem_core.models.train_function`.
    data: an image folder, a .csv, .parquet, .jsonl or .npz file, a data frame, an Arrow table, a torch Dataset of
    (input, label) or its DataLoader, a Hugging Face Dataset or DatasetDict, or arrays as a dict or a pair (x, y).
    options: the fields of `Options`. Killed at any moment, the same call goes on where it stopped, to the same bytes;
    a finished run is returned as it is.
    Raises HemError with what to do for bad input; then nothing of a new run is left behind but finished trainings, and
    shards where all of them are done.
    """
    unknown = options.keys() - Options.__dataclass_fields__.keys()
    if unknown:
        raise TypeError(
            f"score() has no option {', '.join(sorted(unknown))}; there are: {', '.join(Options.__dataclass_fields__)}"
        )
    chosen, folder = Options(**options), Path(out)
    name = model if isinstance(model, str) else type(model).__name__
    module = None
    if isinstance(model, str):
        module = factory.load(model, weights)
    elif model is not None:
        module = factory.as_module(model, name)
    function = train_function.load(train) if train is not None else None
    if function is None and isinstance(chosen.oos, int):
        raise ModelError("--oos with a number of folds wants --train package.module:train; --oos head needs none")
    is_new = not folder.exists()
    try:
        with borrowed(module):
            return _score(module, name, function, data, folder, chosen, Progress(folder, progress))
    except TakenError:
        raise
    except HemError:
        if is_new and not any((folder / "out_of_sample").glob("*.npz")) and not _is_scored(folder):
            _remove(folder)
        raise


def _score(
    model: nn.Module | None,
    name: str,
    train: TrainFunction | None,
    data: Any,
    folder: Path,
    options: Options,
    progress: Progress,
) -> Run:
    started = time.monotonic()
    _known(folder)
    check_free(folder, f"the run '{folder}'")
    data, notes = catalogs.unwrapped(data, **options.columns)
    catalog = catalogs.read(data, **options.columns)
    if notes:
        catalog = catalogs.with_info(catalog, notes=[*notes, *catalogs.info(catalog).get("notes", [])])
    if options.name:
        catalog = catalogs.with_info(catalog, name=options.name)
    ready = prepare(model, name, catalog, data, folder, options, train)
    recorded = read_dynamics(options.dynamics) if options.dynamics else None
    if recorded is not None:
        match(recorded, ready.ids, ready.targets.tolist(), ready.classes, source=options.dynamics)
    with held(folder, f"the run '{folder}'"):
        return _scored(ready, folder, options, progress, train, recorded, started)


def _scored(
    ready: Prepared,
    folder: Path,
    options: Options,
    progress: Progress,
    train: TrainFunction | None,
    recorded: Dynamics | None,
    started: float,
) -> Run:
    from hem_core.runs.conclude import conclude

    known, key = _known(folder), key_of(ready, options, recorded, train)
    _make_room(folder, known, key, Path(ready.facts["root"]), overwrite=options.overwrite)
    if known.get("key") == key and known.get("status") == "complete" and not options.overwrite:
        damaged = whole.trouble(folder, known)
        for file in damaged:  # made again from what is left
            _give_up(folder / file)
        if damaged.keys() == {projection.FILE}:
            projection.mark_pending(folder)
        if damaged.keys() <= {projection.FILE}:
            _follow_with_map(folder, progress)
            return _relocated(open_run(folder), account.opening_data(ready, folder, options))
    batch_size = batch_size_of(ready, options, known if known.get("key") == key else {})
    plan = Plan(folder, len(ready.ids), options.unit_size or unit_size_of(ready), batch_size, key)
    info = account.opening(folder, ready, options, plan)
    write_json(folder / "run.json", info)
    write_table(folder / "catalog.parquet", account.stored_catalog(ready, None))
    trainer = Trainer(train, plan, ready, options, progress) if train is not None else None
    stored = None
    if trainer is not None and ready.network is None and ready.predictions is None:
        with progress.stage("train"):
            everything = trainer.everything
        stored = Stored(everything.logits, everything.embeddings)
        recorded = recorded or everything.dynamics
    job = Job(
        plan,
        ready.ids,
        ready.targets,
        ready.bad_labels,
        ready.network,
        ready.inputs,
        ready.predictions,
        stored,
        has_grand=options.has_grand,
        task=ready.task,
    )
    already = sum(len(plan.rows(unit)) for unit in plan.units if plan.is_done(unit))
    with progress.stage("score", plan.n, already) as report:
        run_local(job, is_strict=options.is_strict, report=report)
    info |= conclude(plan, ready, recorded, options, progress, trainer)
    info |= {"timings": {stage: round(seconds, 2) for stage, seconds in progress.timings.items()}}
    info["timings"]["total"] = round(time.monotonic() - started, 2)
    projection.drop_foreign(folder, key)
    info["fingerprint"] = fingerprint(folder, has_map=not is_map_pending(info))
    info |= {"status": "complete", "peak_memory_mb": projection.peak_memory_mb()}
    write_json(folder / "run.json", info)
    progress.close()
    _follow_with_map(folder, progress)
    return open_run(folder)


def _follow_with_map(folder: Path, progress: Progress) -> None:
    """Make the map of a run that waits for it; everybody can open the run in the meantime."""
    if is_map_pending(read_run(folder).info):
        projection.finish_map(folder, progress.listener)


def _relocated(run: Run, data: dict[str, Any]) -> Run:
    """A finished run, made to look for its data where they now lie; its key says that they are the same."""
    places = {name: data[name] for name in ("root", "path", "source") if data.get(name) is not None}
    if any(name in places and run.info["data"].get(name) != places[name] for name in ("root", "path")):
        write_json(run.folder / "run.json", {**run.info, "data": {**run.info["data"], **places}})
    return open_run(run.folder)


def _known(folder: Path) -> dict[str, Any]:
    """run.json of the run in the folder; {} for a folder that is new, empty, or left by a killed run of ours.

    Raises RunError, before anything is written, when it holds anything else: nobody's files are replaced.
    """
    check_name(folder, "--out")
    try:
        if folder.exists() and not folder.is_dir():
            raise RunError(f"'{folder}' is a file; --out names a folder")
        if (folder / "run.json").exists():
            return read_run(folder).info
        foreign = finish.foreign(folder) if folder.exists() else []
    except OSError as error:
        raise RunError(f"cannot look into '{folder}': {error.strerror}; give --out another place") from error
    if foreign:
        more = f" and {len(foreign) - 1:,} more" if len(foreign) > 1 else ""
        raise RunError(
            f"'{folder}' is not empty and holds no run: '{foreign[0]}'{more} would be replaced; "
            "give --out another folder"
        )
    return {}


def _give_up(path: Path) -> None:
    if path.is_dir():  # of somebody else: HEM makes none of these names
        raise RunError(f"{path} is a folder, where the run keeps a file: move it away, and run the same command again")
    path.unlink(missing_ok=True)


def _make_room(folder: Path, known: dict[str, Any], key: str, arrays: Path, *, overwrite: bool) -> None:
    """Take the folder for this run. arrays: where its inputs were unpacked; a refused run does not leave them there."""
    if known and known.get("key") != key and not overwrite:
        if arrays.parent == folder.resolve() / "arrays" and arrays.name != Path(known["data"]["root"]).name:
            shutil.rmtree(arrays)
        raise RunError(
            f"'{folder}' holds a run of another model, data or parameters; "
            "give --out another folder, or pass --overwrite to replace it"
        )
    if known and overwrite:
        finish.clear(folder, keep=arrays)
    for part in (folder, folder / "shards", folder / "embeddings"):
        try:
            part.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make the folder '{part}': {error.strerror}; give --out another place") from error
        remove_leftovers(part)


def _is_scored(folder: Path) -> bool:
    """Whether every unit is done and some example was scored: the forward passes need not be made again."""
    try:
        known = read_run(folder).info
        n_units = -(-known["n"] // known["parameters"]["unit_size"])
        rows = [pq.read_metadata(path).num_rows for path in (folder / "shards").glob("*.parquet")]
    except (HemError, OSError, KeyError, pa.ArrowException):
        return False
    return len(rows) == n_units and sum(rows) > 0


def _remove(folder: Path) -> None:
    if not folder.is_dir():
        return
    finish.clear(folder)
    if not any(folder.iterdir()):
        folder.rmdir()
