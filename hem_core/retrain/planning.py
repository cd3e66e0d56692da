"""From a set and its run to the material of every arm, stored before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hem_core.errors import DataError, RunError
from hem_core.models.train_function import TrainFunction
from hem_core.retrain import corrections
from hem_core.retrain import material as materials
from hem_core.retrain.expectation import expectation, is_reviewed
from hem_core.retrain.grouping import group_column, grouped
from hem_core.retrain.groups import Groups, facts
from hem_core.retrain.groups_proposal import proposal
from hem_core.retrain.long_tail import is_long_tailed
from hem_core.retrain.plan import planned
from hem_core.retrain.refusals import refusals, shared
from hem_core.retrain.report_notes import notes
from hem_core.retrain.settings import Settings
from hem_core.retrain.source import Source
from hem_core.retrain.stored import Stored
from hem_core.retrain.target import Target, by_classes, by_groups, by_where
from hem_core.retrain.test_data import TestData, corrected, test_name
from hem_core.selection.weights import weights
from hem_core.sets.label_sets import state_of
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.run import Run
from hem_core.store.tagged import with_tags
from hem_core.store.verdicts import VERDICTS
from hem_core.store.workspace import open_workspace
from hem_core.tasks import MakesItems, MeasuresTogether, Task, is_known, is_same, require


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
    _check_offers(settings, train.task)
    tags = open_workspace(home).tags()
    state = state_of(run.level(), tags)
    chosen = _curation(home, named, run, state)
    settings = _with_recipe(settings, chosen, run, train, test)
    forced = refusals(settings, run, train, test, chosen.examples, _scores(run, state))
    if forced and not settings.force:
        raise RunError(f"{forced[0]} (or go on all the same with --force)")
    forced = [*chosen.forced, *forced]
    test, n_shared = _kept_apart(train, test)
    targets = _test_targets(test, run, train.task, state if test.how != "file" else tags.state(test_name(run)))
    nowhere = np.zeros(len(targets), dtype=bool)
    dropped = chosen.dropped | (set(chosen.examples["id"]) if settings.recipe == "without" else set())
    taught = replace(train, corrected=None) if settings.question else train  # arms of a question differ by it alone
    made = materials.gathered(
        taught, test, targets, nowhere, chosen.examples, dropped, chosen.outside, run.classes
    )  # fmt: skip
    _check_measurable(train.task, test.source.task, targets)
    groups, made = grouped(settings.group, run, train, test, made) if settings.recipe == "groups" else (None, made)
    target = _target(settings, made, test, run.classes, groups)
    made = replace(made, is_target=target.is_in, n_base=np.array(_n_base(settings, made)))
    made.write(stored.folder / "material.npz", key)
    is_balanced = not (run.classes and _is_long_tailed(train.targets[test.is_training & train.usable]))
    seen = is_reviewed(chosen.examples, _judged(state), is_list=settings.question is not None)
    expected = expectation(settings.recipe, is_reviewed=seen, is_balanced=is_balanced)
    made_plan = planned(
        stored.name,
        key,
        settings,
        set_={"name": named[0], "version": named[1], "n": len(chosen.examples), "n_used": made.n_hard},
        run=run.name,
        train=function.name,
        test={"how": test.how, "what": test.what, "n": len(test.rows)},
        target={"how": target.how, "words": target.words, "n": int(target.is_in.sum())},
        forced=forced,
        notes=notes(settings, function, chosen.examples, made, test, n_shared, _n_corrected(test, targets)),
    )
    write_json(stored.folder / "plan.json", made_plan | _more(settings, run, expected, groups))
    return made


def _more(settings: Settings, run: Run, expected: str | None, groups: Groups | None) -> dict[str, Any]:
    """What a plan says beside what every plan has."""
    proposed = None if settings.question else proposal(run, settings.recipe)
    found = {"expectation": expected, "proposal": proposed, "groups": groups and facts(groups)}
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, eq=False)
class _Curation:
    """The set with its weights, and what people decided about the candidates that were left out of it."""

    examples: pd.DataFrame
    dropped: set[str]
    """Ids that leave the curated training."""
    outside: pd.DataFrame
    """Tags of the others."""
    forced: tuple[str, ...] = ()
    """What spoke against the list that the set was made of."""


def _judged(state: pd.DataFrame) -> list[str]:
    """Ids with a verdict in the tag log."""
    return state.loc[state["tag"].isin(list(VERDICTS)), "id"].tolist()


def _curation(home: Path, named: tuple[str, int], run: Run, state: pd.DataFrame) -> _Curation:
    """A set of the run, read together with the state of the run's tag log."""
    stored, manifest = sets.load(home, *named)
    examples = _weighed(corrections.of_examples(stored, manifest, run), run)
    left_out = sets.left_out(home, *named)
    dropped, outside = materials.dropped_ids(left_out, state), materials.tags_outside(left_out, state)
    return _Curation(examples, dropped, outside, tuple((manifest.get("list") or {}).get("forced") or ()))


