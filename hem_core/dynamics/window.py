"""The number of early epochs in which a net has not memorised what it is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hem_core.stats.accuracy_gap import gap

ALL_LEARNED = 0.98
"""Accuracy on the training examples at the end from which a net may have memorised them, if no other accuracy is
known."""
EARLY = 0.7
"""Where the window ends in that case."""


@dataclass(frozen=True)
class Window:
    """The first `epochs` of the `of` epochs that were recorded."""

    epochs: int
    of: int
    has_memorised: bool | None
    """Whether the net memorised its training examples later; None: no accuracy on other examples tells."""
    held_out: float | None = None
    """Accuracy on examples that it was not trained on, 0 .. 1."""
    are_rounds: bool = False
    """Whether they are rounds of boosting."""

    @property
    def sentence(self) -> str:
        """How the window was chosen."""
        if self.are_rounds:
            return f"all {self.of} recorded rounds of boosting: their mean finds wrong labels better than the first do"
        if self.held_out is not None and not self.has_memorised:
            return (
                f"all {self.of} epochs: the training accuracy is never {_points(self.held_out)} above the "
                f"{self.held_out:.1%} on examples that were not trained on"
            )
        if self.held_out is not None:
            return (
                f"the first {self.epochs} of {self.of} epochs: after them the training accuracy is "
                f"{_points(self.held_out)} or more above the {self.held_out:.1%} on examples that were not trained on"
            )
        if self.has_memorised is None:
            return (
                f"the first {self.epochs} of {self.of} epochs, to a training accuracy of {EARLY:.0%}, and all of them: "
                "the model learned all of its training examples, and no accuracy on others says whether by heart"
            )
        return f"all {self.of} epochs: the model did not learn all of its training examples"


def accuracies(hits: NDArray[np.float32]) -> np.ndarray:
    """Training accuracy of each epoch, (E,) in 0 .. 1, NaN for an epoch in which nothing was seen.

    hits (N, E): 1 = right, 0 = wrong, NaN = not seen in that epoch, skipped.
    """
    seen = ~np.isnan(hits)
    right, count = np.where(seen, hits, 0).sum(axis=0), seen.sum(axis=0)
    return np.where(count > 0, right / np.maximum(count, 1), np.nan)


def window(accuracy: np.ndarray, held_out: float | None = None, *, are_rounds: bool = False) -> Window:
    """The epochs up to and with the first in which a net was `gap` better on its training examples than on others.

    accuracy (E,): of each epoch, see `accuracies`; held_out: on examples that it was not trained on, 0 .. 1. Where that
    is never so, they are all epochs: what is learned late is hard then, not memorised, and a window would lose it.
    Where no such accuracy is known: up to `EARLY`, for a net that has learned all it was trained on; else all.
    Measured on flips (10%), AUPRC of AUM in a window by this gap | in one up to a training accuracy of .7 | over all
    epochs: 1,797 digits in 8 epochs .99 | .95 | .99, learned by heart in 250 epochs .997 | .95 | .975; 3,000 garments
    in 6 epochs .95 | .94 | .95, learned by heart in 40 epochs .95 | .94 | .79.
    On digits with 1% | 2% | 5% of flips, .95 | .93 | .90 right on other examples, in 250 epochs: .958 | .972 | .992 by
    this gap, .932 | .948 | .978 by a tenth at any accuracy; in 8 epochs both take all epochs.
    are_rounds: the epochs are rounds of boosting, which are all in the window: the first tree alone is often right on
    .7 of its training examples, and tells little of wrong labels yet (benchmarks/RESULTS.md).
    Reference: clean and wrong labels differ in the early epochs, Liu et al. 2020, arXiv:2007.00151.
    """
    n_epochs = len(accuracy)
    if are_rounds:
        return Window(n_epochs, n_epochs, False, held_out, are_rounds=True)
    if held_out is not None:
        end = _first(accuracy >= held_out + gap(held_out))
        return Window(end or n_epochs, n_epochs, end is not None, held_out)
    if not n_epochs or not accuracy[-1] >= ALL_LEARNED:
        return Window(n_epochs, n_epochs, False)
    return Window(_first(accuracy >= EARLY) or n_epochs, n_epochs, None)


def _points(held_out: float) -> str:
    return f"{100 * gap(held_out):.2g} points"


def _first(is_so: np.ndarray) -> int | None:
    """The number of epochs up to and with the first in which it is so; None when it never is."""
    return int(is_so.argmax()) + 1 if is_so.any() else None
