"""What the models of a loop are compared by: measures of all test examples, as the task has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hem_core.tasks import HasResiduals, MeasuresTogether, Task, residual_measures

SHARE = "share"
"""The unit of what is printed in percent."""


@dataclass(frozen=True)
class Measure:
    """One measure; the first one of a task is its headline."""

    column: str
    """Its name in report.parquet and report.json."""
    words: str
    unit: str = SHARE
    higher_is_better: bool = True

    @property
    def facts(self) -> dict[str, str]:
        """For report.json."""
        better = "higher" if self.higher_is_better else "lower"
        return {"column": self.column, "words": self.words, "unit": self.unit, "better": better}


OF_CLASSES = (
    Measure("accuracy", "accuracy"),
    Measure("balanced_accuracy", "balanced accuracy"),
    Measure("worst_class", "worst class"),
)
"""Of a task with classes; shares in 0 .. 1, higher is better."""


def measures_in(report: Mapping[str, Any]) -> tuple[Measure, ...]:
    """The measures of a report.json; one that names none is of classes."""
    if "measures" not in report:
        return OF_CLASSES
    return tuple(
        Measure(each["column"], each["words"], each["unit"], each["better"] == "higher") for each in report["measures"]
    )


def measured(task: Task, raw: np.ndarray, targets: np.ndarray) -> dict[Measure, float]:
    """The measures of one model, the headline first.

    raw (T, W); targets (T,) or (T, K), all of them known, T at least 1. Of classes accuracy; what a task measures of
    all examples together, such as average precision; of numbers how far off they are; otherwise 1 − error and the loss.
    """
    if "classes" in task.offers:
        values = of_classes(raw, targets)
        return {measure: values[measure.column] for measure in OF_CLASSES}
    if isinstance(task, MeasuresTogether):
        return _together(task, raw, targets)
    if isinstance(task, HasResiduals):
        return _of_numbers(task, raw, targets)
    return _graded(task, raw, targets)


def of_classes(logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Share right of all, mean share right of the classes, and that of the worst class.

    logits (T, K); targets (T,) int64 in [0, K), T at least 1. Classes without a test example do not count.
    """
    is_right = logits.argmax(axis=1) == targets
    counts = np.bincount(targets, minlength=logits.shape[1])
    hits = np.bincount(targets, weights=is_right, minlength=logits.shape[1])
    shares = hits[counts > 0] / counts[counts > 0]
    return {
        "accuracy": float(is_right.mean()),
        "balanced_accuracy": float(shares.mean()),
        "worst_class": float(shares.min()),
    }


def _together(task: MeasuresTogether, raw: np.ndarray, targets: np.ndarray) -> dict[Measure, float]:
    """Those of all classes together that can be measured on these examples."""
    found = task.measured_together([task.answers_to(raw, targets)], [np.arange(len(targets))], n_resamples=1)
    pairs = zip(found.measures, found.point[0].tolist(), strict=True)
    return {
        _named(each.name, each.unit, higher=each.higher_is_better): value
        for each, value in pairs
        if each.label is None and np.isfinite(value)
    }


def _of_numbers(task: HasResiduals, raw: np.ndarray, targets: np.ndarray) -> dict[Measure, float]:
    """Of one number in its unit; of several first the means over them, each divided by its spread."""
    residual = task.residuals(raw, targets)  # (T, D)
    absolute, squared = np.nanmean(np.abs(residual), axis=0), np.sqrt(np.nanmean(residual**2, axis=0))  # (D,)
    names = tuple(task.output_names)
    both = np.stack([absolute, squared], axis=1)  # (D, 2)
    means = [(both / np.asarray(task.spreads, np.float64)[:, None]).mean(axis=0)] if names else []
    values = np.concatenate([*means, *both]).tolist()
    found = {_named(*each): value for each, value in zip(residual_measures(names), values, strict=True)}
    return found if len({each.column for each in found}) == len(found) else _numbered(found)


def _numbered(found: Mapping[Measure, float]) -> dict[Measure, float]:
    """The same with columns that differ, where the names of two numbers differ by their signs alone."""
    columns = [each.column for each in found]
    places = [(at - 2) // 2 for at in range(len(columns))]  # of the number, behind the two means
    both = zip(places, columns, strict=True)
    endings = [f"_{place}" if columns.count(column) > 1 else "" for place, column in both]
    pairs = zip(found.items(), endings, strict=True)
    return {replace(each, column=each.column + ending): value for (each, value), ending in pairs}


def _graded(task: Task, raw: np.ndarray, targets: np.ndarray) -> dict[Measure, float]:
    import torch

    loss = task.fields(torch.from_numpy(raw), torch.from_numpy(targets))["loss"]
    right = 1 - float(task.errors(raw, targets).mean())
    return {Measure("right", "1 − error"): right, _named("loss", ""): float(loss.double().mean())}


def _named(words: str, unit: str, *, higher: bool = False) -> Measure:
    return Measure(_column(words), words, unit, higher)


def _column(words: str) -> str:
    return re.sub(r"\W+", "_", words).strip("_")


def same_measures(points: Sequence[Mapping[Measure, float]]) -> tuple[Measure, ...]:
    """Those that every model has, in the order of the first one's."""
    return tuple(each for each in points[0] if all(each in one for one in points))
