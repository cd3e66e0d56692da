"""What logits of models that were not trained on a row say of it, and how well they find flipped labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from hem_core.probes import own_model
from hem_core.probes.choose import MOST_SHARE
from hem_core.probes.judge import Rows
from hem_core.probes.planted import Plan, plan
from hem_core.reasons import facts
from hem_core.reasons.columns import ReasonPredictions
from hem_core.reasons.features import Features, features
from hem_core.reasons.trusted_from import TRUSTED_FROM
from hem_core.stats.auroc import auroc

CONFLICT = ("margin", "votes_other", "aum_windowed")
"""The evidence against a label."""
LEAST_FLIPS = 20
"""Flips that an AUROC can be said of."""
_AT_ONCE = 65_536


def predictions(rows: Rows, logits: np.ndarray, subject: str) -> ReasonPredictions:
    """What the logits (N, K) say; the columns of the run where they are NaN."""
    own = own_model.predictions(rows, subject)
    top, best = np.stack([own.predicted, own.second], axis=1), np.stack([own.sure, own.second_sure], axis=1)
    label_sure = own.label_sure
    for start in range(0, len(rows.targets), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        judged = np.flatnonzero(~np.isnan(logits[part, 0])) + start
        z = torch.from_numpy(logits[judged]).float().softmax(dim=1)  # (B, K)
        values, order = z.topk(2, dim=1)
        top[judged], best[judged] = order.numpy(), values.numpy()
        label_sure[judged] = z.numpy()[np.arange(len(judged)), rows.targets[judged]]
    return replace(
        own, predicted=top[:, 0], sure=best[:, 0], label_sure=label_sure, second=top[:, 1], second_sure=best[:, 1]
    )


def flips_as_rows(logits: np.ndarray, of_rows: np.ndarray, chosen: Plan) -> np.ndarray:
    """Logits (P, K) of the probes, for flips those of their rows (N, K): with another label, an input is the same."""
    is_flip = chosen.kind == "mislabelled"
    return np.where(is_flip[:, None], of_rows[chosen.source], logits)


def of_flips(rows: Rows, logits: np.ndarray) -> dict[str, Any]:
    """auroc, is_trusted and n_probes of flips alone, which need no model; {} where there are too few."""
    targets, n_classes = rows.targets, len(rows.classes)
    if (targets < 0).any():
        return {}
    usable = np.where(np.isnan(logits[:, 0]), -1, targets)
    flips = plan(usable, n_classes, kinds=("mislabelled",), seed=rows.seed, share=MOST_SHARE, least=LEAST_FLIPS)
    if not len(flips):
        return {}
    real, mine = facts.from_logits(logits, targets), facts.from_logits(logits[flips.source], flips.label)
    if rows.graph is not None:
        for table, places, labels in ((real, np.arange(len(targets)), targets), (mine, flips.source, flips.label)):
            votes = targets[rows.graph.indices[places]]
            table |= facts.from_neighbours(votes, rows.graph.distances[places], labels, table["predicted"], n_classes)
    conflict = features(real, names=CONFLICT)
    share = round(conflict_auroc(conflict, features(mine, reference=real, names=conflict.names)), 4)
    return {"auroc": share, "is_trusted": share >= TRUSTED_FROM, "n_probes": len(flips)}


def conflict_auroc(rows: Features, flips: Features) -> float:
    """How well the evidence against a label finds planted flips among the rows: 1 = all before every row, .5 = chance.

    The evidence is the mean place of margin, votes for another class, and windowed AUM, as far as they are there.
    """
    used = [k for k, name in enumerate(rows.names) if name in CONFLICT]
    return auroc(flips.values[:, used].mean(axis=1), rows.values[:, used].mean(axis=1))
