"""The training rows of each arm with their targets, and how the set's share is passed to the train function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hem_core.retrain.arms.balancing import of_class
from hem_core.retrain.material import Material
from hem_core.tasks import is_known, is_same, unknown

HARD_SHARE = 0.5
MOST_REPEATS = 4
NATURAL_TAIL = 0.125
"""The last part of the steps, with uniform sampling."""
How = Literal["natural", "sampler", "weights", "resampled", "loss", "adjusted"]
"""loss: by another loss, adjusted: by its outputs after a plain training; see `balancing`."""


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """One training's examples. Every arm has N of them, so that equal epochs are equal steps."""

    places: np.ndarray
    """(N,) positions among the material's training rows; repeats fill the place of what was dropped."""
    targets: np.ndarray
    """(N,) int64, or float32, (N,) or (N, K), for a task without classes."""
    is_hard: np.ndarray
    """(N,) bool: of the set, or of the random examples in its place."""
    weights: np.ndarray | None
    """(N,) mean 1, for the function that takes weights."""
    how: How

    def is_like(self, other: TrainingRows) -> bool:
        """Whether it is the same training; weights that are all alike count as none, see `plain_how`."""
        if self.plain_how != other.plain_how or not np.array_equal(self.places, other.places):
            return False
        if not is_same(self.targets, other.targets).all():
            return False
        if self.plain_how == "weights" and self.weights is not None and other.weights is not None:
            return np.array_equal(self.weights, other.weights)
        return self.how != "sampler" or np.array_equal(self.is_hard, other.is_hard)

    @property
    def plain_how(self) -> How:
        """How, but for weights that are all alike, and for each example drawn once."""
        is_flat = self.weights is not None and np.allclose(self.weights, 1, rtol=0, atol=1e-6)
        is_once = self.how == "resampled" and np.array_equal(self.places, np.arange(len(self.places)))
        return "natural" if (self.how == "weights" and is_flat) or is_once else self.how


def training_rows(
    arm: str, material: Material, recipe: str, seed: int, *, sampler: bool, weights: bool, loss_fn: bool = False
) -> TrainingRows:
    """The training of an arm and seed; sampler, weights, loss_fn: whether the train function takes them.

    control: every row, its given label. random: the recipe on as many random rows as the set has, other random rows
    dropped in the place of the dropped; labels as given. curated: the set's labels, weights and exclusions. The arms
    of the recipe `add` have as many examples as the base and the set together.
    Chance, which is alike for arms of one seed, comes from `seed` alone.
    """
    n = len(material.rows)
    generator = np.random.default_rng([seed, 7])
    if recipe == "add":
        return _added(arm, material, generator)
    if arm == "control":
        every = np.arange(n)
        return TrainingRows(every, material.given, np.zeros(n, dtype=bool), None, "natural")
    targets, is_hard, weight = material.curated, material.in_set & is_known(material.curated), material.weight
    if arm == "random":
        targets, is_hard, weight = _at_random(material, int(is_hard.sum()), generator)
    kept = np.flatnonzero(is_known(targets))
    places = np.concatenate([kept, generator.permutation(kept)[: n - len(kept)]]) if len(kept) * 2 >= n else kept
    if len(places) < n:
        places = np.concatenate([kept, generator.choice(kept, n - len(kept))])
    is_hard, weight = is_hard[places], weight[places]
    is_nothing_to_mix = recipe == "mix" and sampler and is_hard.all()
    if recipe == "labels" or is_nothing_to_mix or not is_hard.any():
        return TrainingRows(places, targets[places], is_hard, None, "natural")
    if recipe == "only":
        drawn = places[systematic(is_hard.astype(float), n, generator)]
        return TrainingRows(drawn, targets[drawn], np.ones(n, dtype=bool), None, "resampled")
    if recipe == "mix" and sampler:
        return TrainingRows(places, targets[places], is_hard, None, "sampler")
    if recipe == "balanced" and (loss_fn or not weights):
        return TrainingRows(places, targets[places], is_hard, None, "loss" if loss_fn else "adjusted")
    if recipe == "mix":
        wanted = mixture(is_hard, weight)
    elif recipe == "balanced":
        wanted = of_class(targets[places])
    elif recipe == "groups":
        of_groups = material.group_weight if arm == "curated" else generator.permutation(material.group_weight)
        wanted = of_groups[places]
    else:
        wanted = np.where(is_hard, weight, 1.0)
    wanted = wanted / wanted.mean()
    if weights:
        return TrainingRows(places, targets[places], is_hard, wanted, "weights")
    chosen = systematic(wanted, n, generator)
    return TrainingRows(places[chosen], targets[places][chosen], is_hard[chosen], None, "resampled")


def _added(arm: str, material: Material, generator: np.random.Generator) -> TrainingRows:
    """The base of a seed with the set, with as many random others, or alone and repeated; all labels as curated."""
    kept = is_known(material.curated)
    order = generator.permutation(np.flatnonzero(~material.in_set & kept))
    n_base = int(material.n_base)
    base, others, inside = order[:n_base], order[n_base:], np.flatnonzero(material.in_set & kept)
    added = {"curated": inside, "control": others[: len(inside)], "base": np.resize(base, len(inside))}[arm]
    places = np.concatenate([base, added])
    return TrainingRows(places, material.curated[places], material.in_set[places], None, "natural")


def mixture(is_hard: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(N,) how often each is to be seen in an epoch: half of it the hard ones, none of them more than 4 times.

    Among the hard ones in proportion to weight. A set that is already more than half of the data stays as it is.
    """
    n, n_hard = len(is_hard), int(is_hard.sum())
    share = max(n_hard / n, min(HARD_SHARE, MOST_REPEATS * n_hard / n))
    seen = np.full(n, (1 - share) * n / max(1, n - n_hard))
    seen[is_hard] = np.minimum(weight[is_hard] / weight[is_hard].mean() * share * n / n_hard, MOST_REPEATS)
    return seen


def systematic(weights: np.ndarray, n: int, generator: np.random.Generator) -> np.ndarray:
    """n positions, each drawn in proportion to `wanted` (N,) and its count rounded down or up, ascending.

    Reference: Madow 1949, systematic sampling with unequal probabilities.
    """
    ends = np.cumsum(weights) / weights.sum() * n
    ends[-1] = n  # whatever the rounding
    return np.searchsorted(ends, np.arange(n) + generator.random(), side="left").clip(max=len(weights) - 1)


def _at_random(
    material: Material, n_hard: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets, is_hard and weight (N,) of a set of as many random rows, with as many dropped."""
    n = len(material.rows)
    order = generator.permutation(n)
    chosen, gone = order[:n_hard], order[n_hard : n_hard + material.n_dropped]
    targets, is_hard, weight = material.given.copy(), np.zeros(n, dtype=bool), np.ones(n)
    targets[gone], is_hard[chosen] = unknown(targets), True
    weight[chosen] = material.weight[material.in_set & is_known(material.curated)]
    return targets, is_hard, weight
