"""The test set of a loop: examples with labels that none of its models is trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hem_core import catalog as catalogs
from hem_core.errors import DataError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared, data_key, prepare
from hem_core.tasks import MakesItems, MeasuresTogether, Task, is_known, output_names

MOST_STRANGE = 0.03
"""Share of a test file that may have another label than the pool's classes; more is refused."""


@dataclass(frozen=True, eq=False)
class Tested:
    """T examples with labels that no model of the loop is trained on."""

    cached_inputs: CachedInputs
    rows: np.ndarray
    """(T,) their positions in `cached_inputs`."""
    targets: np.ndarray
    """(T,) int64 in [0, K), or what the task has instead, (T,) or (T, K)."""
    words: dict[str, Any]
    """`how` ("file", "split" or "drawn"), `what` in words, `n`."""
    task: Task
    """The task that knows these targets: boxes of a file of its own are its own."""


def test_file(test: Any, train: TrainFunction, folder: Path, options: Options, ready: Prepared) -> tuple[Tested, str]:
    """The examples of a file of their own, and the key of these data. options: of the pool; ready: the pool's data.

    Raises DataError for data of another kind, with other classes, or for the pool itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    other, cached_inputs = _opened(test, train, folder, options, ready)
    if cached_inputs is None or other.facts["medium"] != ready.facts["medium"]:
        raise DataError(
            f"the test data are of the medium '{other.facts['medium']}', the pool of '{ready.facts['medium']}'; "
            "--test expects data of the same kind"
        )
    if set(other.ids) & set(ready.ids) and data_key(other) == data_key(ready):
        raise DataError("--test is the pool itself; pass other data, or omit --test to have a share drawn")
    rows = np.flatnonzero(cached_inputs.is_good & is_known(other.targets))
    _check_classes(other, ready)
    words = {"how": "file", "what": f"{len(rows):,} examples of {other.facts['name']}", "n": len(rows)}
    task = other.task if isinstance(other.task, MakesItems) else ready.task  # measured by what is usual in the pool
    return Tested(cached_inputs, rows, other.targets[rows], words, task), data_key(other)


def check_measurable(trained: Task, test: Tested) -> None:
    """Raise DataError for test data in which nothing is given that the task's measures of all examples need.

    Answers of -1 stand for those of a model: whether anything is given does not depend on them.
    """
    if not isinstance(test.task, MeasuresTogether):
        return
    raw = np.full((len(test.targets), trained.width(())), -1, np.float32)
    answers = test.task.answers_to(raw, test.targets)
    found = test.task.measured_together([answers], [np.arange(len(test.targets))], n_resamples=1)
    if not np.isfinite(found.point[0, 0]):
        raise DataError(
            f"nothing is given in the {len(test.targets):,} test examples, so that {found.measures[0].name} cannot be "
            "measured; name other test data with --test"
        )


def _opened(
    test: Any, train: TrainFunction, folder: Path, options: Options, ready: Prepared
) -> tuple[Prepared, CachedInputs | None]:
    """The test data and their inputs. Their pictures lie beside their file, or else where those of the pool do: there
    where more of them can be read, which is asked first beside it, since two folders may have the same file names."""
    own = Options(
        task=options.task,
        classes=output_names(ready.task, ready.classes) or None,
        labels_are=ready.facts["labels_are"],
        device=options.device,
        resize=options.resize,
        columns=options.columns,
        separator=options.separator,
    )
    first: tuple[Prepared, CachedInputs | None] | None = None
    for images in dict.fromkeys((None, options.images)):
        asked = replace(own, images=images)
        try:
            found = prepare(None, train.name, catalogs.read(test, **asked.reading), test, folder, asked, train)
        except DataError:  # none of its pictures lies there
            if first is None and images == options.images:
                raise
            continue
        inputs = CachedInputs(found.inputs, len(found.ids)) if found.inputs is not None else None
        if inputs is None or inputs.is_good.all():
            return found, inputs
        if first is None or first[1] is None or inputs.is_good.sum() > first[1].is_good.sum():
            first = found, inputs
    assert first is not None
    return first


def _check_classes(test: Prepared, pool: Prepared) -> None:
    """Raises DataError when more than MOST_STRANGE of the test have a label that is none of the classes, or when the
    classes of the parts are others."""
    if isinstance(test.task, MakesItems) and isinstance(pool.task, MakesItems):
        theirs, ours = (list(task.training_arguments()["classes"]) for task in (test.task, pool.task))
        if theirs != ours:
            raise DataError(
                f"the test data have the classes {', '.join(map(str, theirs))}, the pool {', '.join(map(str, ours))}; "
                "pass test data with the same classes in the same order"
            )
    labels = test.catalog["label"].to_pylist() if pool.classes else []
    strange = [str(label) for label, target in zip(labels, test.targets, strict=False) if target < 0 and label]
    if len(strange) > MOST_STRANGE * len(labels):
        theirs, ours = (", ".join(f"'{name}'" for name in names[:8]) for names in (sorted(set(strange)), pool.classes))
        raise DataError(
            f"{len(strange):,} of the {len(labels):,} test examples have a label that is none of the pool's classes: "
            f"the test has {theirs} too, the pool {ours}; give the labels the same names in both, or pass other data "
            "with --test"
        )
