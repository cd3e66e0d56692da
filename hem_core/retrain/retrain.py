"""One call from a curated set to the verdict whether it helped: arms trained, compared, reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hem_core.engine import runners
from hem_core.engine.budget import Budget
from hem_core.engine.on_device import on_device
from hem_core.engine.progress import Listener
from hem_core.engine.runner import Runner
from hem_core.errors import HemError
from hem_core.retrain.arms import training
from hem_core.retrain.arms.elsewhere import train_elsewhere
from hem_core.retrain.logged import check_loggers, log_retraining
from hem_core.retrain.opening import Retraining, job_of, opening, planned_material
from hem_core.retrain.progress import Note
from hem_core.retrain.report.write import report
from hem_core.retrain.settings import Settings
from hem_core.retrain.stored import Stored
from hem_core.retrain.timings import seconds_in
from hem_core.store.atomic import write_json
from hem_core.store.claim import hold

Announce = Callable[[dict[str, Any]], None]


def retrain(
    workspace: Path | str,
    settings: Settings,
    *,
    progress: Listener | None = None,
    announce: Announce | None = None,
    log: Sequence[str] = (),
) -> Stored:
    """Train every arm with every seed, compare them on the test, and leave the report in WORKSPACE/retrains/<name>.

    The set names the run that it was made from, and the run its data. Killed at any moment, or stopped by its budget
    (`report` is None then), the same call resumes with the trainings that are not finished, and gives the same report;
    a finished one is returned as it is.
    progress: called with (stage, done, total); announce: called with the plan before anything is trained; log: loggers
    of `hem_core.retrain.loggers`, such as "mlflow", each of which is told once, when the report is there.
    Raises HemError for invalid and for refused retrainings, with what to do; the line is also kept in error.json.
    """
    check_loggers(log)
    stored = _made(workspace, settings, progress, announce)
    if stored.report is not None:
        log_retraining(stored, log)
    return stored


def _made(workspace: Path | str, settings: Settings, progress: Listener | None, announce: Announce | None) -> Stored:
    """The retraining as far as its budget lets it come."""
    budget, runner = Budget(settings.budget), runners.start_spreading(settings.runner)
    opened = opening(workspace, settings)
    stored = opened.stored
    if stored.status == "complete":
        return stored
    with hold(stored.folder, f"the retraining '{stored.name}'"):
        return _at_work(opened, settings, progress, budget, announce, runner)


def _at_work(
    opened: Retraining,
    settings: Settings,
    progress: Listener | None,
    budget: Budget,
    announce: Announce | None,
    runner: Runner,
) -> Stored:
    stored = opened.stored
    (stored.folder / "error.json").unlink(missing_ok=True)
    arms = settings.ordered_arms
    note = Note(stored.folder, len(arms) * settings.seeds, len(arms), progress, first_seed=settings.seed)
    try:
        with on_device(settings.device):
            return _retrain(opened, settings, note, budget, announce, runner)
    except HemError as error:
        if (stored.folder / "plan.json").is_file():
            write_json(stored.folder / "error.json", {"error": str(error)})
        raise


def _retrain(
    opened: Retraining, settings: Settings, note: Note, budget: Budget, announce: Announce | None, runner: Runner
) -> Stored:
    stored = opened.stored
    train, test, material = planned_material(opened, settings, stored)
    if announce is not None:
        announce(stored.plan)
    job = job_of(opened, settings, train, test, material, stored)
    todo = [(arm, seed) for arm in settings.ordered_arms for seed in settings.seed_list]
    note.begin([pair for pair in todo if job.is_done(*pair)])
    if runner.has_others:
        left = [pair for pair in todo if pair not in note.finished]
        train_elsewhere(runner, opened, settings, left, lambda pair: note.done(*pair))
    for arm, seed in todo:
        if (arm, seed) in note.finished:
            continue
        if not budget.allows(max(seconds_in(stored.folder), default=None)):
            note.stop()
            return stored
        stage = f"{arm}, seed {seed}"
        note.tell(stage, 0, 0, always=True)
        training.run(job, arm, seed, lambda done, total, stage=stage: note.tell(stage, done, total))
        note.done(arm, seed)
    note.tell("comparing", 0, 0, always=True)
    report(job, stored, test, job.runs())
    note.tell("comparing", 1, 1, always=True)
    return stored
