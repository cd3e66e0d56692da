"""Single-label classification: one class out of K for each example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.stats.wilson import wilson
from hem_core.tasks import _class_labels as labels
from hem_core.tasks._class_order import agreed
from hem_core.tasks._class_predictions import ListedPredictions, listed
from hem_core.tasks._contract import OFFERS, Column, Figure, Metric, ModelFacts, Offer, TargetOptions, Targets
from hem_core.thresholds import WRONG
from hem_core.types import Outputs

if TYPE_CHECKING:
    from torch import Tensor

LEAST_VOTE = 1e-300
"""A mean probability counts as no less: its logarithm stays a number."""


@dataclass(frozen=True)
class Task:
    """See `hem_core.tasks.Task`. A raw output is the logits (N, K); a value is a class index, -1 = no label."""

    name: str = "classification"
    title: str = "single-label classification"
    offers: frozenset[Offer] = frozenset(OFFERS)
    figures: tuple[Figure, ...] = ("confusion matrix", "classes", "errors")

    prediction_columns: str = (
        "columns prob_<class> or logit_<class> for each class, or lists of K floats in a column probs or "
        "logits, or columns predicted and confidence"
    )
    spoils: tuple[str, ...] = ("mislabelled", "ambiguous", "outlier", "rare")

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why an example of a class is hard."""
        return {
            "mislabelled": "the given label is probably wrong",
            "outlier": "it looks like nothing else in the data",
            "ambiguous": "it looks like several classes",
            "rare": "there are few examples like it",
            "subtle": "the model learned it late, though nothing is wrong with it",
            "easy": "nothing is hard about it",
            "unsure": "no reason stands out",
        }

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """Class names in the order of the outputs, and the class of every row; the model's own order counts first."""
        found, n_classes = dict(facts), model.n_outputs
        if not n_classes:
            found = labels.for_training(catalog, found, options.classes)
            n_classes = labels.count_classes(catalog, found, options.classes)
        found = labels.without_empty(found, n_classes, options.classes)
        found = agreed(model, catalog, found, options.classes)
        is_settled = model.is_estimator and found["labels_are"] == "names"
        names = labels.class_names(catalog, found, n_classes, None if is_settled else options.classes)
        choice = found["labels_are"] if model.is_estimator else options.labels_are
        labels_are = labels.read_labels(catalog, found, names, choice=choice)
        notes = labels.check_labels(catalog, labels_are, names, found["source"])
        found |= {"labels_are": labels_are, "notes": [*found.get("notes", []), *notes]}
        values, bad = labels.targets(catalog, found, names)
        return Targets(values, bad, tuple(names), found)

    def listed_predictions(self, catalog: pa.Table) -> ListedPredictions | None:
        """Logits or probabilities in columns of the data; see `_class_predictions.listed`."""
        return listed(catalog)

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """Class index of each row, (N,) int64, -1 where the label is none of the classes."""
        found = labels.read_labels(catalog, facts, classes, choice=labels_are)
        return labels.targets(catalog, {**facts, "labels_are": found}, classes)[0]

    def encode(self, names: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """Class index of each name, (N,) int64, -1 where it is none of the classes."""
        index = {name: place for place, name in enumerate(classes)}
        return np.array([-1 if name is None else index.get(name, -1) for name in names], dtype=np.int64)

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """The names of classes (N,), None for -1."""
        return [str(classes[value]) if value >= 0 else None for value in values.tolist()]

    def width(self, classes: Sequence[str]) -> int:
        """K."""
        return len(classes)

    def raw(self, output: Any) -> Tensor:
        """The logits (N, K) float32; see `_logits.logits_of`."""
        from hem_core.tasks._logits import logits_of

        return logits_of(output)

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Row -> why it cannot be scored. A class that is ruled out by -inf is no problem unless it is the label's."""
        from hem_core.tasks._logits import problems

        return problems(raw, targets)

    def finite(self, raw: Tensor) -> Tensor:
        """Logits whose -inf are 10,000 below the best of their row; see `_logits.unmasked`."""
        from hem_core.tasks._logits import unmasked

        return unmasked(raw)

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`logits` (N, K), `targets` (N,) int64 and `loss` (N,), the cross-entropy in nats."""
        from hem_core.tasks._logits import loss_vector, unmasked

        logits = unmasked(raw)
        return {"logits": logits, "targets": targets, "loss": loss_vector(logits, targets)}

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """`predicted`, the probabilities and best classes of `_logits.predictions`, and `error`, 0 or 1."""
        from hem_core.tasks._logits import predictions

        assert outputs.logits is not None
        assert outputs.targets is not None
        found = predictions(outputs.logits, outputs.targets)
        return found | {"error": (found["predicted"] != outputs.targets).float()}

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """The class with the largest logit, (N,)."""
        return raw.argmax(axis=1)

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """1 where the largest logit is another class's than the given one."""
        return (raw.argmax(axis=1) != targets).astype(np.float64)

    def votes(self, raw: np.ndarray) -> np.ndarray:
        """The probability of each class."""
        from scipy.special import softmax

        return softmax(raw.astype(np.float64), axis=1)

    def raw_of_votes(self, mean: np.ndarray) -> np.ndarray:
        """The logarithm of the mean probabilities."""
        return np.log(np.maximum(mean, LEAST_VOTE)).astype(np.float32)

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """Classes by their names, and `is_correct`."""
        names = np.array(classes, dtype=object)
        label = pa.array(names[columns["target"]], pa.string())
        predicted = pa.array(names[columns["predicted"]], pa.string())
        found = {
            "label": label,
            "predicted": predicted,
            "is_correct": pa.array(columns["predicted"] == columns["target"]),
            "label_prob": pa.array(columns["label_prob"]),
            "predicted_prob": pa.array(columns["predicted_prob"]),
            "top_classes": _lists(names[columns["top_classes"]], pa.string()),
            "top_probs": _lists(columns["top_probs"], None),
            "given": label,
        }
        if "predicted_oos" in columns:
            found["predicted_oos"] = pa.array(names[columns["predicted_oos"]], pa.string())
        if "top_classes_oos" in columns:
            found["top_classes_oos"] = _lists(names[columns["top_classes_oos"]], pa.string())
        return found

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> None:
        """An example has no parts."""

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """Accuracy with its 95% Wilson interval; none where no example is judged."""
        error = np.asarray(level["error"], np.float64)
        is_right = error[~np.isnan(error)] < WRONG
        n = len(is_right)
        if not n:
            return []
        low, high = wilson(int(is_right.sum()), n)
        return [Metric("accuracy", float(is_right.mean()), float(low), float(high), n=n)]

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """The class."""
        return targets

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """{}: the reasons come from the classifier of reasons, or from the simple rules."""
        return {}


def _lists(values: np.ndarray, kind: pa.DataType | None) -> pa.Array:
    flat = pa.array(values.reshape(-1), kind) if kind is not None else pa.array(values.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
