"""Regression: one number for each example.

`hem score houses.csv --label-column price --task regression --train training:train --oos 5 --out work/runs/prices`

where `training.py` trains any network with one output, or returns a fitted scikit-learn regressor:

    def train(dataset, *, seed=0):
        return RandomForestRegressor(random_state=seed).fit(dataset.frame(), dataset.targets)

With predictions made elsewhere no model is needed: a column `prediction` beside the labels, and in a Parquet file a
list column `embedding` for the neighbours: `hem score predicted.csv --task regression --out work/runs/prices`.

How far off is far off depends on the unit, so no score is the residual itself. It is divided by the *local residual
scale*: the usual |residual| among the nearest neighbours in the embedding or, without one, among the examples of the
nearest predictions. `error` is that ratio r as r / (r + 2): 0 is exact, .5 is twice what is usual there, and from .5 on
the prediction counts as wrong. Where the other examples are not at hand (`hem check`, the arms of a retraining), the
residual is measured by the usual one of the run.

`--loss` chooses `absolute` (default: it is in the unit of the target, and one wild label does not drown the others),
`squared` or `huber` (squared up to the spread of the given values, absolute beyond).

A label is suspect when it lies far from the prediction and far from what its neighbours were given: swapped units, a
lost decimal point, a wrong sign. Labels are decimal numbers; 12,5 is read as 12.5 where no label has a point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError, HemError, ModelError
from hem_core.tasks import _regression_reasons as why
from hem_core.tasks._contract import (
    NOT_FINITE,
    Answers,
    Column,
    Figure,
    Metric,
    ModelFacts,
    Offer,
    OfTheSet,
    TargetOptions,
    Targets,
)
from hem_core.tasks._number_metrics import metrics
from hem_core.tasks._numbers import read_numbers, rounded, written_exactly
from hem_core.tasks._residuals import FAR, spread_of, squashed
from hem_core.tasks._standing import standing
from hem_core.types import Outputs

if TYPE_CHECKING:
    from torch import Tensor

LOSSES = ("absolute", "squared", "huber")
COLUMN = "prediction"
STRATA = 10
MOST_BAD = 0.05
"""Labels that are no number are typing errors up to this share; beyond, the run stops."""


@dataclass(frozen=True)
class Task:
    """See `hem_core.tasks.Task`. A raw output is (N, 1), the prediction; a value is a float32, NaN = no label."""

    name: str = "regression"
    title: str = "regression: a number"
    offers: frozenset[Offer] = frozenset()
    figures: tuple[Figure, ...] = ("predicted against given", "errors")
    spoils: tuple[str, ...] = ()
    answers: Answers = "numbers"
    prediction_columns: str = f"a column '{COLUMN}' of numbers"
    yardsticks: tuple[str, ...] = ("residual_scale",)

    loss: str = LOSSES[0]
    spread: float = 1.0
    """The robust standard deviation of the given values."""
    residual_scale: float | None = None
    """The usual |residual| of the run, as a standard deviation; None before anything is scored."""

    @property
    def column_words(self) -> Mapping[str, tuple[str, str]]:
        """Titles and units of its columns; numbers in the unit of the label have no unit that HEM knows."""
        usual = "× usual residual"
        return {
            "loss": (f"{self.loss} loss", ""),
            "given_value": ("given value", ""),
            "predicted_value": ("predicted value", ""),
            "residual": ("residual, given − predicted", ""),
            "residual_scale": ("usual residual around it", ""),
            "residual_ratio": ("residual over the usual one", usual),
            "residual_bias": ("median residual around it", ""),
            "label_conflict": ("distance from prediction and neighbours", usual),
            "neighbours_low": ("its neighbours' given values, low", ""),
            "neighbours_median": ("its neighbours' given values, median", ""),
            "neighbours_high": ("its neighbours' given values, high", ""),
        }

    @property
    def settings(self) -> Mapping[str, Any]:
        """The loss, the spread of the given values and, once it is known, the usual residual."""
        if self == Task():
            return {}
        found = {"loss": self.loss, "spread": self.spread}
        return found | ({} if self.residual_scale is None else {"residual_scale": self.residual_scale})

    def settled(self, settings: Mapping[str, Any]) -> Task:
        """With the settings of a run."""
        return replace(self, **settings)

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a number is hard to predict."""
        return why.MEANINGS

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """Every label as a number. Raises DataError when over 5% of them are none, ModelError for several outputs."""
        if options.loss not in (None, *LOSSES):
            raise HemError(f"no loss '{options.loss}' for regression; there are: {', '.join(LOSSES)}")
        if model.n_outputs > 1:
            raise ModelError(f"the model gives {model.n_outputs} numbers for an example; regression scores one")
        labels = catalog["label"].to_pylist()
        values, is_decimal_comma = read_numbers(labels)
        there = [row for row, label in enumerate(labels) if label is not None]
        odd = [row for row in there if np.isnan(values[row])]
        if len(odd) > max(3, MOST_BAD * len(there)) or len(odd) == len(there):
            found = f"such as '{labels[odd[0]]}'" if odd else "none at all"
            raise DataError(
                f"{len(odd):,} of {len(there):,} labels in '{facts['source']}' are no numbers ({found}); "
                "name the column of numbers with --label-column, or score classes without --task regression"
            )
        bad = {row: "no label" for row, label in enumerate(labels) if label is None}
        bad |= {row: f"label '{labels[row]}' is no number" for row in odd}
        notes = ["The labels have decimal commas: 12,5 is read as 12.5."] if is_decimal_comma else []
        task = replace(self, loss=options.loss or self.loss, spread=spread_of(values))
        read_facts = dict(facts) | {"notes": [*facts.get("notes", []), *notes]}
        return Targets(values, dict(sorted(bad.items())), (), read_facts, task)

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """The labels as numbers (N,) float32, NaN where one is none."""
        return self.encode(catalog["label"].to_pylist(), classes)

    def encode(self, labels: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """Texts as numbers (N,) float32, NaN where one is missing or is none."""
        return read_numbers(labels)[0]

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """In the fewest digits that read back as the same number."""
        return written_exactly(values)

    def width(self, classes: Sequence[str]) -> int:
        """One output."""
        return 1

    def raw(self, output: Any) -> Tensor:
        """The predictions (N, 1) float32 in what a model returned; see `_number_outputs.numbers_of`."""
        from hem_core.tasks._number_outputs import numbers_of

        return numbers_of(output)

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Rows whose prediction is no number."""
        return dict.fromkeys((~raw.isfinite()).any(dim=1).nonzero()[:, 0].tolist(), NOT_FINITE)

    def finite(self, raw: Tensor) -> Tensor:
        """As it is: no prediction rules anything out."""
        return raw

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`targets` (N,) float32 and `loss` (N,), in the unit of the target or, for squared and huber, its square."""
        from hem_core.tasks._number_outputs import loss_vector

        return {"targets": targets, "loss": loss_vector(raw[:, 0], targets, self.loss, self.spread)}

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """`given_value`, `predicted_value`, `residual` (given - predicted) and `error`, by the scale of the whole."""
        assert outputs.targets is not None
        residual = outputs.targets - raw[:, 0]
        ratio = residual.abs() / self._scale
        return {
            "given_value": outputs.targets,
            "predicted_value": raw[:, 0],
            "residual": residual,
            "error": ratio / (ratio + FAR),
        }

    @property
    def _scale(self) -> float:
        return self.spread if self.residual_scale is None else self.residual_scale

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """The prediction, (N,)."""
        return raw[:, 0]

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The residual over the usual one of the run (before there is a run, over the spread of the labels), squashed.

        Until `residual_scale` is known the model that always says the mean has an error of a third.
        """
        return squashed(np.abs(targets.astype(np.float64) - raw[:, 0]) / self._scale)

    def residuals(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Given − predicted, (N,), in the unit of the label."""
        return targets.astype(np.float64) - raw[:, 0]

    def errors_by(self, raw: np.ndarray, targets: np.ndarray, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The residual over the local scale that the run found for each example, squashed."""
        return squashed(np.abs(targets.astype(np.float64) - raw[:, 0]) / columns["residual_scale"])

    def of_the_set(self, columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None) -> OfTheSet:
        """Errors, difficulty and label suspicion by what is usual around each example; see `_standing.standing`."""
        found, how, whole = standing(columns, neighbours, self.spread)
        return OfTheSet(found, how, replace(self, residual_scale=whole))

    def raw_in(self, catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
        """The column `prediction`, (N, 1) float32, NaN where it is no number; None without one."""
        if COLUMN not in catalog.column_names:
            return None
        values = catalog[COLUMN].to_pylist()
        texts = [None if value is None else str(value) for value in values]
        return read_numbers(texts)[0][:, None]  # (N,) -> (N, 1)

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """The label as it reads back, and the prediction rounded to two digits of their spread."""
        given = pa.array(self.written(columns["target"], classes), pa.string())
        predicted = pa.array(rounded(columns["predicted_value"], self.spread), pa.string())
        return {"label": given, "given": given, "predicted": predicted}

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> None:
        """An example has no parts."""

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """Mean absolute error, root of the mean squared error, R² and Spearman's rank correlation."""
        if "given_value" not in level or "predicted_value" not in level:
            return []
        return metrics(np.asarray(level["given_value"], float), np.asarray(level["predicted_value"], float))

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """The tenth of the labels that each lies in."""
        is_known = ~np.isnan(targets)
        if not is_known.any():
            return np.full(len(targets), -1, np.int64)
        edges = np.unique(np.quantile(targets[is_known], np.arange(1, STRATA) / STRATA))
        return np.where(is_known, np.digitize(targets, edges), -1).astype(np.int64)

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A reason and its evidence, by the rules of `_regression_reasons`."""
        known = columns if "residual_scale" in columns else {**columns, **self.of_the_set(columns, None).columns}
        return why.explain(known, self.spread)
