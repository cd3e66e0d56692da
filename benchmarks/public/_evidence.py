"""From a data set, a noise model and a seed to the evidence, which is the same for every method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks._flipped import another
from benchmarks.public._models import predicted, recorded
from benchmarks.public._types import CleanRows, Evidence, LabelledSet

MOST, ANNOTATOR, PROBES, FOLDS = 1000, 300, 75, 5
"""At most: rows scored, rows of the weak model, probes of each sort."""
Noise = Callable[[CleanRows, float, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Draw:
    """A seed's sample of a data set; which rows are scored and which are probes."""

    labelled: LabelledSet
    scored: np.ndarray
    """(N,) positions."""
    probes: np.ndarray
    """(P,) positions, the first half to be labelled at random."""
    weak_probs: np.ndarray
    """(M, K) of the weak model, for all rows of the set."""

    def clean(self, rows: np.ndarray) -> CleanRows:
        """What a noise model sees of these positions."""
        whole = self.labelled
        return CleanRows(whole.embeddings[rows], whole.labels[rows], whole.n_classes, self.weak_probs[rows])


def draw(labelled: LabelledSet, seed: int) -> Draw:
    """A sample: 15% of the rows, 300 at most, for the weak model, two times 5% and 75 at most as probes, and of the
    rest 1,000 at most to be scored."""
    order, n = np.random.default_rng(seed).permutation(len(labelled.labels)), len(labelled.labels)
    annotator, probes = min(ANNOTATOR, round(0.15 * n)), 2 * min(PROBES, round(0.05 * n))
    own, order = order[:annotator], order[annotator:]
    scored = order[probes : probes + MOST]
    return Draw(labelled, scored, order[:probes], _weak_probs(labelled, own))


def evidence(drawn: Draw, noise: Noise, rate: float, seed: int) -> tuple[Evidence, np.ndarray]:
    """The evidence of N examples, and which of their labels are wrong: (N,) bool."""
    whole, rows, k = drawn.labelled, drawn.scored, drawn.labelled.n_classes
    of_noise, of_probe_noise, of_other, of_folds, own = streams(seed)
    labels = noise(drawn.clean(rows), rate, of_noise)
    of_probes = noise(drawn.clean(drawn.probes), rate, of_probe_noise)
    is_random = np.arange(len(of_probes)) < len(of_probes) // 2
    of_probes = np.where(is_random, another(of_probes, k, np.random.default_rng(of_other)), of_probes)
    inputs = whole.inputs[np.concatenate([rows, drawn.probes])]
    record = recorded(whole.model, inputs, np.concatenate([labels, of_probes]), k, own)
    found = Evidence(
        labels=labels,
        n_classes=k,
        logits=_out_of_fold(whole.model, whole.inputs[rows], labels, k, of_folds),
        embeddings=whole.embeddings[rows],
        epoch_logits=record[: len(rows)],
        probe_logits=record[len(rows) :],
        probe_labels=of_probes,
        is_random_probe=is_random,
        seed=own,
        are_rounds=whole.model == "trees",
    )
    return found, labels != whole.labels[rows]


def streams(seed: int) -> list[int]:
    """Five independent seeds of one, so that no method draws the numbers that the noise was drawn with."""
    return [int(each) for each in np.random.SeedSequence(seed).generate_state(5) % 2**31]


def _out_of_fold(model: str, inputs: np.ndarray, labels: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Logits (N, K) of models that were not trained on the row; each class is spread evenly over the folds."""
    fold = np.empty(len(labels), np.int64)
    fold[np.lexsort((np.random.default_rng(seed).random(len(labels)), labels))] = np.arange(len(labels)) % FOLDS
    logits = np.empty((len(labels), k), np.float32)
    for left_out in range(FOLDS):
        out = fold == left_out
        logits[out] = predicted(model, inputs[~out], labels[~out], inputs[out], k, seed)
    return logits


def _weak_probs(labelled: LabelledSet, rows: np.ndarray) -> np.ndarray:
    """(M, K) of a logistic regression on the embeddings of few rows; a class that these lack gets one in a thousand."""
    scale = StandardScaler().fit(labelled.embeddings[rows])
    model = LogisticRegression(C=0.1, max_iter=200)
    model.fit(scale.transform(labelled.embeddings[rows]), labelled.labels[rows])
    probs = np.full((len(labelled.labels), labelled.n_classes), 1e-3)
    probs[:, model.classes_] += model.predict_proba(scale.transform(labelled.embeddings))
    return probs / probs.sum(axis=1, keepdims=True)
