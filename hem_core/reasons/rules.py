"""Why an example is hard, by simple rules over the columns of scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.reasons.neighbourhood import count_labelled, majority
from hem_core.stats.percentile import percentile, percentile_within

REASONS = ("mislabelled", "outlier", "ambiguous", "rare", "subtle", "easy")
"""In the order in which they are tried."""
UNSURE = "unsure"
"""The reason where no rule applies."""


@dataclass(frozen=True, eq=False)
class Reasons:
    """What `reasons` returns, one entry an example."""

    reason: np.ndarray
    """(N,) strings out of REASONS, or UNSURE."""
    suggested: np.ndarray
    """(N,) int64: the class that a mislabelled example seems to be; -1 for the others."""

    def suggested_label(self, class_names: tuple[str, ...] | list[str]) -> list[str | None]:
        """Names of the suggested classes, None where there is no suggestion."""
        return [class_names[number] if number >= 0 else None for number in self.suggested.tolist()]


def reasons(
    table: Mapping[str, Any],
    *,
    targets: np.ndarray,
    predictions: np.ndarray,
    n_classes: int,
    neighbour_labels: np.ndarray | None = None,
    outlier_worst: float = 0.03,
    unanimous: float = 0.8,
    suspicious_worst: float = 0.1,
    small_gap: float = 0.2,
    split: float = 0.8,
    small_class: float = 0.25,
    sparse_worst: float = 0.1,
    unsure_below: float = 0.5,
    close_call: float = 0.3,
) -> Reasons:
    """One reason for each example, the first of these that holds (p1, p2: the two highest probabilities).

    A wrong label comes before an outlier, since it is far from its class too: asked the other way round, digits with
    planted flips had 15 of 90 called outliers, Fashion-MNIST 264 of 3,000; this way 1 and 86, at the same precision.
    How many labels are wrong is counted, which ones the order of suspicion tells: it finds more of them than the
    counted ones are (benchmarks/RESULTS.md, "Decisions").

    mislabelled  as many as there are labels that the prediction contradicts, at least as surely as its class is
                 predicted on average, and most neighbours with it: the most suspicious ones of which the prediction or
                 most neighbours are of another class (without a column label_suspicion, those that are counted); or,
                 whatever the model says (it may have learned the label by heart): a label suspicion in the worst
                 `suspicious_worst`, and at least the share `unanimous` of the neighbours have one other label
    outlier      prototype distance, and energy or entropy, in the data set's worst `outlier_worst`
    ambiguous    p1 - p2 below `small_gap`, the label is one of the two, and no class has the share `split` of
                 the neighbours; or the model is wrong, no other rule fits, and the neighbours do not back the label
    rare         wrong, p1 below `unsure_below`, and either the label's class has less than `small_class` of an
                 even share of the data, or the nearest neighbours are in its class's most distant `sparse_worst`
    subtle       the label leads by less than `close_call` or loses, and half of the neighbours back the label; without
                 neighbours, it leads or loses by less than `close_call`
    unsure       the model is wrong, there are no neighbours, and no other rule fits: a label that loses by much may be
                 wrong or hard, and nothing tells which
    easy         the rest
    table: columns (N,) named as in scores.parquet, a dict or a data frame; `predicted_prob` and `label_prob` are
    needed, `top2_gap`, `energy`, `entropy`, `prototype_distance`, `knn_distance`, `label_suspicion` read where
    present; without a column or without neighbours the parts that ask for them: an outlier needs its columns,
    elsewhere the condition falls away. targets, predictions (N,) class numbers, -1 for no label;
    neighbour_labels (N, k) class numbers, nearest first.
    """
    p1, p_label = _column(table, "predicted_prob"), _column(table, "label_prob")
    is_labelled, is_wrong = targets >= 0, (targets >= 0) & (predictions != targets)
    gap = 1 - _column(table, "top2_gap") if "top2_gap" in table else np.where(is_wrong, p1 - p_label, 2 * p1 - 1)
    lead = np.where(is_wrong, p_label - p1, gap)
    k = 0 if neighbour_labels is None else neighbour_labels.shape[1]
    say_label, say_most, most = _votes(neighbour_labels, targets)

    is_outlier = _is_worst(table, "prototype_distance", outlier_worst) & (
        _is_worst(table, "energy", outlier_worst) | _is_worst(table, "entropy", outlier_worst)
    )
    contradicted = is_wrong & (p1 >= _mean_confidence(p_label, targets, n_classes)[predictions])
    contradicted &= (most == predictions) | (k == 0)
    has_other = is_wrong | (is_labelled & (most != targets) & (most >= 0))
    suspected = _most_suspicious(table, contradicted, has_other)
    outvoted = is_labelled & (most != targets) & (say_most >= unanimous * k)
    outvoted &= _is_worst(table, "label_suspicion", suspicious_worst) & (k > 0)
    is_among_two = is_labelled & (p_label >= p1 - gap - 1e-6)
    is_ambiguous = (gap < small_gap) & is_among_two & ((say_most < split * k) | (k == 0))
    share = np.bincount(targets[is_labelled], minlength=n_classes) / max(1, is_labelled.sum())
    is_small = (share * n_classes < small_class)[targets] | _is_sparse(table, targets, sparse_worst)
    backs_label = say_label >= 0.5 * k if k else np.abs(lead) < close_call
    is_rare = is_wrong & (p1 < unsure_below) & is_small
    is_subtle = is_labelled & (lead < close_call) & backs_label
    rules = [suspected | outvoted, is_outlier, is_ambiguous, is_rare, is_subtle, is_wrong]
    reason = np.select(rules, [*REASONS[:-1], "ambiguous" if k else UNSURE], default="easy").astype(object)
    suggested = np.where(reason == "mislabelled", np.where(suspected & is_wrong, predictions, most), -1)
    return Reasons(reason, suggested.astype(np.int64))


def _column(table: Mapping[str, Any], name: str) -> np.ndarray:
    return np.asarray(table[name], np.float64)


def _votes(labels: np.ndarray | None, targets: np.ndarray) -> tuple[np.ndarray, ...]:
    """(N,) each: how many neighbours have the label, how many the class that most of them have, and that class."""
    if labels is None or labels.shape[1] == 0:
        nobody = np.zeros(len(targets), np.int64)
        return nobody, nobody, nobody - 1
    most = majority(labels)
    return count_labelled(labels, targets), count_labelled(labels, most), most


def _most_suspicious(table: Mapping[str, Any], counted: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(N,) bool: of `among` as many as are counted, those of the highest label suspicion; the counted ones first where
    it is equal, and these alone where the table has none."""
    if "label_suspicion" not in table:
        return counted
    suspicion = np.where(among, np.nan_to_num(_column(table, "label_suspicion"), nan=-1.0), -2.0)
    chosen = np.zeros(len(counted), bool)
    chosen[np.lexsort((~counted, -suspicion))[: int(counted.sum())]] = True
    return chosen


def _is_worst(table: Mapping[str, Any], name: str, share: float) -> np.ndarray:
    if name not in table:
        return np.zeros(len(table["predicted_prob"]), bool)
    return percentile(_column(table, name)) > 100 * (1 - share)


def _is_sparse(table: Mapping[str, Any], targets: np.ndarray, share: float) -> np.ndarray:
    if "knn_distance" not in table:
        return np.zeros(len(targets), bool)
    return percentile_within(_column(table, "knn_distance"), targets) > 100 * (1 - share)


def _mean_confidence(p_label: np.ndarray, targets: np.ndarray, n_classes: int) -> np.ndarray:
    """(K,) mean probability of the label among the examples of each class; 1 for a class without any."""
    use = (targets >= 0) & ~np.isnan(p_label)
    count = np.bincount(targets[use], minlength=n_classes)
    total = np.bincount(targets[use], weights=p_label[use], minlength=n_classes)
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)
