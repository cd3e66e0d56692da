from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining.miners._pairs import mined, no_pairs, pairs
from hem_core.mining.report import Report


class MultiSimilarityMiner:
    """Pairs that break the order: positives less alike than the most alike negative, negatives more alike than the
    least alike positive, by up to epsilon.

    epsilon >= 0, of the cosine in -1 .. 1: a pair counts when it is that near to breaking the order.
    miner(embeddings (B, D), labels (B,) int64) gives the int64 index vectors (anchor, positive, anchor, negative): the
    first two of P pairs, the last two of Q others, both in ascending order; an anchor without a positive or without a
    negative is in neither. With references (R, D) and reference_labels (R,), positives and negatives are rows of
    these; excluded (B, R) bool marks pairs that are none. No gradient is taken here. `report()` has the share
    of the last anchors that was mined, and their classes.
    Raises MiningError for other shapes and for a NaN.
    Use it: with a loss over weighted pairs, and in front of CrossBatchMemory.
    Reference: Wang et al. 2019, arXiv:1904.06627, equations 10 and 11.

    >>> import torch
    >>> from hem_core import mining
    >>> degrees = torch.tensor([0.0, 60.0, 50.0, 180.0])
    >>> embeddings = torch.stack([degrees.deg2rad().cos(), degrees.deg2rad().sin()], dim=1).requires_grad_()
    >>> miner = mining.MultiSimilarityMiner(epsilon=0)
    >>> anchor, positive, other, negative = miner(embeddings, torch.tensor([7, 7, 8, 8]))
    >>> list(zip(anchor.tolist(), positive.tolist())), list(zip(other.tolist(), negative.tolist()))
    ([(0, 1), (1, 0), (2, 3), (3, 2)], [(0, 2), (1, 2), (2, 0), (2, 1), (3, 1)])
    >>> similarity = torch.nn.functional.normalize(embeddings) @ torch.nn.functional.normalize(embeddings).T
    >>> (similarity[other, negative].mean() - similarity[anchor, positive].mean()).backward()
    """

    def __init__(self, epsilon: float = 0.1) -> None:
        if epsilon < 0:
            raise MiningError(f"epsilon must be 0 or more; it is {epsilon:g}")
        self.epsilon = epsilon
        self._report: Callable[[], Report] = partial(no_pairs, "MultiSimilarityMiner")

    @torch.no_grad()
    def __call__(
        self,
        embeddings: Tensor,
        labels: Tensor,
        references: Tensor | None = None,
        reference_labels: Tensor | None = None,
        *,
        excluded: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        found = pairs(embeddings, labels, references, reference_labels, excluded, normalize=True)
        # A column more, so that there is a largest and a smallest where there are no references at all.
        best = _padded(found.similarity.masked_fill(~found.is_negative, -torch.inf), -torch.inf).amax(dim=1)
        worst = _padded(found.similarity.masked_fill(~found.is_positive, torch.inf), torch.inf).amin(dim=1)
        is_hard_positive = found.is_positive & (found.similarity < (best + self.epsilon).unsqueeze(1))
        is_hard_negative = found.is_negative & (found.similarity > (worst - self.epsilon).unsqueeze(1))
        anchors, positives = is_hard_positive.nonzero(as_tuple=True)
        others, negatives = is_hard_negative.nonzero(as_tuple=True)
        self._report = partial(mined, torch.cat([anchors, others]), labels)
        return anchors, positives, others, negatives

    def report(self) -> Report:
        """The last batch's anchors: which share was mined, of which classes; MiningError before the first."""
        return self._report()


def _padded(values: Tensor, value: float) -> Tensor:
    return torch.cat([values, values.new_full((len(values), 1), value)], dim=1)
