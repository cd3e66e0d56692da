"""One arm of one seed: train, choose, add, train again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hem_core.loop.lab import Lab
from hem_core.loop.labels import corrected
from hem_core.loop.person import MissingAnswers, answers_for
from hem_core.tasks import is_known

KEPT = ("rows", "targets", "test_logits", "picks", "picked_by", "left_out", "n_left_out")
"""The arrays of a model that a step keeps."""


@dataclass(frozen=True, eq=False)
class Step:
    """One round's model: its training rows and its predictions."""

    arm: str
    """"start" (of the mined and the random arm alike), "mined", "random" or "all"."""
    seed: int
    round: int
    arrays: Mapping[str, np.ndarray]
    """Those of KEPT that exist."""


@dataclass(eq=False)
class Walk:
    """The progress of an arm, and the answers that it waits for."""

    steps: list[Step] = field(default_factory=list)
    targets: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """(N, …), with the labels that people gave during the loop."""
    waiting: MissingAnswers | None = None


def walk(lab: Lab, arm: str, seed: int) -> Walk:
    """Run the rounds of an arm, as far as people's answers allow."""
    targets = lab.start_targets
    if arm == "all":
        rows = lab.candidates[is_known(targets)[lab.candidates]]
        said = lab.step_arrays(arm, seed, lab.settings.rounds, rows, targets)
        return Walk([_step(arm, seed, lab.settings.rounds, said)], targets)
    rows = start_rows(lab, seed)
    seen = rows  # also what people ruled out: nobody is asked twice
    steps = Walk([start(lab, seed)], targets)
    for round in range(1, lab.settings.rounds + 1):
        picks = steps.steps[-1].arrays["picks"] if arm == "mined" else _drawn(lab, seed, round, seen)
        answer = answers_for(lab, arm, seed, round, picks)
        if isinstance(answer, MissingAnswers):
            steps.waiting = answer
            return steps
        targets = steps.targets = corrected(lab.pool, targets, answer)
        is_in = [answer.get(lab.pool.ids[row], "") is not None for row in picks]
        rows, seen = np.union1d(rows, picks[is_in]), np.union1d(seen, picks)
        said = lab.step_arrays(arm, seed, round, rows, targets, picked_before=np.setdiff1d(seen, rows))
        steps.steps.append(_step(arm, seed, round, said))
    return steps


def start(lab: Lab, seed: int) -> Step:
    """The model that the mined and the random arm of a seed begin with."""
    return _step("start", seed, 0, lab.step_arrays("start", seed, 0, start_rows(lab, seed), lab.start_targets))


def _step(arm: str, seed: int, round: int, said: Mapping[str, np.ndarray]) -> Step:
    """Without the pool's scores, of which a long loop over a large pool would fill the memory."""
    return Step(arm, seed, round, {name: said[name] for name in KEPT if name in said})


def start_rows(lab: Lab, seed: int) -> np.ndarray:
    """(n,) ascending positions of the examples that a seed begins with: labelled, drawn, each stratum by its share.

    The strata are the classes, or by what else the task spreads examples evenly. One has one example at least where
    there is room for one of each.
    """
    chance = np.random.default_rng([seed, 0])
    rows = chance.permutation(lab.candidates[is_known(lab.start_targets)[lab.candidates]])
    strata = lab.start_strata[rows]
    n = min(lab.settings.start, len(rows))
    # The k-th of a stratum of size c stands at (k + a draw) / c of the way: every beginning has the strata's shares.
    place = np.zeros(len(rows))
    for stratum in np.unique(strata):
        own = np.flatnonzero(strata == stratum)
        place[own] = (np.arange(len(own)) + chance.random()) / len(own)
    first = np.unique(strata, return_index=True)[1]
    if len(first) <= n:
        place[first] = -1
    return np.sort(rows[np.argsort(place, kind="stable")[:n]])


def _drawn(lab: Lab, seed: int, round: int, seen: np.ndarray) -> np.ndarray:
    """(a,) positions of the random additions of a round; seen: what was there or picked before."""
    chance = np.random.default_rng([seed, round])
    others = np.setdiff1d(lab.candidates, seen)
    return chance.permutation(others)[: lab.settings.add]
