"""The shared parts of all trainings of one retraining, and where each is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hem_core.engine.plan import make_key
from hem_core.folds.training import kept
from hem_core.models.train_function import TrainFunction
from hem_core.retrain.arms.recipe import TrainingRows, training_rows
from hem_core.retrain.arms.scored_arms import ScoredArms
from hem_core.retrain.material import Material
from hem_core.retrain.source import Source


@dataclass(frozen=True, eq=False)
class Job:
    """What all trainings of one retraining share."""

    folder: Path
    key: str
    train: TrainFunction
    source: Source
    test: Source
    material: Material
    classes: tuple[str, ...]
    recipe: str
    has_head: bool
    device: str | None
    scored: ScoredArms
    """Scores the run of an arm's first model."""
    first_seed: int = 0

    def path(self, arm: str, seed: int) -> Path:
        return self.folder / "arms" / arm / f"seed_{seed}.npz"

    def is_done(self, arm: str, seed: int) -> bool:
        return self.logits(arm, seed) is not None

    def logits(self, arm: str, seed: int) -> np.ndarray | None:
        """(T, K) float32 of a finished training; None of another."""
        found = kept(self.path(arm, seed), self.key_of(arm, seed))
        return found["logits"] if found else None

    def training_rows(self, arm: str, seed: int) -> TrainingRows:
        """The training rows of an arm and seed; the recipe is passed to the function as it accepts it."""
        takes = {name: self.train.takes(name) for name in ("sampler", "weights")}
        return training_rows(arm, self.material, self.recipe, seed, **takes)

    def is_control(self, arm: str, seed: int) -> bool:
        """Whether this arm's training is the control's, example by example."""
        return arm not in ("control", "head") and self.training_rows(arm, seed).is_like(
            self.training_rows("control", seed)
        )

    def is_same_training(self, one: str, other: str, seed: int) -> bool:
        """Whether two arms have the same training, example by example."""
        return self.training_rows(one, seed).is_like(self.training_rows(other, seed))

    def runs(self) -> dict[str, str]:
        """Arm -> the run of its first model."""
        return self.scored.names(lambda arm: self.is_control(arm, self.first_seed))

    def key_of(self, arm: str, seed: int) -> str:
        return make_key(retraining=self.key, arm=arm, seed=seed)
