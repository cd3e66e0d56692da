"""The pool that a loop mines from, and the examples that all its models are tested on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from hem_core import catalog as catalogs
from hem_core.engine.network import Network
from hem_core.engine.plan import make_key
from hem_core.errors import DataError, HemError, ModelError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.loop.pool_held_out import drawn_test, split_test
from hem_core.loop.pool_test import Tested, check_measurable, test_file
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options, implied
from hem_core.runs.prepare import Prepared, data_key, is_picture, placed, prepare
from hem_core.tag_sets import joined_by
from hem_core.tasks import Task, is_known, settings_of

SHARE = 0.2
"""Of the labelled examples, drawn as the test set where none is named."""


@dataclass(frozen=True, eq=False)
class Pool:
    """A data set of N examples of which some are the pool, each with its label where it has one."""

    ready: Prepared
    options: Options
    cached_inputs: CachedInputs
    rows: np.ndarray
    """(P,) positions of the pool: what can be read and is not in the test set, ascending."""
    test: Tested
    key: str
    """Digest of the examples, the classes and the test set."""

    @property
    def ids(self) -> list[str]:
        return self.ready.ids

    @property
    def task(self) -> Task:
        return self.ready.task

    @property
    def targets(self) -> np.ndarray:
        """(N,) int64 in [0, K), or float32 (N,) or (N, K); -1 or NaN where there is no label."""
        return self.ready.targets

    @property
    def classes(self) -> list[str]:
        """K names; [] for a task whose examples have no class each."""
        return self.ready.classes

    @property
    def name(self) -> str:
        """Of the data, under which their tags are kept."""
        return str(self.ready.facts["name"])

    @cached_property
    def labelled(self) -> np.ndarray:
        """(L,) positions of the pool's examples that have a label."""
        return self.rows[is_known(self.targets)[self.rows]]

    @property
    def is_picture(self) -> bool:
        return is_picture(self.ready.facts)

    def place(self, model: nn.Module) -> Network:
        """A trained model on its device, with the layer of its embedding."""
        assert self.ready.inputs is not None
        return placed(model, self.ready.inputs, len(self.ids), self.ready.facts, self.options)[0]


def open_pool(
    data: Any,
    train: TrainFunction,
    folder: Path,
    options: Options,
    *,
    test: Any = None,
    share: float = SHARE,
    seed: int = 0,
) -> Pool:
    """Open the examples to mine from and the test set.

    test: a data set of its own with the same classes; without one the rows whose column `split` says "test", and
    without those a share of each class, or of what the task balances its folds by, drawn. folder: where the arrays of
    an .npz are unpacked. options: the task among them, where the data do not name it.
    Raises DataError when there is nothing to test on, ModelError for data that cannot be trained on.
    """
    catalog = catalogs.read(data, **options.reading)
    if options.name:
        catalog = catalogs.with_info(catalog, name=options.name)
    options = implied(options, catalogs.info(catalog))
    ready = prepare(None, train.name, catalog, data, folder, options, train)
    _check_joined(ready, options)
    if ready.inputs is None:
        raise ModelError("a loop trains, so it needs pictures, texts, features or arrays, not a model's outputs")
    cached_inputs = CachedInputs(ready.inputs, len(ready.ids))
    is_free = cached_inputs.is_good.copy()
    if test is not None:
        tested, test_key = test_file(test, train, folder / "test", options, ready)
    else:
        is_labelled, strata = is_free & is_known(ready.targets), ready.task.strata(ready.targets)
        are_classes = "classes" in ready.task.offers
        chosen = split_test(catalog, is_labelled) or drawn_test(
            strata, is_labelled, share, seed, are_classes=are_classes
        )
        is_free &= chosen.is_pool
        rows, test_key = chosen.rows, make_key(rows=chosen.rows.tolist())
        tested = Tested(cached_inputs, rows, ready.targets[rows], chosen.words, ready.task)
    free = np.flatnonzero(is_free)
    if not len(free) or not len(tested.rows):
        raise DataError(f"{len(free)} examples to mine from and {len(tested.rows)} to test on; expected some of each")
    check_measurable(ready.task, tested)
    key = _key(ready, options, test_key)
    return Pool(ready, options, cached_inputs, free, tested, key)


def _key(ready: Prepared, options: Options, test_key: str) -> str:
    of_task = {} if "classes" in ready.task.offers else {"task": ready.task.name, "settings": settings_of(ready.task)}
    return make_key(data=data_key(ready), classes=ready.classes, test=test_key, resize=options.resize, **of_task)


def _check_joined(ready: Prepared, options: Options) -> None:
    """Raises HemError for labels of classes that look like sets of tags."""
    separator = joined_by(ready.classes) if options.classes is None else ""
    if separator:
        raise HemError(
            f"the labels, such as '{max(ready.classes, key=len)}', look like several tags joined by '{separator}'; "
            "mine them as sets of tags with --task multilabel, or name the labels with --classes, to mine each as its "
            "own class"
        )
