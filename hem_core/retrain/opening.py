"""What a retraining is about, before anything is trained: the set, its run, the function, the folder, the plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hem_core.engine.plan import make_key
from hem_core.models import train_function
from hem_core.models.train_function import TrainFunction
from hem_core.retrain import corrections
from hem_core.retrain import material as materials
from hem_core.retrain.arms.job import Job
from hem_core.retrain.arms.scored_arms import ScoredArms
from hem_core.retrain.material import Material
from hem_core.retrain.plan import place
from hem_core.retrain.planning import plan
from hem_core.retrain.settings import Settings
from hem_core.retrain.source import Source, train_source
from hem_core.retrain.stored import Stored
from hem_core.retrain.test_data import TestData, test_data
from hem_core.sets.run_of_set import check_examples, run_of_set
from hem_core.store import sets
from hem_core.store.run import Run
from hem_core.store.workspace import open_workspace
from hem_core.tasks import MakesItems, answers_of, of


@dataclass(frozen=True)
class Retraining:
    """The parts of a retraining and the folder that it has, or will have."""

    home: Path
    run: Run
    function: TrainFunction
    named: tuple[str, int]
    key: str
    stored: Stored


def opening(workspace: Path | str, settings: Settings, *, is_helping: bool = False) -> Retraining:
    """Find the set, the run that it was made from, and the train function; nothing is written.

    is_helping: this process trains for another one, which has planned the retraining.
    Raises HemError for what is not there, for a name that is taken, and for a set of parts of examples.
    """
    home = Path(workspace)
    opened = open_workspace(home)
    name, version = sets.named(home, settings.set)
    manifest = sets.load(home, name, version)[1]
    run = run_of_set(opened, manifest)
    if not isinstance(of(run.info), MakesItems):  # a set of boxes is one of the images that they are in
        check_examples(manifest, "hem retrain")
    function = train_function.load(settings.train, answers=answers_of(of(run.info)))
    key = _key(settings, run, function, name, version)
    stored = place(home, settings.name, f"{name}-v{version}", key, is_helping=is_helping)
    return Retraining(home, run, function, (name, version), key, stored)


def planned_material(opened: Retraining, settings: Settings, folder: Stored) -> tuple[Source, TestData, Material]:
    """The training and test data, and what the arms are made of: as it was planned, else planned now into `folder`."""
    train = train_source(opened.run, settings.data, folder.folder)
    test = test_data(opened.run, train, settings.test, folder.folder)
    known = opened.stored.folder
    train, test = corrections.applied(opened.home, opened.run, (train, test), known=known, folder=folder.folder)
    found = materials.read(known / "material.npz", opened.key) if (known / "plan.json").is_file() else None
    if found is None:
        found = plan(opened.home, settings, folder, opened.run, opened.function, opened.named, opened.key, train, test)
    return train, test, found


def job_of(
    opened: Retraining, settings: Settings, train: Source, test: TestData, material: Material, planned: Stored
) -> Job:
    """What all trainings share; planned: the folder with plan.json."""
    scored = ScoredArms(opened.home, opened.stored, opened.run, test, material)
    return Job(
        opened.stored.folder,
        opened.key,
        opened.function,
        train,
        test.source,
        material,
        opened.run.classes,
        str(planned.plan["recipe"]["name"]),
        "head" in settings.arms,
        settings.device,
        scored,
        settings.seed,
    )


def _key(settings: Settings, run: Run, function: TrainFunction, name: str, version: int) -> str:
    """What settings with the same results have in common; the number of a folder."""
    more: dict[str, Any] = {"seed": settings.seed} if settings.seed else {}
    more |= {name: value for name in ("base", "question", "group") if (value := getattr(settings, name)) is not None}
    test = str(Path(settings.test).resolve()) if settings.test else run.info["data"].get("test")
    if test and (state := _state(Path(test))):
        more["test_is"] = state
    return make_key(
        set=[name, version],
        run=[run.name, run.info.get("key")],
        train=function.fingerprint,
        test=test,
        arms=settings.ordered_arms,
        seeds=settings.seeds,
        where=settings.where,
        recipe=settings.recipe,
        data=settings.data,
        **more,
    )


def _state(test: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of change of the test's file, or of the files in its folder: other ones, another test."""
    files = [test] if test.is_file() else sorted(each for each in test.rglob("*") if each.is_file())
    found = [(each.relative_to(test).as_posix(), each.stat()) for each in files]
    return [(name, one.st_size, one.st_mtime_ns) for name, one in found]
