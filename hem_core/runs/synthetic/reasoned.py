"""The reason of each synthetic example, as a classifier of reasons would give it: mostly the planted kind."""

from __future__ import annotations

import numpy as np

from hem_core.reasons.evidence import evidence
from hem_core.runs.synthetic.measured import EPOCHS, Columns, Near
from hem_core.runs.synthetic.rows import AMBIGUOUS, EASY, KINDS, SUBTLE, Rows, names_of, rng_of
from hem_core.runs.synthetic.world import World
from hem_core.stats.percentile import percentile_within

UNSURE_BELOW = 0.45
"""A reason that is less likely than this is "unsure"."""


def reasoned(world: World, rows: Rows, columns: Columns, near: Near, sizes: np.ndarray) -> Columns:
    """`reason`, `reason_prob`, `reason_probs` (n, 6), `suggested_label` and `evidence`. sizes (K,): of the classes."""
    probs = _probabilities(world, rows, columns)
    likeliest = probs.argmax(axis=1)
    reason = np.where(probs.max(axis=1) < UNSURE_BELOW, "unsure", names_of(likeliest, KINDS))
    other = np.where(columns["predicted"] != rows.given, columns["predicted"], columns["top_classes"][:, 1])
    suggested = names_of(other, world.classes)
    suggested[reason != "mislabelled"] = None
    words = _words(world, rows, columns, (reason, probs), near, sizes)
    return {
        "reason": reason.astype(object),
        "reason_prob": probs.max(axis=1),
        "reason_probs": probs,
        "suggested_label": suggested,
        "evidence": words,
    }


def _probabilities(world: World, rows: Rows, columns: Columns) -> np.ndarray:
    """(n, 6) float32, each row 1 in sum. What is wrong without anything planted looks subtle or ambiguous."""
    rng = rng_of(world, rows.start, 6)
    looks = rows.kind.copy()
    is_hard = columns["error_prob"] > 0.3
    is_border = (rows.kind == EASY) & is_hard
    looks[is_border] = np.where(columns["neighbour_disagreement"] > 0.3, AMBIGUOUS, SUBTLE)[is_border]
    is_harmless = (rows.kind != EASY) & ~is_hard & (columns["error"] == 0)
    looks[is_harmless & (rng.uniform(size=len(rows)) < 0.5)] = EASY
    weight = rng.normal(0, 1, (len(rows), len(KINDS)))
    weight[np.arange(len(rows)), looks] += np.where(looks == EASY, 6.0, 3.2)
    weight[:, EASY] -= np.where(looks == EASY, 0, 0.5)
    shares = np.exp(weight)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def _words(
    world: World,
    rows: Rows,
    columns: Columns,
    found: tuple[np.ndarray, np.ndarray],
    near: Near,
    sizes: np.ndarray,
) -> np.ndarray:
    """The evidence of each row, (n,) object. found: reasons and their probabilities."""
    reason, probs = found
    far = np.minimum(percentile_within(columns["prototype_distance"], rows.given), 99)
    table = {name: columns[name] for name in ("predicted_prob", "label_prob", "top_probs", "learned_epoch")}
    table |= {"forgetting": columns["forgetting"], "top_classes": names_of(columns["top_classes"], world.classes)}
    table |= {"class_size": sizes[rows.given], "percent_in_class": far}
    words = evidence(
        table,
        reason,
        targets=rows.given,
        predictions=columns["predicted"],
        class_names=world.classes,
        neighbour_labels=near.labels,
        epochs=EPOCHS,
        probs=probs,
    )
    return np.array(words, object)
