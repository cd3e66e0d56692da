"""The evidence for a reason, one sentence per example."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hem_core.reasons.lift import REGULAR, Standout, stand_out
from hem_core.reasons.neighbourhood import count_labelled, majority
from hem_core.reasons.rules import REASONS, UNSURE
from hem_core.stats.percentile import percentile_within


def evidence(
    table: Mapping[str, Any],
    reason: np.ndarray,
    *,
    targets: np.ndarray,
    predictions: np.ndarray,
    class_names: Sequence[str],
    neighbour_labels: np.ndarray | None = None,
    epochs: int | None = None,
    late_from: float = 0.5,
    probs: np.ndarray | None = None,
    strongest: Sequence[Sequence[str]] | None = None,
    subject: str = "the model",
) -> list[str]:
    """The evidence for each example's reason: "5 of 5 neighbours say cat; the model is 97% sure of cat; given: dog".

    table: columns (N,) named as in scores.parquet, a dict or a data frame: `predicted_prob`, `label_prob`, and where
    present `top_classes` (lists of names, best first), `top_probs`, `prototype_distance`, `forgetting`,
    `learned_epoch`; where the rows are a part of a run, `class_size` and `percent_in_class`: how many examples of the
    run have the label of each, and the share of these, in percent, that are nearer to their class. reason (N,) strings
    out of reasons.REASONS, or "unsure"; targets, predictions (N,) class numbers, -1 for no label; neighbour_labels
    (N, k) class numbers. epochs: how many were recorded; an example counts as learned late from the share `late_from`
    of them on. probs (N, 6): of REASONS: an unsure example is described by the two kinds that stand out most, and a
    reason that is less likely than not by how much it stands out.
    strongest: N lists of phrases about the most important features, appended to the rest. subject: whose predictions
    these are, in `predictions` and the probabilities, such as "a model that had not seen it" where they are
    out-of-sample. Unknown facts are not mentioned.
    Returns N sentences, plain text, without a full stop.
    """
    facts = _Facts(table, targets, predictions, class_names, neighbour_labels, subject)
    standout = stand_out(probs) if probs is not None else None
    facts.likeliest = _likeliest(probs, standout, len(targets))
    more = strongest if strongest is not None else [()] * len(targets)
    tell = {
        "mislabelled": _mislabelled,
        "ambiguous": _ambiguous,
        "outlier": _outlier,
        "rare": _rare,
        "subtle": _subtle,
        "easy": _easy,
        "unsure": _unsure,
    }
    past = _past(table, len(targets), epochs, late_from)
    lifts = _lifts(reason, probs, standout)
    rows = enumerate(zip(reason.tolist(), past, more, lifts, strict=True))
    return [
        "; ".join([*filter(None, tell[why](facts, row)), *learned, *also, *lift])
        for row, (why, learned, also, lift) in rows
    ]


class _Facts:
    """The columns as lists, since sentences are made row by row, and the phrases that they share."""

    def __init__(
        self,
        table: Mapping[str, Any],
        targets: np.ndarray,
        predictions: np.ndarray,
        class_names: Sequence[str],
        neighbour_labels: np.ndarray | None,
        subject: str,
    ) -> None:
        self.subject = subject
        self.likeliest = [""] * len(targets)
        names = [*class_names, "no label"]  # -1 finds the last
        self.given = [names[number] for number in targets.tolist()]
        self.predicted = [names[number] for number in predictions.tolist()]
        self.is_right = (targets == predictions).tolist()
        self.is_labelled = (targets >= 0).tolist()
        self.sure = np.asarray(table["predicted_prob"], np.float64).tolist()
        self.label_sure = np.asarray(table["label_prob"], np.float64).tolist()
        self.second = _second(table, len(targets))
        self.size = _sizes(table, targets, len(class_names))
        self.far = _percent_below(table, targets)
        self.k = 0 if neighbour_labels is None else neighbour_labels.shape[1]
        if neighbour_labels is not None and self.k:
            most = majority(neighbour_labels)
            self.most = [names[number] for number in most.tolist()]
            self.say_most = count_labelled(neighbour_labels, most).tolist()
            self.say_label = count_labelled(neighbour_labels, targets).tolist()

    def neighbours_say_most(self, row: int) -> str:
        """`14 of 15 neighbours say cat`, or nothing without neighbours."""
        return f"{self.say_most[row]} of {self.k} neighbours say {self.most[row]}" if self.k else ""

    def neighbours_share_label(self, row: int) -> str:
        """`12 of 15 neighbours share the label dog`, or nothing without neighbours or label."""
        if not self.k or not self.is_labelled[row]:
            return ""
        return f"{self.say_label[row]} of {self.k} neighbours share the label {self.given[row]}"

    def model(self, row: int) -> str:
        """`the model is 97% sure of cat`."""
        return f"{self.subject} is {_percent(self.sure[row])} sure of {self.predicted[row]}"

    def two_best(self, row: int) -> str:
        """`cat 48% against dog 44%`: the two best classes, or the best and the label where only that is known."""
        other = self.second[row]
        if not other and self.is_labelled[row] and not self.is_right[row]:
            other = f"{self.given[row]} {_percent(self.label_sure[row])}"
        other = other or "the rest"
        return f"{self.predicted[row]} {_percent(self.sure[row])} against {other}"

    def distance(self, row: int) -> str:
        """`farther from the class dog than 98% of its examples`, or nothing without embeddings."""
        if self.far[row] is None:
            return ""
        return f"farther from the class {self.given[row]} than {self.far[row]}% of its examples"


def _mislabelled(facts: _Facts, row: int) -> list[str]:
    return [facts.neighbours_say_most(row), facts.model(row), f"given: {facts.given[row]}"]


def _ambiguous(facts: _Facts, row: int) -> list[str]:
    does = "wavers" if facts.sure[row] < 0.6 else "leans"
    return [f"{facts.subject} {does}: {facts.two_best(row)}", facts.neighbours_say_most(row), _given(facts, row)]


def _outlier(facts: _Facts, row: int) -> list[str]:
    whose = "the model's" if facts.subject == "the model" else f"for {facts.subject} the"
    return [facts.distance(row), f"{whose} best guess is {facts.predicted[row]} at {_percent(facts.sure[row])}"]


def _rare(facts: _Facts, row: int) -> list[str]:
    return [
        f"one of {facts.size[row]} examples of {facts.given[row]}",
        facts.distance(row),
        f"{facts.model(row)} only",
        facts.neighbours_share_label(row),
    ]


def _subtle(facts: _Facts, row: int) -> list[str]:
    call = "a close call" if facts.is_right[row] else f"{facts.subject} is wrong"
    return [f"{call}: {facts.two_best(row)}", facts.neighbours_share_label(row)]


def _easy(facts: _Facts, row: int) -> list[str]:
    return [f"{facts.model(row)}{', as labelled' if facts.is_right[row] else ''}"]


def _unsure(facts: _Facts, row: int) -> list[str]:
    return [facts.likeliest[row], facts.neighbours_say_most(row), facts.model(row), _given(facts, row)]


def _likeliest(probs: np.ndarray | None, standout: Standout | None, n: int) -> list[str]:
    """`mislabelled 45% or ambiguous 38%`, for every row."""
    if probs is None or standout is None:
        return [""] * n
    two = np.stack([standout.place, standout.second], axis=1).tolist()
    pairs = zip(probs.tolist(), two, strict=True)
    return [" or ".join(f"{REASONS[kind]} {_percent(row[kind])}" for kind in both) for row, both in pairs]


def _lifts(reason: np.ndarray, probs: np.ndarray | None, standout: Standout | None) -> list[list[str]]:
    """`outlier 12%, 9 times the average`, for rows whose reason is odd and less likely than not."""
    if probs is None or standout is None:
        return [[] for _ in reason]
    own = probs[np.arange(len(probs)), standout.place]
    is_told = (own < 0.5) & ~np.isin(reason, [*REGULAR, UNSURE])
    found = zip(is_told.tolist(), reason.tolist(), own.tolist(), standout.times.tolist(), strict=True)
    return [
        [f"{why} {_percent(prob)}, {_times(times)} times the average"] if told else []
        for told, why, prob, times in found
    ]


def _times(times: float) -> str:
    """`1.7` or `56`."""
    return f"{times:.1f}" if times < 10 else f"{times:.0f}"


def _given(facts: _Facts, row: int) -> str:
    return f"given: {facts.given[row]}" if facts.is_labelled[row] else "no label given"


def _percent(share: float) -> str:
    """`97%`; 100% and 0% are reserved for exact values."""
    if share != share:
        return "?%"
    if 0.995 <= share < 1:
        return "over 99%"
    return "under 1%" if 0 < share < 0.005 else f"{share:.0%}"


def _second(table: Mapping[str, Any], n: int) -> list[str]:
    if "top_classes" not in table or "top_probs" not in table:
        return [""] * n
    pairs = zip(table["top_classes"], table["top_probs"], strict=True)
    return [f"{names[1]} {_percent(float(probs[1]))}" if len(names) > 1 else "" for names, probs in pairs]


def _sizes(table: Mapping[str, Any], targets: np.ndarray, n_classes: int) -> list[int]:
    if "class_size" in table:
        return np.asarray(table["class_size"], np.int64).tolist()
    return np.bincount(targets[targets >= 0], minlength=n_classes)[targets].tolist()


def _percent_below(table: Mapping[str, Any], targets: np.ndarray) -> list[int | None]:
    if "percent_in_class" in table:
        return np.asarray(table["percent_in_class"], np.int64).tolist()
    if "prototype_distance" not in table:
        return [None] * len(targets)
    place = percentile_within(np.asarray(table["prototype_distance"], np.float64), targets)
    return [None if value != value else int(value) for value in place.tolist()]


def _past(table: Mapping[str, Any], n: int, epochs: int | None, late_from: float) -> list[list[str]]:
    """From the training: learned late or never, forgotten; nothing for an example that was learned early and kept."""
    if "learned_epoch" not in table:
        return [[] for _ in range(n)]
    learned = np.asarray(table["learned_epoch"], np.float64).tolist()
    forgotten = np.asarray(table["forgetting"], np.float64).tolist() if "forgetting" in table else [0.0] * n
    return [_past_of(at, times, epochs, late_from) for at, times in zip(learned, forgotten, strict=True)]


def _past_of(learned: float, forgotten: float, epochs: int | None, late_from: float) -> list[str]:
    if epochs is not None and learned >= epochs:
        # A count of E forgettings stands for "never right at all".
        words = [f"never learned in {epochs} epochs" if forgotten >= epochs else f"still wrong after {epochs} epochs"]
    elif epochs is not None and learned >= late_from * epochs:
        words = [f"learned late (epoch {learned + 1:.0f} of {epochs})"]
    else:
        words = []
    if forgotten > 0 and (epochs is None or forgotten < epochs):
        words.append(f"forgotten {forgotten:.0f} time{'s' * (forgotten != 1)}")
    return [", ".join(words)] if words else []
