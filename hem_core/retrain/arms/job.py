"""The shared parts of all trainings of one retraining, and where each is stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hem_core.engine.plan import make_key
from hem_core.folds.training import kept
from hem_core.models.train_function import TrainFunction
from hem_core.retrain.arms.balancing import class_counts, logit_offsets
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
    _rows: dict[tuple[str, int], TrainingRows] = field(default_factory=dict, init=False, repr=False)
    """Of the seed that was asked for last."""

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
        if any(made_for != seed for _, made_for in self._rows):
            self._rows.clear()
        if (arm, seed) not in self._rows:
            takes = {name: self.train.takes(name) for name in ("sampler", "weights", "loss_fn")}
            self._rows[arm, seed] = training_rows(arm, self.material, self.recipe, seed, **takes)
        return self._rows[arm, seed]

    def is_control(self, arm: str, seed: int) -> bool:
        """Whether this arm's training is the control's, example by example."""
        return arm not in ("control", "head") and self.training_rows(arm, seed).is_like(
            self.training_rows("control", seed)
        )

    def needs_training(self, arm: str, seed: int) -> bool:
        """Whether the arm has a model of its own to train: not where that of the control says it all."""
        return arm != "head" and not self.is_control(arm, seed) and not self._is_control_adjusted(arm, seed)

    def from_control(self, arm: str, seed: int) -> np.ndarray | None:
        """The logits (T, K) of an arm that needs no training, where the control's are there; else None."""
        if arm in ("control", "head") or self.needs_training(arm, seed):
            return None
        known = self.logits("control", seed)
        return known if known is None or self.is_control(arm, seed) else known - self.logit_offsets(arm, seed)

    def class_counts(self, arm: str, seed: int) -> np.ndarray:
        """(K,) examples of each class that an arm trains on."""
        return class_counts(self.training_rows(arm, seed).targets, len(self.classes))

    def logit_offsets(self, arm: str, seed: int) -> np.ndarray:
        """(K,) what the logits of an arm that is adjusted after its training are reduced by."""
        return logit_offsets(self.class_counts(arm, seed))

    def _is_control_adjusted(self, arm: str, seed: int) -> bool:
        """Whether it is the control's training with other outputs; the first seed's model is made, to be scored."""
        plan = self.training_rows(arm, seed)
        if plan.how != "adjusted" or seed == self.first_seed:
            return False
        return replace(plan, how="natural").is_like(self.training_rows("control", seed))

    def is_same_training(self, one: str, other: str, seed: int) -> bool:
        """Whether two arms have the same training, example by example."""
        return self.training_rows(one, seed).is_like(self.training_rows(other, seed))

    def runs(self) -> dict[str, str]:
        """Arm -> the run of its first model."""
        return self.scored.names(lambda arm: self.is_control(arm, self.first_seed))

    def key_of(self, arm: str, seed: int) -> str:
        return make_key(retraining=self.key, arm=arm, seed=seed)
