"""What `hem advise --curve --changes` says of a run, beside what each action then gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from _advise_arms import HOUR, STOP
from _advise_cells import Cell
from _paired import interval

from hem_core.advise import Advice, advise

ACTIONS: tuple[str, ...] = ("review", "collect", "weigh", "train", STOP)
"""What is chosen between."""


@dataclass(frozen=True)
class Said:
    """One action of an advice; points, None where the gain is not known."""

    action: str
    gain: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class Joined:
    """A data set in a condition, over S seeds."""

    words: str
    measure: str
    before: Sequence[float]
    """(S,) the measure without any action, 0 .. 1."""
    gains: Mapping[str, np.ndarray]
    """Action -> (S,) points of the measure gained, paired by seed."""
    told: Mapping[str, np.ndarray]
    """The same in the measure that the advice tells its gains in."""
    advice: Sequence[Sequence[Said]]
    """(S,) advices, each in its own order."""

    @cached_property
    def as_good_as_the_best(self) -> set[str]:
        """The action with the highest mean gain, and those that it is not shown to beat: the interval holds 0."""
        best = max(ACTIONS, key=lambda action: float(self.gains[action].mean()))
        beaten = {
            action
            for action in ACTIONS
            if action != best and interval((self.gains[best] - self.gains[action]).tolist())[1] > 0
        }
        return set(ACTIONS) - beaten

    @property
    def first(self) -> list[str]:
        """(S,) the action that each advice has first."""
        return [said[0].action for said in self.advice]

    def said(self, action: str) -> list[tuple[Said, float]]:
        """What is said of an action where its gain is known, of the first target; and the gain of that seed."""
        found = []
        for seed, advice in enumerate(self.advice):
            own = next((said for said in advice if said.action == action), None)
            if own is not None and own.gain is not None:
                found.append((own, float(self.told[action][seed])))
        return found


def joined(cells: Sequence[Cell]) -> Joined:
    """One data set in one condition; cells: one a seed."""
    first = cells[0]
    measure = "balanced accuracy" if first.condition.is_balanced else "accuracy"
    found = [each.realised()["measures"] for each in cells]
    n = first.realised()["facts"]["n"]
    advices = [_advice(each) for each in cells]
    told = [_gains([one], each.measure.name) for one, each in zip(found, advices, strict=True)]
    return Joined(
        f"{first.source}, {first.name} ({n:,})",
        measure,
        [each[STOP][measure] for each in found],
        _gains(found, measure),
        {action: np.concatenate([each[action] for each in told]) for action in found[0]},
        [[Said(one.name, one.gain, one.low, one.high) for one in each.actions] for each in advices],
    )


def _gains(found: Sequence[Mapping[str, Mapping[str, float]]], measure: str) -> dict[str, np.ndarray]:
    values = {action: np.array([each[action][measure] for each in found]) for action in found[0]}
    return {action: 100 * (value - values[STOP]) for action, value in values.items()}


def _advice(cell: Cell) -> Advice:
    cell.measured_curve()
    return advise(cell.run(), labels_per_hour=HOUR)
