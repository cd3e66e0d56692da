"""The settings of a retraining: the options of `hem retrain`, and of the process that the app starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hem_core.engine.runners import DEFAULT as DEFAULT_RUNNER
from hem_core.errors import RunError
from hem_core.paths import check_path

ARMS = {
    "control": "the given labels, uniform sampling",
    "random": "the recipe on as many random examples in place of the set",
    "curated": "the recipe on the set",
    "head": "the control's model with its last layer alone refitted on the set's labels",
    "base": "the base alone, with as many steps",
}
"""The arms and their descriptions. Control and curated are always there: the verdict is their difference."""
RECIPES = {
    "auto": "groups where a column is named; else labels where the set changes or rules out any; else balanced where "
    "classes are 10 to 1, else weights",
    "labels": "the set's labels, without what people ruled out; uniform sampling",
    "mix": "that, and half of each batch from the set, at most 4 repeats an epoch, the last eighth natural",
    "weights": "that, and the set's weights on the losses",
    "balanced": "the set's labels, with a loss, weights or outputs for rare classes; without the set's weights",
    "groups": "the set's labels, with higher weights for the smaller groups of a column and what the run has wrong",
    "only": "the set alone",
    "without": "everything but the set, with as many steps; uniform sampling",
    "add": "a base of other examples and the set; control adds as many random others to the same base",
}
OF_ADD = {
    "control": "the base and as many random others as the set has, uniform sampling",
    "curated": "the base and the set, uniform sampling",
    "base": ARMS["base"],
}
"""The arms of the recipe `add` and their descriptions."""
"""What the curated arm does with the set. `auto` takes what did not lose where the truth was known, against a control:
garments (6,000, 8% flipped; 3 to 5 seeds), a reviewed set: labels +1.1 points, mix +.4; not reviewed: weights +.2, mix
-.4. Digits (1,797, 5% flipped; 5 seeds, ± .3), reviewed: labels +.1, weights +.1, mix +.5; not reviewed: weights -.1,
mix -.2; the highest losses, a third of them mislabelled, mix -1.7. Long
tails: see "A long tail" in benchmarks/RESULTS.md."""
QUESTIONS = {"drop": "without", "relabel": "labels", "weigh": "weights", "add": "add"}
"""What a list of examples is proven for -> the recipe that does it."""
ARMS_OF_QUESTION = {
    "drop": ("control", "random", "curated"),
    "relabel": ("control", "curated"),
    "weigh": ("control", "random", "curated"),
    "add": ("control", "curated", "base"),
}
"""Question -> what is trained for it; the answer needs all of it but the base."""


@dataclass(frozen=True)
class Settings:
    """One retraining. Raises RunError immediately for an invalid arm, recipe or number."""

    set: str
    """'hard' for its newest version, or 'hard-v3'."""
    train: str | Callable[..., Any]
    """package.module:train, called as train(dataset, …); see `hem_core.models.train_function`."""
    test: str | None = None
    """Held-out data of the form of the training data. Default: what the run names, its split, or a fifth drawn."""
    arms: Sequence[str] = ("control", "random", "curated")
    seeds: int = 5
    where: str | None = None
    """SQL over the test examples' columns: the targeted slice. Default: the classes that the set over-represents."""
    recipe: str = "auto"
    data: str | None = None
    """The training data, where the run's own source is gone."""
    name: str | None = None
    device: str | None = None
    """The device for training, as far as the function uses it, and for prediction: cpu, cuda, cuda:1."""
    seed: int = 0
    """The first of the seeds."""
    budget: float | None = None
    """Seconds: no training is started that would not end in time. Finished ones stay; the same settings resume."""
    force: bool = False
    """Continue despite a refusal, which is recorded in the plan."""
    base: int | None = None
    """Examples of the base that the recipe `add` draws for each seed. Default: as many as the set has, at most half of
    the others."""
    group: str | None = None
    """The column whose values, with the classes, are the groups of the recipe `groups`. Default: that of the slice of
    the run that is the furthest behind."""
    runner: str = DEFAULT_RUNNER
    """Where the trainings run: a file of `hem_core.engine.runners`; "ray" spreads them, others do them one by one."""
    question: str | None = None
    """One of QUESTIONS that the verdict answers; None for the verdict ship or hold."""

    def __post_init__(self) -> None:
        for name in ("test", "data"):
            if getattr(self, name) is not None:
                check_path(getattr(self, name), f"--{name}")
        unknown = [arm for arm in self.arms if arm not in ARMS]
        if unknown:
            raise RunError(f"no arm '{unknown[0]}'; there are: {', '.join(ARMS)}")
        missing = [arm for arm in ("control", "curated") if arm not in self.arms]
        if missing:
            raise RunError(
                f"the verdict compares curated with control; --arms {','.join(self.arms)} lacks {missing[0]}"
            )
        if self.recipe not in RECIPES:
            raise RunError(f"no recipe '{self.recipe}'; there are: {', '.join(RECIPES)}")
        if self.group is not None and self.recipe not in ("auto", "groups"):
            raise RunError(f"--group names the groups of --recipe groups; with --recipe {self.recipe} leave it out")
        self._check_arms_of_recipe()
        if self.runner != DEFAULT_RUNNER and self.budget is not None:
            raise RunError(f"--budget counts one training after the other; leave it out with --runner {self.runner}")
        if isinstance(self.seeds, bool) or not isinstance(self.seeds, int) or self.seeds < 1:
            raise RunError(f"--seeds expects a number from 1 on; got {self.seeds}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise RunError(f"--seed expects a whole number from 0 on; got {self.seed}")

    def _check_arms_of_recipe(self) -> None:
        foreign = [arm for arm in self.arms if (arm not in OF_ADD if self.recipe == "add" else arm == "base")]
        if foreign and self.recipe == "add":
            raise RunError(f"--recipe add compares {', '.join(OF_ADD)}; leave out the arm '{foreign[0]}'")
        if foreign:
            raise RunError("the arm 'base' belongs to --recipe add; leave it out, or take that recipe")
        if self.base is not None and (self.recipe != "add" or self.base < 1):
            raise RunError(f"--base expects a number from 1 on, with the recipe add; got {self.base}")
        if self.question is not None and QUESTIONS.get(self.question) != self.recipe:
            raise RunError(f"the question '{self.question}' is answered by --recipe {QUESTIONS.get(self.question)}")
        for arm in ARMS_OF_QUESTION.get(self.question or "", ()):
            if arm not in self.arms and arm != "base":
                raise RunError(f"the question '{self.question}' is answered with the arm '{arm}' too; add it")

    @property
    def arm_words(self) -> dict[str, str]:
        """Arm -> its description, control first."""
        return {arm: (OF_ADD if self.recipe == "add" else ARMS)[arm] for arm in self.ordered_arms}

    @property
    def seed_list(self) -> list[int]:
        return list(range(self.seed, self.seed + self.seeds))

    @property
    def ordered_arms(self) -> list[str]:
        """Control first: the head is fitted on what it learned."""
        return [arm for arm in ARMS if arm in self.arms]
