"""The material of every arm of a retraining, stored when it is planned, so that later changes do not affect it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from hem_core.errors import DataError
from hem_core.folds.training import kept
from hem_core.retrain.source import Source
from hem_core.retrain.test_data import TestData, corrected
from hem_core.selection.verdicts_applied import EXCLUSIONS, is_corrected
from hem_core.store.atomic import write_arrays
from hem_core.tasks import MakesItems, Task, chosen, is_known, is_same, unknown

RULED_OUT = ("mislabelled", "outlier", "duplicate")
"""Verdicts for which an example that was left out of the set leaves the curated training too."""


@dataclass(frozen=True, eq=False)
class Material:
    """N training rows and T test rows, as positions in their sources."""

    rows: np.ndarray
    """(N,) int64."""
    given: np.ndarray
    """(N,) or (N, K) targets as they came."""
    curated: np.ndarray
    """(N,) targets with the labels that people gave in place; -1 or NaN = dropped from the curated training."""
    weight: np.ndarray
    """(N,) float64: the set's weights, 1 for what is not in it."""
    in_set: np.ndarray
    """(N,) bool."""
    test_rows: np.ndarray
    """(T,) int64."""
    test_targets: np.ndarray
    """(T,) corrected where people did."""
    is_target: np.ndarray
    """(T,) bool: the targeted slice."""
    n_base: np.ndarray = field(default_factory=lambda: np.array(0))
    """() int64: how many examples outside of the set the base of the recipe `add` has."""
    group_weight: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """(N,) float64 weights of the recipe `groups`; () for the others."""
    test_group: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """(T,) int64: the group of each test example, -1 where none is known; () without the recipe `groups`."""

    @property
    def n_hard(self) -> int:
        """How many examples of the set are trained on."""
        return int(self.in_set.sum())

    @property
    def n_relabelled(self) -> int:
        """How many examples of the set are trained with another label."""
        return int((self.is_relabelled & self.in_set).sum())

    @property
    def n_dropped(self) -> int:
        return int((~is_known(self.curated)).sum())

    @property
    def is_relabelled(self) -> np.ndarray:
        """(N,) bool: trained with another label than the given one."""
        return is_known(self.curated) & ~is_same(self.curated, self.given)

    def write(self, path: Path, key: str) -> None:
        """Keep it under a key."""
        write_arrays(path, key=np.array(key), **{name: getattr(self, name) for name in self.__dataclass_fields__})


def read(path: Path, key: str) -> Material | None:
    """The material stored under this key; None if there is none."""
    found = kept(path, key)
    return Material(**{name: found[name] for name in Material.__dataclass_fields__ if name in found}) if found else None


def gathered(
    train: Source,
    test: TestData,
    test_targets: np.ndarray,
    is_target: np.ndarray,
    examples: pd.DataFrame,
    dropped: set[str],
    outside: pd.DataFrame,
    classes: tuple[str, ...],
) -> Material:
    """Put the set's labels and weights on the training rows, and the labels that people gave to what was left out.

    examples: the set, with `id`, and where it has them `label`, `label_before` and `weight`; dropped: ids that leave
    the curated training; outside: tags of the left-out candidates, as `tags_outside` gives them. What is tested is
    not trained on, whether it is in the set or not.
    Raises DataError when none of the set is left to train on, or a label is none of the classes.
    """
    rows = np.flatnonzero(test.is_training & train.usable)
    ids = [train.ids[row] for row in rows.tolist()]
    place = {id: position for position, id in enumerate(ids)}
    given = train.targets[rows]
    curated = corrected(given, ids, outside, classes, task=train.task).copy()
    weight, in_set = np.ones(len(rows)), np.zeros(len(rows), dtype=bool)
    at = np.array([place.get(id, -1) for id in examples["id"]], dtype=np.int64)
    if not (at >= 0).any():
        raise DataError(
            f"none of the {len(examples):,} examples of the set is among the {len(rows):,} that are trained on; "
            "pass other test data with --test PATH, or make a set of training examples"
        )
    in_set[at[at >= 0]] = True
    if train.corrected is not None:
        curated = train.corrected[rows].copy()
    else:
        curated[at[at >= 0]] = _labels(examples, classes, given, at, train.task)[at >= 0]
    if "weight" in examples.columns:
        known = examples["weight"].to_numpy(np.float64, na_value=1.0)
        weight[at[at >= 0]] = np.maximum(known, 0)[at >= 0]
    curated[[place[id] for id in dropped if id in place]] = unknown(curated)
    if classes and len(np.unique(curated[is_known(curated)])) < 2:
        raise DataError("the curated training has examples of fewer than 2 classes, so nothing can be learned")
    return Material(rows, given, curated, weight, in_set, test.rows, test_targets, is_target)


def dropped_ids(left_out: pd.DataFrame, state: pd.DataFrame) -> set[str]:
    """Which left-out candidates people ruled out: by the word kept with the set, or by the tag log.

    left_out: `id`, `why`; state: of the tag log, id, tag and value. One that was called mislabelled and got a new
    label stays in.
    """
    verdict = {
        id: tag for id, tag, value in zip(state["id"], state["tag"], state["value"], strict=True)
        if tag in RULED_OUT and not (tag == "mislabelled" and value)
    }  # fmt: skip
    pairs = zip(left_out["id"], left_out["why"], strict=True)
    words = {*RULED_OUT, *(EXCLUSIONS[tag] for tag in RULED_OUT)}
    return {id for id, why in pairs if why in words or id in verdict}


def tags_outside(left_out: pd.DataFrame, state: pd.DataFrame) -> pd.DataFrame:
    """The tag log's state of the left-out candidates: a label put right stays right outside of the set."""
    return state.loc[state["id"].isin(left_out["id"]), :]


def changes(
    train: Source, examples: pd.DataFrame, dropped: set[str], outside: pd.DataFrame, classes: tuple[str, ...]
) -> bool:
    """Whether the set and people's verdicts correct a label, or exclude an example from the training."""
    fixed = corrected(train.targets, train.ids, outside, classes, task=train.task)
    if train.corrected is not None and (train.corrected != train.targets).any():
        return True
    if (is_known(train.targets) & ~is_same(fixed, train.targets)).any():
        return True
    at = np.array([train.row_of.get(id, -1) for id in examples["id"]], dtype=np.int64)
    labels = _labels(examples, classes, train.targets, at, train.task)[at >= 0]
    return not is_same(labels, train.targets[at[at >= 0]]).all() or any(id in train.row_of for id in dropped)


def _labels(
    examples: pd.DataFrame, classes: tuple[str, ...], given: np.ndarray, at: np.ndarray, task: Task
) -> np.ndarray:
    """The set's labels as targets, (n,) or (n, K); the given one where the set has none."""
    found = chosen(at >= 0, given[at], unknown(given))
    if "label" not in examples.columns or isinstance(task, MakesItems):
        return found
    labels = examples["label"]
    wants = labels.notna().to_numpy().copy()
    if "label_before" in examples.columns:
        wants &= is_corrected(examples).to_numpy()
    values = task.encode([str(label) if wanted else None for label, wanted in zip(labels, wants, strict=True)], classes)
    strange = [str(label) for label, is_bad in zip(labels, wants & ~is_known(values), strict=True) if is_bad]
    if strange:
        wanted = f"none of the classes {', '.join(classes[:8])}" if classes else f"no label of the task '{task.name}'"
        raise DataError(f"the set has the label '{strange[0]}', which is {wanted}")
    return chosen(wants, values, found)
