"""One call from a curated set to the proof that it helped, or not: arms trained, compared, reported."""

from __future__ import annotations

import os
from pathlib import Path

from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener
from hem_core.errors import HemError, RunError
from hem_core.models import train_function
from hem_core.models.train_function import TrainFunction
from hem_core.retrain import material as materials
from hem_core.retrain import training
from hem_core.retrain.claim import owner, take
from hem_core.retrain.job import Job
from hem_core.retrain.note import Note
from hem_core.retrain.plan import place
from hem_core.retrain.planning import plan
from hem_core.retrain.report import report
from hem_core.retrain.scored_arms import ScoredArms
from hem_core.retrain.settings import Settings
from hem_core.retrain.source import train_source
from hem_core.retrain.stored import Stored
from hem_core.retrain.test_data import test_data
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace


def retrain(workspace: Path | str, settings: Settings, *, progress: Listener | None = None) -> Stored:
    """Train every arm with every seed, compare them on the test, and leave the report in WORKSPACE/retrains/<name>.

    The set names the run that it was made from, and the run its data. Killed at any moment, the same call goes on
    with the trainings that are not finished, and gives the same report; a finished one is returned as it is.
    progress: called with (stage, done, total).
    Raises HemError for what cannot be, and for what is refused, with the way out; the line is also kept in error.json.
    """
    home = Path(workspace)
    opened = open_workspace(home)
    name, version = sets.named(home, settings.set)
    run = opened.run(str(sets.load(home, name, version)[1].get("run")))
    function = train_function.load(settings.train)
    key = _key(settings, run, function, name, version)
    stored = place(home, settings.name, f"{name}-v{version}", key)
    if stored.status == "complete":
        return stored
    claim = stored.folder / "work.process"
    if not take(claim, os.getpid):
        pid = (owner(claim) or {}).get("pid")
        raise RunError(f"process {pid} is at work on the retraining '{stored.name}'; wait, or stop it: kill {pid}")
    (stored.folder / "error.json").unlink(missing_ok=True)
    arms = settings.ordered_arms
    note = Note(stored.folder, len(arms) * settings.seeds, len(arms), progress)
    try:
        return _retrain(home, settings, stored, run, function, (name, version), key, note)
    except HemError as error:
        if (stored.folder / "plan.json").is_file():
            write_json(stored.folder / "error.json", {"error": str(error)})
        raise


def _retrain(
    home: Path,
    settings: Settings,
    stored: Stored,
    run: Run,
    function: TrainFunction,
    named: tuple[str, int],
    key: str,
    note: Note,
) -> Stored:
    train = train_source(run, settings.data, stored.folder)
    test = test_data(run, train, settings.test, stored.folder)
    path = stored.folder / "material.npz"
    material = materials.read(path, key) if (stored.folder / "plan.json").is_file() else None
    if material is None:
        material = plan(home, settings, stored, run, function, named, key, train, test)
    scored = ScoredArms(home, stored, run, test, material)
    job = Job(
        stored.folder,
        key,
        function,
        train,
        test.source,
        material,
        run.classes,
        str(stored.plan["recipe"]["name"]),
        "head" in settings.arms,
        settings.device,
        scored.score,
    )
    todo = [(arm, seed) for arm in settings.ordered_arms for seed in range(settings.seeds)]
    note.begin([pair for pair in todo if job.is_done(*pair)])
    for arm, seed in todo:
        if (arm, seed) in note.finished:
            continue
        stage = f"{arm}, seed {seed}"
        note.tell(stage, 0, 0, always=True)
        training.run(job, arm, seed, lambda done, total, stage=stage: note.tell(stage, done, total))
        note.done(arm, seed)
    note.tell("comparing", 0, 0, always=True)
    report(job, stored, test, scored.names(job))
    note.tell("comparing", 1, 1, always=True)
    return stored


def _key(settings: Settings, run: Run, function: TrainFunction, name: str, version: int) -> str:
    """What settings with the same results have in common; the number of a folder."""
    return make_key(
        set=[name, version],
        run=[run.name, run.info.get("key")],
        train=function.fingerprint,
        test=str(Path(settings.test).resolve()) if settings.test else run.info["data"].get("test"),
        arms=settings.ordered_arms,
        seeds=settings.seeds,
        where=settings.where,
        recipe=settings.recipe,
        data=settings.data,
    )
