"""What speaks against a retraining, found before anything is started, in the app's words and with the next step.

The rules are those of `hem_core.retrain.refusals`, as far as they can be checked without loading the test data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from app import words
from hem_core.reasons.wrong_share import wrong_share
from hem_core.retrain.expectation import expectation as no_gain
from hem_core.retrain.expectation import is_reviewed
from hem_core.retrain.long_tail import is_long_tailed
from hem_core.retrain.refusals import MOST_NOISE, MOST_NOISE_OF_ALL, accuracy_of, estimated_noise, has_only_memory
from hem_core.selection.verdicts_applied import EXCLUSIONS, is_corrected
from hem_core.splits import part_of
from hem_core.store import definitions
from hem_core.store.run import Run
from hem_core.thresholds import SUSPECT

Step = Literal["review", "recipe", "set", "score"]


@dataclass(frozen=True)
class Check:
    """One reason not to start, and the step that takes it away."""

    sentence: str
    step: Step
    button: str = ""
    ids: tuple[str, ...] = ()
    """The examples that the step is about."""


def recipe_of(settings: Mapping[str, Any], examples: pd.DataFrame, run: Run, left_out: int) -> str:
    """The recipe that `auto` takes for this set: as the retraining decides it."""
    if settings.get("group"):
        return "groups"
    if settings["recipe"] != "auto":
        return str(settings["recipe"])
    if left_out or changes_labels(examples):
        return "labels"
    return "balanced" if is_long_tailed(_supports(run)) else "weights"


def changes_labels(examples: pd.DataFrame) -> bool:
    """Whether the set gives any example another label than the data."""
    return {"label", "label_before"} <= set(examples.columns) and bool(is_corrected(examples).any())


def checks(run: Run, examples: pd.DataFrame, verdicts: pd.DataFrame, recipe: str) -> list[Check]:
    """What speaks against it, the most serious first.

    examples: the set; verdicts: id -> tag, of the run's data; recipe: never 'auto', see `recipe_of`.
    """
    found = [_only(recipe), _tested(run, examples), _noisy(run, examples, verdicts, recipe), _in_sample(run)]
    return [check for check in found if check is not None]


def expectation(
    run: Run, examples: pd.DataFrame, verdicts: pd.DataFrame, recipe: str, *, is_list: bool = False
) -> str | None:
    """What the benchmarks say of such a set, where they say that nothing is to be gained.

    is_list: whether the set is a list from elsewhere.
    """
    is_balanced = recipe != "weights" or not is_long_tailed(_supports(run))
    seen = is_reviewed(examples, verdicts.index.tolist(), is_list=is_list)
    return no_gain(recipe, is_reviewed=seen, is_balanced=is_balanced)


def left_out_by_people(manifest: Mapping[str, Any]) -> int:
    """How many examples a set's manifest says that people ruled out."""
    counts = manifest.get("left_out") or manifest.get("excluded") or {}
    return sum(int(n) for why, n in counts.items() if why in EXCLUSIONS) if isinstance(counts, Mapping) else 0


def _only(recipe: str) -> Check | None:
    if recipe != "only":
        return None
    return Check("A model that is trained on the hard set alone forgets the rest of the data.", "recipe", "Use mix")


def _tested(run: Run, examples: pd.DataFrame) -> Check | None:
    if "split" not in run.columns():
        return None
    names = [str(name) for name in run.table(["split"])["split"].dropna().unique()]
    for wanted in ("test", "validation"):
        values = [name for name in names if part_of(name) == wanted]
        if values:
            tested = set(run.query({"all": [{"column": "split", "in": values}]}, columns=["id"])["id"])
            both = [id for id in examples["id"] if id in tested]
            if not both:
                return None
            n = words.count(len(both), "example")
            sentence = f"The set holds {n} of the {wanted} split, such as '{both[0]}': it was mined where it is tested."
            return Check(sentence, "set", "Build a set without them", tuple(both))
    return None


def _noisy(run: Run, examples: pd.DataFrame, verdicts: pd.DataFrame, recipe: str) -> Check | None:
    if recipe in ("labels", "balanced", "without", "add") or "reason" not in run.source.columns:
        return None
    why = "Showing hard examples more often would teach wrong labels."
    rule = {"all": [{"rows": examples["id"].tolist()}]}
    reasons = run.query(rule, columns=["id", "reason"])
    tags = verdicts["tag"].reindex(reasons["id"]).fillna("").to_numpy()
    scores = reasons.assign(verdict=tags)
    probes = run.info.get("reasons") or {}
    noise, n = estimated_noise(examples, scores, probes)
    open_ones = scores.loc[(scores["verdict"] == "") & scores["reason"].isin(SUSPECT), "id"].tolist()
    if noise > MOST_NOISE:
        unseen = words.count(n, "example")
        sentence = f"{noise:.0%} of the {unseen} of this set that nobody has reviewed look mislabelled. {why}"
        return Check(sentence, "review", f"Review these {len(open_ones):,}", tuple(open_ones))
    seen = set(verdicts.index)
    suspects = run.query({"all": [definitions.SUSPECTED]}, columns=["id"])["id"].tolist()
    unseen_suspects = [id for id in suspects if id not in seen]
    n_unseen = run.n - len(seen.intersection(run.table(["id"])["id"].tolist()))
    share = wrong_share(len(unseen_suspects) / n_unseen if n_unseen else 0.0, probes)
    if share > MOST_NOISE_OF_ALL:
        sentence = f"{share:.0%} of the {n_unseen:,} examples of the run that nobody has reviewed look mislabelled."
        return Check(f"{sentence} {why}", "review", f"Review these {len(unseen_suspects):,}", tuple(unseen_suspects))
    return None


def _in_sample(run: Run) -> Check | None:
    if not has_only_memory(run):
        return None
    return Check(
        f"The run {run.name} holds only what a model says of its own training examples, of which it has "
        f"{accuracy_of(run):.1%} right: what it calls hard says little. Score the data again with models "
        "that did not see them:",
        "score",
    )


def _supports(run: Run) -> np.ndarray:
    """How many examples each class of a run has."""
    found = run.examples.summarise("label, count(*) AS n", ["label"], tail="AND label IS NOT NULL GROUP BY label")
    return found["n"].to_numpy()
