"""Arms whose models are the same: the report states that nothing was compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hem_core.retrain.arms.job import Job

NO_PART = "the set had no effect"
"""The word of the verdict where control and curated are the same models."""
CLOSE = 1e-5
"""Difference of logits, over their largest, that the order of a sum on another device makes."""
UNUSED = {
    "weights": ("weights", "them", "multiply each example's loss by its weight"),
    "sampler": ("sampler", "it", "pass it to the DataLoader"),
    "loss": ("loss_fn", "it", "train with loss_fn(logits, targets) where it is not None"),
}
"""How the arms differ -> the argument that is not used, its pronoun, and what to do with it."""


def identical(logits: Mapping[str, Sequence[np.ndarray]]) -> list[dict[str, Any]]:
    """Groups of arms whose models are equal: `arms` (names) and `seeds` (places in the lists), the most seeds first.

    logits: arm -> one (T, K) array a seed, as many for each arm.
    """
    found: dict[tuple[str, ...], list[int]] = {}
    for seed in range(min(map(len, logits.values()), default=0)):
        left = list(logits)
        while left:
            group = [arm for arm in left if _equal(logits[left[0]][seed], logits[arm][seed])]
            left = [arm for arm in left if arm not in group]
            if len(group) > 1:
                found.setdefault(tuple(group), []).append(seed)
    return [
        {"arms": list(arms), "seeds": seeds} for arms, seeds in sorted(found.items(), key=lambda each: -len(each[1]))
    ]


def sentences(job: Job, found: Sequence[Mapping[str, Any]], seeds: Sequence[int]) -> list[str]:
    """The meaning of the groups, one or two sentences each; seeds: of the retraining, in the order of the places."""
    return [_meaning(job, list(each["arms"]), [seeds[place] for place in each["seeds"]], len(seeds)) for each in found]


def named(verdict: dict[str, Any], found: Sequence[Mapping[str, Any]], words: Sequence[str], n: int) -> dict[str, Any]:
    """The verdict where arms are the same in all n seeds, so that nothing can be concluded about the set."""
    whole = [(set(each["arms"]), text) for each, text in zip(found, words, strict=True) if len(each["seeds"]) == n]
    of_control = next((text for arms, text in whole if {"control", "curated"} <= arms), None)
    if of_control is not None:
        first = "The set had no effect: control and curated are the same models."
        return verdict | {"ship": False, "word": NO_PART, "sentences": [first, of_control, *verdict["sentences"][1:]]}
    of_random = next((text for arms, text in whole if {"random", "curated"} <= arms), None)
    if of_random is None:
        return verdict
    first, *others = verdict["sentences"]
    return verdict | {"sentences": [first, of_random, *others]}


def _meaning(job: Job, arms: list[str], seeds: list[int], n: int) -> str:
    when = "In every seed" if len(seeds) == n else f"In seed {', '.join(map(str, seeds))}"
    sentence = f"{when} {_and(arms)} are the same model, to the last prediction"
    if "head" in arms:
        return f"{sentence}."
    if all(job.is_same_training(arms[0], arm, seed) for arm in arms[1:] for seed in seeds):
        return f"{sentence}, by construction: {_construction(job, arms)}"
    way = job.training_rows(arms[-1], seeds[0]).how
    if way in UNUSED:
        name, it, use = UNUSED[way]
        return (
            f"{sentence}, although each was given other {name}: '{job.train.name}' takes `{name}` and does not use "
            f"{it}, so the set had no effect; {use}, and retrain."
        )
    return (
        f"{sentence}, although each was given other examples: '{job.train.name}' does not learn from the data set that "
        "it is given, so the set had no effect."
    )


def _construction(job: Job, arms: list[str]) -> str:
    if "control" in arms and "curated" in arms:
        return (
            f"the set changes no label and rules nothing out, and the recipe '{job.recipe}' does nothing else with it, "
            "so the set had no effect."
        )
    if "control" in arms:
        return "at random there is no other label, weight or exclusion."
    if job.recipe == "balanced":
        return (
            "the recipe 'balanced' makes up for rare classes alone, and the set changes no label and rules nothing "
            "out; the set had no effect, and the difference of these arms from control comes from the classes."
        )
    return "the set gives these arms the same examples, labels and weights, so the set had no effect."


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    scale = max(1.0, float(np.abs(one).max(initial=0)))
    is_near = one.shape == other.shape and float(np.abs(one - other).max(initial=0)) <= CLOSE * scale
    return is_near and bool((one.argmax(axis=1) == other.argmax(axis=1)).all())


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
