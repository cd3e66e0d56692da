"""Regression: one number for each example, or several at once.

`hem score houses.csv --label-column price --task regression --train training:train --oos 5 --out work/runs/prices`

where `training.py` trains any network with one output for each number, or returns a fitted scikit-learn regressor:

    def train(dataset, *, seed=0):
        return RandomForestRegressor(random_state=seed).fit(dataset.frame(), dataset.targets)

With predictions made elsewhere no model is needed: a column `prediction` beside the labels, and in a Parquet file a
list column `embedding` for the neighbours: `hem score predicted.csv --task regression --out work/runs/prices`.

Several numbers of one example are named as columns, `--label-column heating,cooling`, or come as rows of numbers from
Python; their predictions stand in columns `prediction_heating`, `prediction_cooling`. Each is measured by its own local
scale, and the ratios of an example are pooled, see `_several_numbers.pooled`; its `loss` is the mean of those of the
numbers, each over the spread of what is given, so that it has no unit. A number that is not known does not count.

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

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.class_columns import class_columns
from hem_core.errors import DataError, HemError, ModelError
from hem_core.number_rows import is_several
from hem_core.tasks import _number_pool as of_pool
from hem_core.tasks import _number_predictions as elsewhere
from hem_core.tasks import _number_review as review
from hem_core.tasks import _regression_reasons as why
from hem_core.tasks import _several_numbers as several
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
from hem_core.tasks._not_measured import not_measured
from hem_core.tasks._number_metrics import metrics, metrics_of_all
from hem_core.tasks._number_quality import rated
from hem_core.tasks._number_words import meanings_of, words_of
from hem_core.tasks._numbers import look_like_numbers, read_numbers, read_rows, rounded, written_exactly, written_rows
from hem_core.tasks._ranks_pool import Near
from hem_core.tasks._rates_labels import Rated
from hem_core.tasks._residuals import FAR, spread_of, squashed
from hem_core.tasks._standing import standing
from hem_core.types import Outputs

if TYPE_CHECKING:
    from torch import Tensor

LOSSES = ("absolute", "squared", "huber")
STRATA = 10
MOST_BAD = 0.05
"""Labels that are no number are typing errors up to this share; beyond, the run stops."""


@dataclass(frozen=True)
class Task:
    """See `hem_core.tasks.Task`. A raw output is (N, D), the predictions of D numbers; a value is a float32, or of
    several numbers a row (D,) of them; NaN = not known."""

    name: str = "regression"
    title: str = "regression: a number"
    offers: frozenset[Offer] = frozenset()
    figures: tuple[Figure, ...] = ("predicted against given", "errors")
    spoils: tuple[str, ...] = ()
    answers: Answers = "numbers"
    prediction_columns: str = elsewhere.IN_WORDS
    pool_policies: tuple[str, ...] = of_pool.POLICIES
    rates_by_neighbours: bool = True

    loss: str = LOSSES[0]
    spread: float = 1.0
    """The robust standard deviation of the given values."""
    residual_scale: float | None = None
    """The usual |residual| of the run, as a standard deviation; None before anything is scored."""
    outputs: tuple[str, ...] = ()
    """The names of D numbers; () for one."""
    spreads: tuple[float, ...] = ()
    """The `spread` of each; () for one."""
    residual_scales: tuple[float, ...] | None = None
    """The `residual_scale` of each; None for one."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of several numbers, for a train function; () for one."""
        return self.outputs

    @property
    def column_words(self) -> Mapping[str, tuple[str, str]]:
        """Titles and units of its columns; numbers in the unit of the label have no unit that HEM knows."""
        return words_of(self.loss, self.outputs)

    @property
    def column_meanings(self) -> Mapping[str, str]:
        """What the loss is."""
        return meanings_of(self.loss, self.outputs)

    @property
    def yardsticks(self) -> tuple[str, ...]:
        """The local scale of each number."""
        return tuple(several.column("residual_scale", output) for output in self._names)

    def number_columns(self, output: str) -> Mapping[str, str]:
        """What a figure of one of several numbers draws -> the column that holds it."""
        drawn = ("given_value", "predicted_value", "residual", "residual_scale", "residual_ratio")
        return {name: several.column(name, output) for name in drawn}

    @property
    def settings(self) -> Mapping[str, Any]:
        """The loss, the spread of the given values and, once it is known, the usual residual; of several numbers their
        names, and these figures of each."""
        if self == Task():
            return {}
        if self.outputs:
            found = {"loss": self.loss, "outputs": list(self.outputs), "spreads": list(self.spreads)}
            scales = self.residual_scales
            return found | ({} if scales is None else {"residual_scales": list(scales)})
        found = {"loss": self.loss, "spread": self.spread}
        return found | ({} if self.residual_scale is None else {"residual_scale": self.residual_scale})

    def settled(self, settings: Mapping[str, Any]) -> Task:
        """With the settings of a run."""
        lists = {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
        return replace(self, **{**settings, **lists})

    @property
    def not_advised(self) -> Mapping[str, str]:
        """Nothing is measured yet of numbers; each action can be."""
        return not_measured("number")

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a number is hard to predict."""
        return why.MEANINGS

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """Every label as numbers. Raises DataError when over 5% of them are none, ModelError for another number of
        outputs than of numbers."""
        if options.loss not in (None, *LOSSES):
            raise HemError(f"no loss '{options.loss}' for regression; there are: {', '.join(LOSSES)}")
        outputs = _named(_outputs_in(catalog, facts), options.classes, is_named=bool(facts.get("numbers_have_names")))
        task = replace(self, outputs=outputs, loss=options.loss or self.loss)
        _check_outputs(model.n_outputs, task.outputs)
        labels = catalog["label"].to_pylist()
        values, is_odd, is_decimal_comma = task._read(labels)
        _check_numbers(labels, is_odd, str(facts["source"]))
        bad = {row: "no label" for row, label in enumerate(labels) if label is None}
        bad |= {row: f"label '{labels[row]}' is no number" for row in np.flatnonzero(is_odd).tolist()}
        unknown = np.isnan(values) if values.ndim == 1 else np.isnan(values).all(axis=1)
        bad = dict.fromkeys(np.flatnonzero(unknown).tolist(), "no label") | bad
        notes = ["The labels have decimal commas: 12,5 is read as 12.5."] if is_decimal_comma else []
        notes += task._notes(values, catalog, facts, is_in_columns=model.is_in_columns)
        read_facts = dict(facts) | {"notes": [*facts.get("notes", []), *notes]}
        return Targets(values, dict(sorted(bad.items())), (), read_facts, task._with_spreads(values))

    def _read(self, labels: Sequence[str | None]) -> tuple[np.ndarray, np.ndarray, bool]:
        """Values (N,) or (N, D), which labels hold something that is no number (N,), whether 12,5 means 12.5."""
        if self.outputs:
            values, is_odd, is_comma = read_rows(labels, len(self.outputs))
            return values, np.array(is_odd, bool), is_comma
        values, is_comma = read_numbers(labels)
        return values, np.array([label is not None for label in labels], bool) & np.isnan(values), is_comma

    def _notes(
        self, values: np.ndarray, catalog: pa.Table, facts: Mapping[str, Any], *, is_in_columns: bool
    ) -> list[str]:
        """On numbers that are not known, and on columns that were taken for predictions by their names."""
        notes = []
        if self.outputs:
            gone = np.isnan(values) & ~np.isnan(values).all(axis=1, keepdims=True)
            counts = zip(self.outputs, gone.sum(axis=0).tolist(), strict=True)
            notes = [_without(n, output) for output, n in counts if n]
        found = elsewhere.columns_of(catalog.column_names, facts, self.outputs) if is_in_columns else None
        note = elsewhere.note_of(found, self.outputs) if found is not None else None
        return [*notes, *([note] if note else [])]

    def _with_spreads(self, values: np.ndarray) -> Task:
        if not self.outputs:
            return replace(self, spread=spread_of(values))
        return replace(self, spreads=tuple(spread_of(column) for column in values.T))

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """The labels as numbers, (N,) or (N, D) float32, NaN where one is none."""
        return self.encode(catalog["label"].to_pylist(), classes)

    def encode(self, labels: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """Texts as numbers, (N,) or (N, D) float32, NaN where one is missing or is none."""
        n = len(self.outputs) or (_count_in(labels) if self == Task() else 1)
        return read_rows(labels, n)[0] if n > 1 else read_numbers(labels)[0]

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """In the fewest digits that read back as the same number; several as `15.5; 21.33`."""
        return (
            written_exactly(values) if values.ndim == 1 else written_rows([written_exactly(each) for each in values.T])
        )

    def completed(self, answer: str, given: str | None) -> str:
        """A label that people typed, with what they did not name as it is given: `cooling = 21.3`, or numbers in their
        order, `15.5; 21.3`. Of one number as it is."""
        return review.completed(answer, given, self.outputs) if self.outputs else answer

    def agrees(self, answer: str, given: str | None) -> bool:
        """Whether numbers typed without sight of the given ones are those, as far as their digits go."""
        return review.agrees(answer, given)

    def width(self, classes: Sequence[str]) -> int:
        """D."""
        return len(self._names)

    def raw(self, output: Any) -> Tensor:
        """The predictions (N, D) float32 in what a model returned; see `_number_outputs.numbers_of`."""
        from hem_core.tasks._number_outputs import numbers_of

        return numbers_of(output, len(self.outputs) or None)

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Rows with a prediction that is no number."""
        return dict.fromkeys((~raw.isfinite()).any(dim=1).nonzero()[:, 0].tolist(), NOT_FINITE)

    def finite(self, raw: Tensor) -> Tensor:
        """As it is: no prediction rules anything out."""
        return raw

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`targets`, (N,) or (N, D) float32, and `loss` (N,): of one number in the unit of the target or, for squared
        and huber, its square; of several in spreads of what is given, their mean."""
        from hem_core.tasks._number_outputs import loss_of_all, loss_vector

        if self.outputs:
            return {"targets": targets, "loss": loss_of_all(raw, targets, self.loss, self.spreads)}
        return {"targets": targets, "loss": loss_vector(raw[:, 0], targets, self.loss, self.spread)}

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """`given_value`, `predicted_value`, `residual` (given - predicted) of each number, and `error`, by the scale of
        the whole."""
        from hem_core.tasks._number_outputs import pooled_ratio

        assert outputs.targets is not None
        targets = outputs.targets if outputs.targets.ndim == 2 else outputs.targets[:, None]
        residual = targets - raw  # (N, D)
        scale = raw.new_tensor(self._scales.tolist())
        ratio = pooled_ratio(residual.abs() / scale)
        found = {"error": ratio / (ratio + FAR)}
        for place, output in enumerate(self._names):
            values = {"given_value": targets, "predicted_value": raw, "residual": residual}
            found |= {several.column(name, output): each[:, place] for name, each in values.items()}
        return found

    @property
    def _names(self) -> tuple[str, ...]:
        """The numbers; one has no name."""
        return self.outputs or ("",)

    @property
    def _scales(self) -> np.ndarray:
        """(D,) the usual |residual| of each; before there is a run, the spread of the labels."""
        if not self.outputs:
            return np.array([self.spread if self.residual_scale is None else self.residual_scale])
        return np.array(self.spreads if self.residual_scales is None else self.residual_scales)

    def votes(self, raw: np.ndarray) -> np.ndarray:
        """The predicted numbers themselves."""
        return raw.astype(np.float64)

    def raw_of_votes(self, mean: np.ndarray) -> np.ndarray:
        """The mean of the predicted numbers."""
        return mean.astype(np.float32)

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """The predictions, (N,), or of several numbers (N, D)."""
        return raw if self.outputs else raw[:, 0]

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The residual over the usual one of the run (before there is a run, over the spread of the labels), squashed;
        of several numbers, their pooled ratio.

        Until `residual_scale` is known the model that always says the mean has an error of a third.
        """
        return squashed(several.pooled(np.abs(self._residuals(raw, targets)) / self._scales))

    def _residuals(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Given − predicted, (N, D)."""
        return targets.astype(np.float64).reshape(raw.shape) - raw

    def residuals(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Given − predicted, (N, D), in the unit of each number; NaN where it is not known."""
        return self._residuals(raw, targets)

    def errors_by(self, raw: np.ndarray, targets: np.ndarray, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The residual over the local scale that the run found for each example, squashed."""
        scales = several.stacked(columns, "residual_scale", self._names)
        return squashed(several.pooled(np.abs(self._residuals(raw, targets)) / scales))

    @property
    def uncertainties(self) -> Mapping[str, str]:
        """How far the predictions around an example spread."""
        return of_pool.UNCERTAINTIES

    @property
    def shortcomings(self) -> Mapping[str, str]:
        """None beside the loss and the error."""
        return {}

    def unsure(self, raw: np.ndarray, near: Near) -> Mapping[str, np.ndarray]:
        """See `_number_pool.unsure`."""
        return of_pool.unsure(raw, near, np.array(self.spreads or (self.spread,)))

    def judged(self, raw: np.ndarray, targets: np.ndarray) -> Mapping[str, np.ndarray]:
        """{}."""
        return {}

    def of_the_set(self, columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None) -> OfTheSet:
        """Errors, difficulty and label suspicion by what is usual around each example; see `_standing.standing`."""
        if self.outputs:
            found, how, wholes = several.standing_of_all(columns, neighbours, self.outputs, self.spreads)
            return OfTheSet(found, how, replace(self, residual_scales=tuple(wholes)))
        found, how, whole = standing(columns, neighbours, self.spread)
        return OfTheSet(found, how, replace(self, residual_scale=whole))

    def rate_labels(self, labels: Any, predictions: Any, neighbours: np.ndarray | None) -> Rated:
        """See `_number_quality.rated`."""
        return rated(labels, predictions, neighbours)

    def recognizes(self, catalog: pa.Table, facts: Mapping[str, Any]) -> bool:
        """Whether the labels are numbers: several at once, or decimal ones, or whole ones that seldom repeat.

        Whole numbers beside columns of predicted classes are classes; beside predicted decimal numbers, such as a grade
        of 5 that was predicted as 4.85, they are numbers, however often they repeat.
        """
        if facts.get("numbers"):
            return True
        labels = catalog["label"].to_pylist()
        found = class_columns(catalog, Counter(label for label in labels if label is not None))
        if look_like_numbers(labels, may_be_whole=found is None or not found.of):
            return True
        return found is None and look_like_numbers(labels, is_decimal=_are_decimal(catalog))

    def raw_in(self, catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
        """The predictions (N, D) float32 in columns of the catalog, NaN where one is no number; None without any."""
        return elsewhere.numbers_in(catalog, facts, self.outputs or _outputs_in(catalog, facts))

    def columns_read(self, catalog: pa.Table, facts: Mapping[str, Any]) -> Sequence[str]:
        """The columns of the predictions of each number; () where there are none, or one column of lists."""
        outputs = self.outputs or _outputs_in(catalog, facts)
        return elsewhere.columns_of(catalog.column_names, facts, outputs) or ()

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """The label as it reads back, and the predictions rounded to two digits of what a residual usually is."""
        given = pa.array(self.written(columns["target"], classes), pa.string())
        usual = np.minimum(self.spreads or (self.spread,), self._scales)
        texts = [
            rounded(columns[several.column("predicted_value", output)], scale)
            for output, scale in zip(self._names, usual.tolist(), strict=True)
        ]
        predicted = pa.array(written_rows(texts) if self.outputs else texts[0], pa.string())
        return {"label": given, "given": given, "predicted": predicted}

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> None:
        """An example has no parts."""

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """Mean absolute error, root of the mean squared error, R² and Spearman's rank correlation; of several numbers
        first their means, normalised by the spread of each."""
        names = [several.column(name, each) for name in ("given_value", "predicted_value") for each in self._names]
        if any(name not in level for name in names):
            return []
        given, predicted = (several.stacked(level, name, self._names) for name in ("given_value", "predicted_value"))
        if self.outputs:
            return metrics_of_all(given, predicted, self.outputs, self.spreads)
        return metrics(given[:, 0], predicted[:, 0])

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """The tenth of the labels that each lies in; of several numbers, of their mean in standard deviations."""
        if targets.ndim == 2:
            targets = several.mean_of_standardised(targets)
        is_known = ~np.isnan(targets)
        if not is_known.any():
            return np.full(len(targets), -1, np.int64)
        edges = np.unique(np.quantile(targets[is_known], np.arange(1, STRATA) / STRATA))
        return np.where(is_known, np.digitize(targets, edges), -1).astype(np.int64)

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """A reason and its evidence, by the rules of `_regression_reasons`; of several numbers, of the worst one."""
        known = columns if "residual_ratio" in columns else {**columns, **self.of_the_set(columns, None).columns}
        if self.outputs:
            return several.explain_worst(known, self.outputs, self.spreads)
        return why.explain(known, self.spread)


def _are_decimal(catalog: pa.Table) -> bool:
    """Whether a column is named as the predictions of one number are, and holds decimal ones."""
    named = (name for name in catalog.column_names if name.casefold() in elsewhere.WORDS)
    columns = (catalog[name] for name in named if not pa.types.is_nested(catalog.schema.field(name).type))
    return any(look_like_numbers(column.cast(pa.string()).to_pylist(), may_be_whole=False) for column in columns)


def _without(n: int, output: str) -> str:
    """A note on n examples that lack one of several numbers."""
    words = "1 example lacks" if n == 1 else f"{n:,} examples lack"
    return f"{words} {output} and {'counts' if n == 1 else 'count'} by the other numbers."


def _outputs_in(catalog: pa.Table, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of several numbers in the labels of a catalog; () where each is one number."""
    named = facts.get("numbers")
    if named:
        return tuple(str(name) for name in named)
    n = _count_in(catalog["label"].to_pylist())
    return tuple(f"y{place}" for place in range(n)) if n > 1 else ()


def _count_in(labels: Sequence[str | None]) -> int:
    """How many numbers most of the labels hold."""
    return read_rows(labels)[0].shape[1] if any(map(is_several, labels)) else 1


def _named(outputs: tuple[str, ...], names: Sequence[str] | None, *, is_named: bool) -> tuple[str, ...]:
    """The outputs under the user's names. is_named: the data name them already, in the same order.

    Raises DataError for another number of names, or other names than those of the data.
    """
    if names is None:
        return outputs
    if len(names) != len(outputs) or (is_named and tuple(names) != outputs):
        there = (
            f"the labels hold {len(outputs)} numbers, {', '.join(outputs[:8])}" if outputs else "a label is a number"
        )
        raise DataError(f"--classes names {', '.join(map(str, names[:8]))}, and {there}; omit it")
    return tuple(str(name) for name in names)


def _check_outputs(n_outputs: int, outputs: Sequence[str]) -> None:
    n = len(outputs) or 1
    if n_outputs in (0, n):
        return
    known = f"there are {n} to predict ({', '.join(outputs[:8])})" if outputs else "the label is one"
    raise ModelError(
        f"the model gives {n_outputs} numbers for an example, and {known}; name the column of each number in the order "
        "of the outputs, as --label-column heating,cooling"
    )


def _check_numbers(labels: Sequence[str | None], is_odd: np.ndarray, source: str) -> None:
    """Raise DataError when over 5% of the labels are no numbers."""
    n, odd = sum(label is not None for label in labels), np.flatnonzero(is_odd).tolist()
    if len(odd) > max(3, MOST_BAD * n) or len(odd) == n:
        found = f"such as '{labels[odd[0]]}'" if odd else "none at all"
        raise DataError(
            f"{len(odd):,} of {n:,} labels in '{source}' are no numbers ({found}); "
            "name the column of numbers with --label-column, or score classes without --task regression"
        )
