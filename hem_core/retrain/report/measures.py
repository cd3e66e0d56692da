"""The measures of a model on the test, computed from sums over examples.

Sums, so that a bootstrap draw is one product of counts and a sparse table, however many measures there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hem_core.retrain.report.test_predictions import ModelPredictions, Numbers
from hem_core.tasks import residual_measures

BINS = 15
"""Of confidence, for the expected calibration error."""
LEAST_CLASS = 10
"""Number of test examples below which a class is not a candidate for the worst one."""


@dataclass(frozen=True)
class Measure:
    """Its name, unit, and whether more is better."""

    name: str
    unit: str
    is_higher_better: bool


MEASURES = (
    Measure("accuracy", "%", True),
    Measure("targeted slice", "%", True),
    Measure("balanced accuracy", "%", True),
    Measure("worst class", "%", True),
    Measure("worst slice", "%", True),
    Measure("negative log likelihood", "nats", False),
    Measure("negative log likelihood, temperature scaled", "nats", False),
    Measure("calibration error", "%", False),
    Measure("calibration error, temperature scaled", "%", False),
)


GRADED = {
    0: Measure("1 − error", "%", True),
    1: Measure("targeted slice", "%", True),
    4: Measure("worst slice", "%", True),
    5: Measure("loss", "", False),
}
"""Those of a task without classes, by their place among MEASURES; right is then as right as 1 − error."""


def of_numbers(numbers: Numbers) -> dict[int, Measure]:
    """Those that a task of numbers has besides, by their place after MEASURES: of several first the means, normalised
    by the spread of each."""
    found = [Measure(name, unit, False) for name, unit in residual_measures(numbers.names)]
    return dict(enumerate(found, len(MEASURES)))


@dataclass(frozen=True, eq=False)
class Groups:
    """Which test examples belong together: T rows, one column each for the target, K classes, G slices."""

    members: sparse.csr_matrix
    """(T, 1 + K + G) of 0 and 1."""
    n_classes: int

    @property
    def sizes(self) -> np.ndarray:
        """(1 + K + G,) examples in each."""
        return np.asarray(self.members.sum(axis=0)).ravel()

    @property
    def classes(self) -> slice:
        return slice(1, 1 + self.n_classes)

    @property
    def slices(self) -> slice:
        return slice(1 + self.n_classes, None)


def groups(is_target: np.ndarray, targets: np.ndarray, n_classes: int, slices: list[np.ndarray]) -> Groups:
    """is_target (T,) bool; targets (T,) in [0, K); slices: rows of each of G."""
    n = len(targets)
    picked = [np.flatnonzero(is_target), *(np.flatnonzero(targets == k) for k in range(n_classes)), *slices]
    column = np.repeat(np.arange(len(picked)), [len(rows) for rows in picked])
    rows = np.concatenate(picked)
    shape = (n, len(picked))
    return Groups(sparse.csr_matrix((np.ones(len(rows)), (rows, column)), shape=shape), n_classes)


def sums(model: ModelPredictions, groups: Groups) -> sparse.csr_matrix:
    """(T, 1 + groups + 2 + 2 · BINS): right, right in each group, two losses, confidence minus right in each bin.

    A model with residuals of D numbers has 3 D columns more: their absolute values, their squares, and which are known.
    """
    right = model.credit
    columns = [right[:, None], groups.members.multiply(right[:, None]), model.nll[:, None], model.nll_scaled[:, None]]
    for sure in (model.sure, model.sure_scaled):
        bin_ = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
        at = np.arange(len(sure))
        columns.append(sparse.csr_matrix((sure - right, (at, bin_)), shape=(len(sure), BINS)))
    if model.residual is not None:
        is_known, residual = ~np.isnan(model.residual), np.nan_to_num(model.residual)
        columns += [np.abs(residual), np.square(residual), is_known.astype(np.float64)]
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(column) for column in columns]))


def measured(totals: np.ndarray, sizes: np.ndarray, groups: Groups, spreads: tuple[float, ...] = ()) -> np.ndarray:
    """The measures (B, M), in the order of MEASURES and, with residuals, of `of_numbers`, of B draws.

    totals (B, C): `sums` added up over the examples drawn; sizes (B, 1 + K + G): how many of each group were drawn.
    spreads: of several numbers. NaN for a measure without examples.
    """
    n = len(groups.sizes)
    right, of_group, rest = totals[:, 0], totals[:, 1 : 1 + n], totals[:, 1 + n :]
    drawn = sizes_total(sizes, groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(sizes > 0, of_group / sizes, np.nan)  # (B, groups)
    by_class, by_slice = share[:, groups.classes], share[:, groups.slices]
    known = groups.sizes[groups.classes]
    is_large = known >= LEAST_CLASS if (known >= LEAST_CLASS).any() else known > 0
    worst_slice = _least(by_slice) if by_slice.shape[1] else np.full(len(totals), np.nan)
    losses, in_bins, residuals = np.split(rest, [2, 2 + 2 * BINS], axis=1)
    bins = np.abs(in_bins.reshape(len(totals), 2, BINS)).sum(axis=2)
    found = [
        100 * right / drawn,
        100 * share[:, 0],
        100 * _mean(by_class[:, known > 0]),
        100 * _least(by_class[:, is_large]),
        100 * worst_slice,
        losses[:, 0] / drawn,
        losses[:, 1] / drawn,
        100 * bins[:, 0] / drawn,
        100 * bins[:, 1] / drawn,
    ]
    return np.stack([*found, *_of_residuals(residuals, spreads)], axis=1)


def _of_residuals(totals: np.ndarray, spreads: tuple[float, ...]) -> list[np.ndarray]:
    """The measures of `of_numbers`, (B,) each, from the sums (B, 3 D) of `sums`; [] without residuals."""
    if not totals.shape[1]:
        return []
    absolute, squares, known = np.split(totals, 3, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.stack([absolute / known, np.sqrt(squares / known)], axis=2)  # (B, D, 2)
    means = [np.nanmean(each / np.array(spreads)[:, None], axis=1)] if spreads else []
    return [column for part in [*means, *np.moveaxis(each, 1, 0)] for column in part.T]


def sizes_total(sizes: np.ndarray, groups: Groups) -> np.ndarray:
    """(B,) examples drawn: every one has one class."""
    return sizes[:, groups.classes].sum(axis=1)


def _least(share: np.ndarray) -> np.ndarray:
    return np.nanmin(np.where(np.isnan(share).all(axis=1, keepdims=True), np.inf, share), axis=1)


def _mean(share: np.ndarray) -> np.ndarray:
    known = ~np.isnan(share)
    return np.where(known, share, 0).sum(axis=1) / np.maximum(1, known.sum(axis=1))
