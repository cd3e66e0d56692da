"""Several models vote on the reasons: the mean of their calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hem_core.reasons.calibrate import Calibrated
from hem_core.reasons.rules import REASONS


@dataclass(frozen=True, eq=False)
class Votes:
    """What other models say of N examples."""

    total: np.ndarray
    """(N, 6) float32: the sum of their probabilities of REASONS."""
    count: np.ndarray
    """(N,) how many of them know the example with the same label."""
    n_models: int
    """How many count for any example."""

    def kept(self) -> dict[str, np.ndarray]:
        """The arrays that `of_kept` reads again."""
        return {"votes": self.total, "vote_count": self.count.astype(np.int32), "vote_models": np.array(self.n_models)}


def no_votes(n: int) -> Votes:
    """Nobody votes."""
    return Votes(np.zeros((n, len(REASONS)), np.float32), np.zeros(n), 0)


def of_kept(arrays: Mapping[str, np.ndarray], n: int) -> Votes:
    """The votes that `Votes.kept` put among these arrays, on n examples; none where there are none."""
    if "votes" not in arrays:
        return no_votes(n)
    return Votes(arrays["votes"], arrays["vote_count"], int(arrays["vote_models"]))


def averaged(found: Calibrated, votes: Votes) -> Calibrated:
    """The same with the mean of its probabilities and those of the other models, each of which counts as much.

    Reference: Lakshminarayanan et al. 2017, arXiv:1612.01474.
    """
    if not votes.n_models:
        return found
    mean = (found.probs + votes.total) / (1 + votes.count[:, None])
    return replace(found, probs=mean.astype(np.float32))
