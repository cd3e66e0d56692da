"""Notes for the reader of the report on how it was made."""

from __future__ import annotations

from typing import Any

from hem_core.models.train_function import TrainFunction
from hem_core.retrain.arms.balancing import TAU
from hem_core.retrain.groups import UPWEIGHT
from hem_core.retrain.material import Material
from hem_core.retrain.settings import Settings
from hem_core.retrain.test_data import TestData


def _of_random(made: Material) -> list[str]:
    found = ["Random examples keep their given labels: nobody reviewed them for this comparison."]
    if made.n_hard == len(made.rows):
        found.append(
            "The set is all of the training data, so the arm random has the same examples: it differs from control "
            "by the set's weights alone, given to others, and where these are equal, it is not trained again."
        )
    return found


def _of_few_seeds(n: int) -> str:
    if n == 1:
        return "One seed: the intervals are too narrow, since the chance of another seed is not in them."
    return f"{n} seeds are fewer than 5: the intervals are wide."


def _of_balance(function: TrainFunction) -> list[str]:
    alike = (
        "Rare classes are made up for in the arm random too: the difference between curated and that arm comes from "
        "the set's labels and exclusions."
    )
    if function.takes("loss_fn"):
        return [alike, f"The recipe reaches '{function.name}' by its loss_fn: BalancedSoftmaxLoss with tau = {TAU}."]
    wanted = (
        "With an argument loss_fn, called as loss_fn(logits, targets) for the losses of a batch, it is trained with "
        f"BalancedSoftmaxLoss, tau = {TAU}, instead."
    )
    if function.takes("weights"):
        found = f"The recipe reaches '{function.name}' by its weights: those of ClassBalancedLoss. {wanted}"
        return [alike, found]
    return [
        alike,
        f"'{function.name}' takes neither loss_fn nor weights, so it is trained as in control, and from each logit "
        f"{TAU} times the log of its class's share of the training examples is subtracted: in the bias of the model's "
        f"last layer, whose stored weights hold it, or, where it ends in none, outside of it. {wanted}",
    ]


def _of_groups(made: Material) -> list[str]:
    found = [
        f"Every group weighs the same, and in it what the run has wrong {UPWEIGHT:g} times the rest; the arm random "
        "has the same weights in another order."
    ]
    if not (made.test_group >= 0).any():
        found.append("The test data lack the column of the groups, so that the arms are not compared group by group.")
    return found


def _of_steps(settings: Settings, made: Material) -> str:
    arms = "All arms train on as many examples for as many steps"
    if settings.recipe == "add":
        return (
            f"{arms}: {int(made.n_base) + made.n_hard:,} an epoch, of which a base of {int(made.n_base):,} is drawn "
            f"for each seed from the {len(made.rows):,} training examples without the set."
        )
    out = "of the set" if settings.recipe == "without" else "ruled out by people"
    gone = f" {made.n_dropped:,} {out} are replaced by repeats of others." if made.n_dropped else ""
    return f"{arms}: {len(made.rows):,} examples an epoch.{gone}"


def _of_set(settings: Settings, made: Material, n_relabelled: int) -> str:
    if settings.recipe == "without":
        return f"Of the set, {made.n_hard:,} are among the training data; the curated arm trains on none of them."
    return f"Of the set, {made.n_hard:,} examples are trained on, {n_relabelled:,} with another label."


def notes(
    settings: Settings,
    function: TrainFunction,
    examples: Any,
    made: Material,
    test: TestData,
    n_shared: int,
    n_corrected: int,
) -> list[str]:
    """Sentences on the plan, most important first.

    examples: the set; n_shared: test examples left out because they are trained on; n_corrected: labels of the test
    that people put right.
    """
    n_gone = len(examples) - made.n_hard
    n_relabelled = made.n_relabelled
    n_outside = int(made.is_relabelled.sum()) - n_relabelled
    found = [_of_steps(settings, made), _of_set(settings, made, n_relabelled)]
    if n_outside:
        found.append(f"{n_outside:,} labels that people put right outside of the set are right in the curated arm too.")
    if n_gone:
        found.append(f"{n_gone:,} examples of the set are in the test, or cannot be used: no arm trains on them.")
    if n_shared:
        found.append(f"{n_shared:,} test examples that are also trained on are left out of the test.")
    if n_corrected:
        found.append(f"{n_corrected:,} test labels that people corrected are used corrected, for all arms alike.")
    found += test.untested.notes()
    if test.how == "drawn":
        found.append("The test is drawn from the data, so its labels are as noisy as theirs.")
    if "random" in settings.arms and settings.recipe != "without":
        found += _of_random(made)
    if settings.recipe == "balanced":
        found += _of_balance(function)
    if settings.recipe == "groups":
        found += _of_groups(made)
    if settings.recipe in ("mix", "weights", "groups"):
        ways = ("sampler", "weights") if settings.recipe == "mix" else ("weights",)
        takes = next((name for name in ways if function.takes(name)), None)
        found.append(
            f"The recipe reaches '{function.name}' by its {takes}."
            if takes
            else f"'{function.name}' takes neither sampler nor weights: its data set is resampled to equal length, "
            "without a natural end."
        )
    if settings.seeds < 5:
        found.append(_of_few_seeds(settings.seeds))
    return found
