"""What the benchmarks say of a retraining before it starts, where they say that nothing is to be gained. No torch."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from hem_core.selection.verdicts_applied import is_corrected

if TYPE_CHECKING:
    import pandas as pd

FIGURE = (
    "in the benchmark such a set changed accuracy by -0.6 points (-0.8 to -0.3; Fashion-MNIST, 5,000 pictures with "
    "right labels, 5 seeds), and with a fifth of the labels wrong by +0.2 (-0.0 to +0.4), no more than random examples"
)
"""The rows "hem retrain, as shipped" of "While training" in benchmarks/RESULTS.md; a test compares them."""
WAY_OUT = "Review the set first, so that its labels are corrected."


def expectation(recipe: str, *, is_reviewed: bool | None, is_balanced: bool) -> str | None:
    """A sentence where no gain is to be expected: hard examples of about equally large classes are up-weighted
    although nobody reviewed them; else None.

    recipe: never 'auto'. is_reviewed: None where it is not known, as of a list from elsewhere.
    """
    if recipe != "weights" or is_reviewed or not is_balanced:
        return None
    if is_reviewed is None:
        start = (
            "No gain is to be expected if nobody has reviewed these examples, since the classes are about equally large"
        )
    else:
        start = "No gain is to be expected: nobody has reviewed this set, and the classes are about equally large"
    return f"{start}; {FIGURE}. {WAY_OUT}".replace(" -", " −").replace("(-", "(−")


def is_reviewed(examples: pd.DataFrame, judged: Collection[str], *, is_list: bool) -> bool | None:
    """Whether people judged examples of a set; None for a list from elsewhere, of which that is not known.

    judged: ids of the run's data with a verdict; is_list: whether it is such a list.
    """
    if set(judged).intersection(examples["id"].tolist()) or bool(is_corrected(examples).to_numpy().any()):
        return True
    return None if is_list else False
