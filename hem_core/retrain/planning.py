"""From a set and its run to the material of every arm, stored before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hem_core.errors import RunError
from hem_core.models.train_function import TrainFunction
from hem_core.retrain import material as materials
from hem_core.retrain.long_tail import is_long_tailed
from hem_core.retrain.plan import planned
from hem_core.retrain.refusals import refusals, shared
from hem_core.retrain.report_notes import notes
from hem_core.retrain.settings import Settings
from hem_core.retrain.source import Source
from hem_core.retrain.stored import Stored
from hem_core.retrain.target import Target, by_classes, by_where
from hem_core.retrain.test_data import TestData, corrected, test_name
from hem_core.selection.weights import weights
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.run import Run
from hem_core.store.tagged import with_tags
from hem_core.store.workspace import open_workspace
from hem_core.tasks import Task, require


def plan(
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
    """Gather the material of the arms and store it, the plan last. Raises RunError for what is refused."""
    name, version = named
    _check_offers(settings, train.task)
    examples, _manifest = sets.load(home, name, version)
    examples = _weighed(examples, run)
    tags = open_workspace(home).tags()
    state = tags.state(run.data)
    left_out = sets.left_out(home, name, version)
    dropped, outside = materials.dropped_ids(left_out, state), materials.tags_outside(left_out, state)
    if settings.recipe == "auto":
        is_reviewed = materials.changes(train, examples, dropped, outside, run.classes)
        is_tailed = bool(run.classes) and _is_long_tailed(train.targets[test.is_training & train.usable])
        settings = replace(settings, recipe="labels" if is_reviewed else "balanced" if is_tailed else "weights")
    forced = refusals(settings, run, train, test, examples, _scores(run, state))
    if forced and not settings.force:
        raise RunError(f"{forced[0]} (or go on all the same with --force)")
    test, n_shared = _kept_apart(train, test)
    ids = [test.source.ids[row] for row in test.rows.tolist()]
    given = test.source.targets[test.rows]
    state_of_test = state if test.how != "file" else tags.state(test_name(run))
    targets = corrected(given, ids, state_of_test, run.classes, task=train.task)
    table = _test_table(test, targets, run.classes)
    unknown = np.zeros(len(targets), dtype=bool)
    made = materials.gathered(train, test, targets, unknown, examples, dropped, outside, run.classes)
    if settings.where:
        target = by_where(table, settings.where)
    elif run.classes:
        target = by_classes(made.curated[made.in_set & (made.curated >= 0)], made.given, targets, run.classes)
    else:
        target = Target("all", f"all test examples: the task '{train.task.name}' has no classes", ~unknown)
    made = materials.gathered(train, test, targets, target.is_in, examples, dropped, outside, run.classes)
    made.write(stored.folder / "material.npz", key)
    made_plan = planned(
        stored.name,
        key,
        settings,
        set_={"name": name, "version": version, "n": len(examples), "n_used": made.n_hard},
        run=run.name,
        train=function.name,
        test={"how": test.how, "what": test.what, "n": len(test.rows)},
        target={"how": target.how, "words": target.words, "n": int(target.is_in.sum())},
        forced=forced,
        notes=notes(settings, function, examples, made, test, n_shared, int((targets != given).sum())),
    )
    write_json(stored.folder / "plan.json", made_plan)
    return made


def _check_offers(settings: Settings, task: Task) -> None:
    """Raise HemError for an arm or a recipe that goes by what the task does not offer."""
    if "head" in settings.arms:
        require(task, "linear heads", "the arm 'head'")
    if settings.recipe == "balanced":
        require(task, "classes", "--recipe balanced")


def _is_long_tailed(targets: np.ndarray) -> bool:
    """Is the largest class so many times the smallest? targets (N,) int64."""
    return is_long_tailed(np.unique(targets, return_counts=True)[1])


def _weighed(examples: pd.DataFrame, run: Run) -> pd.DataFrame:
    """The set with a `weight`: its own, else by the losses of its run."""
    if "weight" in examples.columns:
        return examples
    known = [name for name in ("loss_oos", "loss", "reason") if name in run.source.columns]
    own = [name for name in ("id", "label", "label_before", "verdict") if name in examples.columns]
    table = examples[own].merge(run.table(["id", *known]), on="id", how="left")
    return examples.assign(weight=weights(table))


def _kept_apart(train: Source, test: TestData) -> tuple[TestData, int]:
    """The test without examples that are also trained on, where these are few; and how many they were."""
    is_shared = shared(train, test)
    if not is_shared.any() or is_shared.all():
        return test, 0
    rows = test.rows[~is_shared]
    return replace(test, rows=rows), int(is_shared.sum())


def _test_table(test: TestData, targets: np.ndarray, classes: tuple[str, ...]) -> Any:
    """The test examples' columns with the labels as the task writes them."""
    table = test.source.catalog.take(test.rows).to_pandas()
    return table.assign(label=test.source.task.written(targets, classes))


def _scores(run: Run, state: Any) -> Any:
    columns = ["id"] + (["reason"] if "reason" in run.source.columns else [])
    return with_tags(run.table(columns), state)
