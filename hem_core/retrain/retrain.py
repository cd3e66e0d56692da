"""One call from a curated set to the proof that it helped, or not: arms trained, compared, reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener
from hem_core.errors import HemError, RunError
from hem_core.models import train_function
from hem_core.models.train_function import TrainFunction
from hem_core.retrain import material as materials
from hem_core.retrain import training
from hem_core.retrain.note import Note
from hem_core.retrain.plan import place, planned
from hem_core.retrain.refusals import refusals, shared
from hem_core.retrain.report import report
from hem_core.retrain.scored_arms import ScoredArms
from hem_core.retrain.settings import Settings
from hem_core.retrain.source import Source, train_source
from hem_core.retrain.stored import Stored
from hem_core.retrain.target import by_classes, by_where
from hem_core.retrain.test_data import TestData, corrected, test_data, test_name
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.run import Run
from hem_core.store.tagged import with_tags
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
        material = _planned(home, settings, stored, run, function, named, key, train, test)
    scored = ScoredArms(home, stored, run, test, material)
    job = training.Job(
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


def _planned(
    home: Path,
    settings: Settings,
    stored: Stored,
    run: Run,
    function: TrainFunction,
    named: tuple[str, int],
    key: str,
    train: Source,
    test: TestData,
) -> materials.Material:
    """Gather what the arms are made of and write it down, the plan last. Raises RunError for what is refused."""
    name, version = named
    examples, _manifest = sets.load(home, name, version)
    tags = open_workspace(home).tags()
    state = tags.state(run.data)
    dropped = materials.dropped_ids(sets.left_out(home, name, version), state)
    if settings.recipe == "auto":
        is_reviewed = materials.changes(train, examples, dropped, run.classes)
        settings = replace(settings, recipe="labels" if is_reviewed else "mix")
    forced = refusals(settings, run, train, test, examples, _scores(run, state))
    if forced and not settings.force:
        raise RunError(f"{forced[0]} (or go on all the same with --force)")
    test, n_shared = _kept_apart(train, test)
    ids = [test.source.ids[row] for row in test.rows.tolist()]
    given = test.source.targets[test.rows]
    targets = corrected(given, ids, state if test.how != "file" else tags.state(test_name(run)), run.classes)
    table = _test_table(test, targets, run.classes)
    unknown = np.zeros(len(targets), dtype=bool)
    made = materials.gathered(train, test, targets, unknown, examples, dropped, run.classes)
    if settings.where:
        target = by_where(table, settings.where)
    else:
        target = by_classes(made.curated[made.in_set & (made.curated >= 0)], made.given, targets, run.classes)
    made = materials.gathered(train, test, targets, target.is_in, examples, dropped, run.classes)
    made.write(stored.folder / "material.npz", key)
    plan = planned(
        stored.name,
        key,
        settings,
        set_={"name": name, "version": version, "n": len(examples), "n_used": made.n_hard},
        run=run.name,
        train=function.name,
        test={"how": test.how, "what": test.what, "n": len(test.rows)},
        target={"how": target.how, "words": target.words, "n": int(target.is_in.sum())},
        forced=forced,
        notes=_notes(settings, function, examples, made, test, n_shared, int((targets != given).sum())),
    )
    write_json(stored.folder / "plan.json", plan)
    return made


def _kept_apart(train: Source, test: TestData) -> tuple[TestData, int]:
    """The test without examples that are also trained on, where these are few; and how many they were."""
    is_shared = shared(train, test)
    if not is_shared.any() or is_shared.all():
        return test, 0
    rows = test.rows[~is_shared]
    return TestData(test.how, test.what, test.source, rows, test.is_training), int(is_shared.sum())


def _test_table(test: TestData, targets: np.ndarray, classes: tuple[str, ...]) -> Any:
    """The test examples' columns with class names as labels."""
    table = test.source.catalog.take(test.rows).to_pandas()
    return table.assign(label=np.array(classes, dtype=object)[targets])


def _scores(run: Run, state: Any) -> Any:
    columns = ["id"] + (["reason"] if "reason" in run.source.columns else [])
    return with_tags(run.table(columns), state)


def _notes(
    settings: Settings,
    function: TrainFunction,
    examples: Any,
    made: materials.Material,
    test: TestData,
    n_shared: int,
    n_corrected: int,
) -> list[str]:
    n_gone = len(examples) - made.n_hard
    arms = "All arms train on as many examples for as many steps"
    notes = [
        f"{arms}: {len(made.rows):,} examples an epoch."
        + (f" {made.n_dropped:,} ruled out by people are replaced by repeats of others." if made.n_dropped else ""),
        f"Of the set, {made.n_hard:,} examples are trained on, {made.n_relabelled:,} with another label.",
    ]
    if n_gone:
        notes.append(f"{n_gone:,} examples of the set are in the test, or cannot be used: no arm trains on them.")
    if n_shared:
        notes.append(f"{n_shared:,} test examples that are also trained on are left out of the test.")
    if n_corrected:
        notes.append(f"{n_corrected:,} test labels that people corrected are used corrected, for all arms alike.")
    if test.how == "drawn":
        notes.append("The test is drawn from the data, so its labels are as noisy as theirs.")
    if "random" in settings.arms:
        notes.append("Random examples keep their given labels: nobody reviewed them for this comparison.")
    if settings.recipe in ("mix", "weights"):
        takes = next((name for name in ("sampler", "weights") if function.takes(name) and
                      (settings.recipe, name) != ("weights", "sampler")), None)  # fmt: skip
        notes.append(
            f"The recipe reaches '{function.name}' by its {takes}."
            if takes
            else f"'{function.name}' takes neither sampler nor weights: its data set is drawn anew, of equal length, "
            "and there is no natural end."
        )
    if settings.seeds < 5:
        notes.append(f"{settings.seeds} seeds are fewer than 5: the intervals are wide and a little too sure.")
    return notes


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