def _with_recipe(settings: Settings, chosen: _Curation, run: Run, train: Source, test: TestData) -> Settings:
    """The settings with the recipe that 'auto' stands for: by what people changed, then by how long the tail is."""
    if settings.recipe == "groups" or settings.group is not None:
        return replace(settings, recipe="groups", group=settings.group or group_column(run))
    if settings.recipe != "auto":
        return settings
    if materials.changes(train, chosen.examples, chosen.dropped, chosen.outside, run.classes):
        return replace(settings, recipe="labels")
    is_tailed = bool(run.classes) and _is_long_tailed(train.targets[test.is_training & train.usable])
    return replace(settings, recipe="balanced" if is_tailed else "weights")


def _test_targets(test: TestData, run: Run, task: Task, state: pd.DataFrame) -> np.ndarray:
    """(T,) the targets of the test, corrected where people did; state: of the tag log of the test data."""
    ids = [test.source.ids[row] for row in test.rows.tolist()]
    if test.source.corrected is not None:
        return test.source.corrected[test.rows]
    return corrected(test.source.targets[test.rows], ids, state, run.classes, task=task)


def _n_corrected(test: TestData, targets: np.ndarray) -> int:
    return int((~is_same(targets, test.source.targets[test.rows])).sum())


def _target(
    settings: Settings, made: materials.Material, test: TestData, classes: tuple[str, ...], groups: Groups | None
) -> Target:
    """The part of the test where the set should help: as the settings say, else the smaller groups or the classes of
    the set."""
    if settings.where:
        return by_where(_test_table(test, made.test_targets, classes), settings.where)
    if groups is not None:
        rare = np.flatnonzero(groups.is_rare)
        return by_groups(np.isin(groups.test, rare), [groups.names[at] for at in rare.tolist() if groups.sizes[at]])
    if classes:
        in_set = made.curated[made.in_set & (made.curated >= 0)]
        return by_classes(in_set, made.given, made.test_targets, classes)
    everything = np.ones(len(made.test_targets), dtype=bool)
    return Target("all", "all test examples", everything)


def _n_base(settings: Settings, made: materials.Material) -> int:
    """Size of the base of the recipe `add`, 0 for the other recipes. Raises DataError where too few others are left."""
    if settings.recipe != "add":
        return 0
    n_set = int((made.in_set & is_known(made.curated)).sum())
    n_others = int((~made.in_set & is_known(made.curated)).sum())
    n_base = settings.base or min(max(n_set, 10), n_others // 2)
    if not n_base or n_others < n_base + n_set:
        raise DataError(
            f"a base of {n_base:,} and {n_set:,} random others need {n_base + n_set:,} examples outside of the set, "
            f"and there are {n_others:,} to train on; take a smaller base or a smaller set"
        )
    return n_base


def _check_offers(settings: Settings, task: Task) -> None:
    """Raise HemError for an arm or a recipe that goes by what the task does not offer."""
    if "head" in settings.arms:
        require(task, "linear heads", "the arm 'head'")
    if settings.recipe in ("balanced", "groups") or settings.group is not None:
        require(task, "classes", f"--recipe {'balanced' if settings.recipe == 'balanced' else 'groups'}")


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


def _check_measurable(trained: Task, task: Task, targets: np.ndarray) -> None:
    """Raise DataError for test data, (T, …), in which nothing is given that the task's measures of all examples need,
    or whose classes are not those of the training.

    Answers of -1 stand for those of a model: whether anything is given does not depend on them.
    """
    if not isinstance(task, MeasuresTogether):
        return
    if isinstance(task, MakesItems) and isinstance(trained, MakesItems) and _classes(task) != _classes(trained):
        raise DataError(
            f"the test data have the classes {', '.join(_classes(task))}, the training data "
            f"{', '.join(_classes(trained))}; name test data with the same classes in the same order"
        )
    answers = task.answers_to(np.full((len(targets), task.width(())), -1, np.float32), targets)
    measured = task.measured_together([answers], [np.arange(len(targets))], n_resamples=1)
    if not np.isfinite(measured.point[0, 0]):
        raise DataError(
            f"nothing is given in the {len(targets):,} test examples, so that {measured.measures[0].name} cannot be "
            "measured; name other test data with --test"
        )


def _classes(task: MakesItems) -> tuple[str, ...]:
    return tuple(map(str, task.training_arguments()["classes"]))


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
