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
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared, data_key, is_picture, placed, prepare
from hem_core.tag_sets import joined_by

MOST_STRANGE = 0.03
"""Share of a test file that may have another label than the pool's classes; more is refused."""
SHARE = 0.2
"""Of the labelled examples, drawn as the test set where none is named."""


@dataclass(frozen=True, eq=False)
class Tested:
    """T examples with labels that no model of the loop is trained on."""

    cached_inputs: CachedInputs
    rows: np.ndarray
    """(T,) their positions in `cached_inputs`."""
    targets: np.ndarray
    """(T,) int64 in [0, K)."""
    words: dict[str, Any]
    """`how` ("file", "split" or "drawn"), `what` in words, `n`."""


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
    def targets(self) -> np.ndarray:
        """(N,) int64 in [0, K), -1 where there is no label."""
        return self.ready.targets

    @property
    def classes(self) -> list[str]:
        return self.ready.classes

    @property
    def name(self) -> str:
        """Of the data, under which their tags are kept."""
        return str(self.ready.facts["name"])

    @cached_property
    def labelled(self) -> np.ndarray:
        """(L,) positions of the pool's examples that have a label."""
        return self.rows[self.targets[self.rows] >= 0]

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
    without those a share of each class, drawn. folder: where the arrays of an .npz are unpacked.
    Raises DataError when there is nothing to test on, ModelError for data that cannot be trained on.
    """
    catalog = catalogs.read(data, **options.columns)
    if options.name:
        catalog = catalogs.with_info(catalog, name=options.name)
    ready = prepare(None, train.name, catalog, data, folder, options, train)
    if "classes" not in ready.task.offers:
        raise HemError(
            f"hem loop adds examples of classes round by round, and the task '{ready.task.name}' has no classes of "
            "examples; choose a set with hem select, and prove it with hem retrain: its arms are compared on one test"
        )
    separator = joined_by(ready.classes) if options.classes is None else ""
    if separator:
        raise HemError(
            f"the labels, such as '{max(ready.classes, key=len)}', look like several tags joined by '{separator}', and "
            "hem loop adds examples of one class each; score them with --task multilabel, choose a set with hem "
            "select, and prove it with hem retrain; or name the labels with --classes, to mine each as its own class"
        )
    if ready.inputs is None:
        raise ModelError("a loop trains, so it needs pictures, texts, features or arrays, not a model's outputs")
    cached_inputs = CachedInputs(ready.inputs, len(ready.ids))
    is_free = cached_inputs.is_good.copy()
    if test is not None:
        tested, test_key = _from_file(test, train, folder / "test", options, ready)
    else:
        chosen = split_test(catalog, ready.targets, is_free) or drawn_test(ready.targets, is_free, share, seed)
        is_free &= chosen.is_pool
        rows = chosen.rows
        tested, test_key = Tested(cached_inputs, rows, ready.targets[rows], chosen.words), make_key(rows=rows.tolist())
    free = np.flatnonzero(is_free)
    if not len(free) or not len(tested.rows):
        raise DataError(f"{len(free)} examples to mine from and {len(tested.rows)} to test on; expected some of each")
    key = make_key(data=data_key(ready), classes=ready.classes, test=test_key, resize=options.resize)
    return Pool(ready, options, cached_inputs, free, tested, key)


def _from_file(test: Any, train: TrainFunction, folder: Path, options: Options, ready: Prepared) -> tuple[Tested, str]:
    folder.mkdir(parents=True, exist_ok=True)
    catalog = catalogs.read(test, **options.columns)
    given = Options(
        classes=ready.classes,
        labels_are=ready.facts["labels_are"],
        device=options.device,
        resize=options.resize,
        columns=options.columns,
    )
    other = prepare(None, train.name, catalog, test, folder, given, train)
    if other.inputs is None or other.facts["medium"] != ready.facts["medium"]:
        raise DataError(
            f"the test data are of the medium '{other.facts['medium']}', the pool of '{ready.facts['medium']}'; "
            "--test expects data of the same kind"
        )
    shared = set(other.ids) & set(ready.ids)
    if shared and _are_same_data(other, ready):
        raise DataError("--test is the pool itself; pass other data, or omit --test to have a share drawn")
    cached_inputs = CachedInputs(other.inputs, len(other.ids))
    rows = np.flatnonzero(cached_inputs.is_good & (other.targets >= 0))
    _check_classes(other, ready.classes)
    words = {"how": "file", "what": f"{len(rows):,} examples of {other.facts['name']}", "n": len(rows)}
    return Tested(cached_inputs, rows, other.targets[rows], words), data_key(other)


def _check_classes(test: Prepared, classes: list[str]) -> None:
    """Raises DataError when more than MOST_STRANGE of the test have a label that is none of the classes."""
    labels = test.catalog["label"].to_pylist()
    strange = [str(label) for label, target in zip(labels, test.targets, strict=True) if target < 0 and label]
    if len(strange) > MOST_STRANGE * len(labels):
        theirs, ours = (", ".join(f"'{name}'" for name in names[:8]) for names in (sorted(set(strange)), classes))
        raise DataError(
            f"{len(strange):,} of the {len(labels):,} test examples have a label that is none of the pool's classes: "
            f"the test has {theirs} too, the pool {ours}; give the labels the same names in both, or pass other data "
            "with --test"
        )


def _are_same_data(one: Prepared, other: Prepared) -> bool:
    return data_key(one) == data_key(other)
