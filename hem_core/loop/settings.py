"""The settings of a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hem_core.errors import HemError

ARMS = ("mined", "random", "all")
"""Examples that the round's model chooses; as many at random; and one model of every example of the pool."""


@dataclass(frozen=True)
class Settings:
    """A loop: `start` examples, then `rounds` times `add` more. Its fields are options of `hem loop`."""

    start: int = 150
    add: int = 150
    rounds: int = 3
    seeds: int = 5
    """Number of repetitions, each from another start."""
    arms: Sequence[str] = ARMS
    policies: Sequence[str] = ()
    """The chain that chooses, names of `hem_core.selection.policies`; () for the task's own."""
    policy_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    draws: int | None = None
    """Examples an epoch for a train function that takes `sampler`: the same for every size; None = the pool's size."""
    by_person: bool = False
    """The picks wait for a person's answers."""
    seed: int = 0
    """The first of the seeds."""
    budget: float | None = None
    """Seconds: no training is started that would not end in time. Finished ones stay; the same settings resume."""

    def __post_init__(self) -> None:
        for name in ("start", "add", "rounds", "seeds"):
            if getattr(self, name) < 1:
                raise HemError(f"--{name} expects a number from 1 on; got {getattr(self, name)}")
        if self.draws is not None and self.draws < 1:
            raise HemError(f"--draws expects a number from 1 on; got {self.draws}")
        if self.seed < 0:
            raise HemError(f"--seed expects a number from 0 on; got {self.seed}")
        unknown = [arm for arm in self.arms if arm not in ARMS]
        if unknown or "mined" not in self.arms:
            raise HemError(f"--arms expects mined, and optionally random and all; got {', '.join(self.arms)}")

    @property
    def seed_list(self) -> list[int]:
        return list(range(self.seed, self.seed + self.seeds))

    def facts(self) -> dict[str, Any]:
        """The settings that determine each training, as JSON; more rounds, seeds or arms reuse existing trainings."""
        return {
            "start": self.start,
            "add": self.add,
            "policies": list(self.policies),
            "policy_options": {name: dict(options) for name, options in self.policy_options.items()},
            "draws": self.draws,
            "by_person": self.by_person,
        }

    @property
    def n_trainings(self) -> int:
        """Each seed: its start, shared by the arms, then one a round and arm, and one of everything."""
        a_round = sum(arm in self.arms for arm in ("mined", "random"))
        return self.seeds * (1 + a_round * self.rounds + ("all" in self.arms))
