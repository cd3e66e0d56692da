"""What others compute from the same outputs, turned so that higher = harder.

cleanlab is asked where it is installed, as in the development set-up (2.9 was measured); the others are formulas,
written down here from their papers or sources, without HEM's code.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

HAS_CLEANLAB = importlib.util.find_spec("cleanlab") is not None
NOTE = "" if HAS_CLEANLAB else "cleanlab is not installed, so its rows are missing: `pip install cleanlab`."
METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


@dataclass(frozen=True, eq=False)
class MethodInputs:
    """What models say of N examples in K classes over E epochs."""

    logits: np.ndarray
    """(N, K) of the model trained on all of them."""
    embeddings: np.ndarray | None
    """(N, D) of the same."""
    oos_logits: np.ndarray
    """(N, K) of models that were not trained on that example."""
    confidence: np.ndarray | None
    """(N, E) probability of the label in the training batches, where it was recorded."""
    margin: np.ndarray | None
    """(N, E) largest other logit minus the label's."""
    labels: np.ndarray
    """(N,) as given."""


def peers(inputs: MethodInputs) -> dict[str, np.ndarray]:
    """Name -> (N,) of everyone who can be asked; those who need out-of-sample probabilities get them."""
    probs = probabilities(inputs.oos_logits)
    found = cleanlab(probs, inputs.labels, inputs.embeddings) if HAS_CLEANLAB else {}
    return found | fiftyone(probs, inputs.labels) | from_dynamics(inputs)


def cleanlab(probs: np.ndarray, labels: np.ndarray, embeddings: np.ndarray | None) -> dict[str, np.ndarray]:
    """Label quality by three methods, and the outlier score from the embeddings; Datalab reports the same two."""
    from cleanlab.outlier import OutOfDistribution  # pyright: ignore[reportMissingImports]
    from cleanlab.rank import get_label_quality_scores  # pyright: ignore[reportMissingImports]

    found = {f"cleanlab {method}": 1 - get_label_quality_scores(labels, probs, method=method) for method in METHODS}
    if embeddings is not None:
        outlier = OutOfDistribution().fit_score(features=embeddings, verbose=False)
        found["cleanlab outlier, embeddings"] = 1 - outlier
    return found


def fiftyone(probs: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """FiftyOne Brain's compute_hardness, the entropy, and compute_mistakenness, from +-exp(-entropy)."""
    entropy = -(probs * np.log(np.maximum(probs, 1e-300))).sum(axis=1)
    sign = np.where(probs.argmax(axis=1) != labels, 1.0, -1.0)
    return {"FiftyOne hardness": entropy, "FiftyOne mistakenness": (sign * np.exp(-entropy) + 1) / 2}


def from_dynamics(inputs: MethodInputs) -> dict[str, np.ndarray]:
    """AUM (Pleiss 2020, sign turned) and the data map's confidence, variability, correctness (Swayamdipta 2020).

    Of an epoch in which an example was in no training batch (its own fold's) nothing is known, and it does not count.
    """
    if inputs.confidence is None or inputs.margin is None:
        return {}
    return {
        "AUM": np.nanmean(inputs.margin, axis=1),
        "cartography confidence": 1 - np.nanmean(inputs.confidence, axis=1),
        "cartography variability": np.nanstd(inputs.confidence, axis=1),
        "cartography correctness": 1 - np.nanmean(inputs.margin < 0, axis=1),
    }


def map_d(inputs: MethodInputs, is_probe: np.ndarray, kind: np.ndarray, *, k: int = 20) -> tuple[list[str], np.ndarray]:
    """Kinds of the other rows by a kNN in the space of loss trajectories: C names, and (M, C) shares of the votes.

    is_probe (N,) rows whose kind may be looked at; kind (N,) strings.
    Reference: Siddiqui et al. 2022, Metadata Archaeology, arXiv:2209.10015, k = 20.
    """
    assert inputs.confidence is not None
    losses = -np.log(np.maximum(np.nan_to_num(inputs.confidence, nan=1.0), 1e-12))
    model = KNeighborsClassifier(n_neighbors=k).fit(losses[is_probe], kind[is_probe])
    return [str(name) for name in model.classes_], np.asarray(model.predict_proba(losses[~is_probe]))


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis in float64."""
    wide = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return wide / wide.sum(axis=-1, keepdims=True)
