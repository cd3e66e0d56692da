"""The columns of a run with the reason of each example, from its probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.reasons.calibrate import Calibrated
from hem_core.reasons.contradictions import ruled_out
from hem_core.reasons.evidence import evidence
from hem_core.reasons.features import Features
from hem_core.reasons.lift import stand_out
from hem_core.reasons.naming import named, strongest
from hem_core.reasons.neighbourhood import majority


@dataclass(frozen=True, eq=False)
class ReasonPredictions:
    """A model's predictions for N rows, as the reasons use them: out-of-sample where they are known."""

    predicted: np.ndarray
    """(N,) class numbers."""
    sure: np.ndarray
    """(N,) probability of that class."""
    label_sure: np.ndarray
    """(N,) probability of the label."""
    second: np.ndarray
    """(N,) class numbers of the second best."""
    second_sure: np.ndarray
    """(N,)"""
    subject: str
    """The grammatical subject of the evidence: "the model" or another phrase."""


def reason_columns(
    found: Calibrated,
    rows: Features,
    spoken: ReasonPredictions,
    *,
    table: Mapping[str, Any],
    targets: np.ndarray,
    class_names: Sequence[str],
    neighbour_labels: np.ndarray | None,
    epochs: int | None,
) -> dict[str, np.ndarray]:
    """reason, reason_prob, reason_probs (N, 6), suggested_label and evidence.

    reason is the kind most above its mean share, and reason_prob the calibrated probability of that kind.
    rows: what `found` was fitted with; table: further columns (N,) that the evidence mentions where present
    (prototype_distance, learned_epoch, forgetting). Other arguments as in `evidence`.
    """
    probs = ruled_out(
        found.probs,
        targets=targets,
        predicted=spoken.predicted,
        sure=spoken.sure,
        neighbour_labels=neighbour_labels,
        label_sure=spoken.label_sure,
    )
    voted = majority(neighbour_labels) if neighbour_labels is not None else np.full(len(targets), -1)
    found_out = stand_out(probs)
    why = named(found_out, targets=targets, predictions=spoken.predicted, voted=voted)
    names = np.array(class_names, dtype=object)
    said = {name: table[name] for name in ("prototype_distance", "learned_epoch", "forgetting") if name in table}
    said |= {
        "predicted_prob": spoken.sure,
        "label_prob": spoken.label_sure,
        "top_classes": names[np.stack([spoken.predicted, spoken.second], axis=1)],
        "top_probs": np.stack([spoken.sure, spoken.second_sure], axis=1),
    }
    words = evidence(
        said,
        why.reason,
        targets=targets,
        predictions=spoken.predicted,
        class_names=class_names,
        neighbour_labels=neighbour_labels,
        epochs=epochs,
        probs=probs,
        strongest=strongest(found.model, rows.values, found_out.place),
        subject=spoken.subject,
    )
    return {
        "reason": why.reason,
        "reason_prob": probs[np.arange(len(probs)), found_out.place].astype(np.float32),
        "reason_probs": probs,
        "suggested_label": np.array(why.suggested_label(list(class_names)), dtype=object),
        "evidence": np.array(words, dtype=object),
    }
