"""Planted probes as inputs: read, spoiled, and put into the trainings of the folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hem_core.engine.batch import Inputs, Values
from hem_core.engine.extra import Extra, rows_of
from hem_core.probes.planted import Plan


@dataclass(frozen=True, eq=False)
class Spoiled:
    """The probes that could be read, and their P inputs as stored."""

    plan: Plan
    values: Values


def spoil(plan: Plan, inputs: Inputs, index: np.ndarray, *, is_picture: bool, seed: int) -> Spoiled:
    """Make the inputs of every probe: flips as they are, the others spoiled as their kind says.

    index (N,): position of each row in the catalog, by which `inputs` reads. is_picture: uint8 values are pictures.
    A probe whose source or partner cannot be read is left out.
    """
    wanted = np.unique(np.concatenate([plan.source, plan.partner[plan.partner >= 0]]))
    batches = {int(row): inputs.read([int(index[row])]) for row in wanted}
    good = np.array([row for row in wanted.tolist() if batches[row].indices], np.int64)
    is_good = np.isin(plan.source, good) & ((plan.partner < 0) | np.isin(plan.partner, good))
    plan = plan.take(is_good)
    if not len(plan):
        return Spoiled(plan, [])
    pool = joined([batches[row].values for row in good.tolist()])
    sources = rows_of(pool, np.searchsorted(good, plan.source))
    has_partner = plan.partner >= 0
    partners = rows_of(pool, np.searchsorted(good, np.where(has_partner, plan.partner, plan.source)))
    made = inputs.spoil(sources, plan.kind.tolist(), partners, pool=pool, is_picture=is_picture, seed=seed)
    return Spoiled(plan, made)


def planted(spoiled: Spoiled, fold: np.ndarray, n_folds: int, *, seed: int) -> Extra:
    """The probes for the trainings of `cross_fit`: each in one that does not hold its source's fold out, in the place
    of its source, so that every real row still has logits of a model that saw neither it nor a probe made of it.

    fold (N,): the fold of each row, -1 = none; such a row is no source (plan with targets -1 there).
    Raises ValueError for fewer than two folds.
    """
    if n_folds < 2:
        raise ValueError("probes are planted in another fold's training; there must be two folds or more")
    plan = spoiled.plan
    step = np.random.default_rng(seed).integers(1, n_folds, len(plan))
    where = (fold[plan.source] + step) % n_folds
    return Extra(spoiled.values, plan.label, plan.kind, plan.source, where, plan.source)


def joined(parts: list[Any]) -> Values:
    """Values of several reads as one."""
    if isinstance(parts[0], list):
        return [value for part in parts for value in part]
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(parts)
    import pandas as pd

    return pd.concat(parts, ignore_index=True)
