from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining.miners._pairs import mined, no_pairs, pairs
from hem_core.mining.report import Report


class SemiHardMiner:
    """Of each pair of a class, the nearest other example that is farther than the pair, yet within the margin.

    margin > 0, of squared Euclidean distances, which are in 0 .. 4 between unit vectors; normalize: compare these, or
    the embeddings as they are.
    miner(embeddings (B, D), labels (B,) int64) gives the int64 index vectors (anchor, positive, negative), each (T,):
    d(a, p) < d(a, n) < d(a, p) + margin, at most one negative a pair, pairs in ascending order, ties to the lower
    index; a pair without such a negative is left out. With references (R, D) and reference_labels (R,), positives and
    negatives are rows of these; excluded (B, R) bool marks pairs that are none. No gradient is taken here. `report()`
    has the share of the last anchors that was mined, and their classes.
    Raises MiningError for other shapes and for a NaN.
    Use it: where the hardest negatives make the embeddings collapse, as at the start of a training.
    Reference: Schroff et al. 2015 (FaceNet), arXiv:1503.03832, section 3.2; which of the semi-hard negatives is
    taken is open there, here it is the hardest. Memory is O(B R), never one row a triplet.

    >>> import torch
    >>> from hem_core import mining
    >>> embeddings = torch.tensor([[0.0], [1.0], [1.05], [1.2]], requires_grad=True)
    >>> miner = mining.SemiHardMiner(margin=0.5, normalize=False)
    >>> anchor, positive, negative = miner(embeddings, torch.tensor([7, 7, 8, 8]))
    >>> list(zip(anchor.tolist(), positive.tolist(), negative.tolist()))  # 1 < 1.05² < 1.5; .0225 < .04 < .5225
    [(0, 1, 2), (3, 2, 1)]
    >>> loss_fn = torch.nn.TripletMarginLoss(margin=0.5)
    >>> loss_fn(embeddings[anchor], embeddings[positive], embeddings[negative]).backward()
    """

    def __init__(self, margin: float = 0.2, *, normalize: bool = True) -> None:
        if margin <= 0:
            raise MiningError(f"margin must be above 0; it is {margin:g}")
        self.margin, self.normalize = margin, normalize
        self._report: Callable[[], Report] = partial(no_pairs, "SemiHardMiner")

    @torch.no_grad()
    def __call__(
        self,
        embeddings: Tensor,
        labels: Tensor,
        references: Tensor | None = None,
        reference_labels: Tensor | None = None,
        *,
        excluded: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        found = pairs(embeddings, labels, references, reference_labels, excluded, normalize=self.normalize)
        others = found.distance.masked_fill(~found.is_negative, torch.inf)
        nearest, order = torch.cat([others, others.new_full((len(others), 1), torch.inf)], dim=1).sort(stable=True)
        place = torch.searchsorted(nearest, found.distance, right=True)  # (B, R): the first that is farther
        farther = nearest.gather(1, place.clamp(max=others.shape[1]))
        is_semi_hard = found.is_positive & (farther < found.distance + self.margin)
        anchors, positives = is_semi_hard.nonzero(as_tuple=True)
        self._report = partial(mined, anchors, labels)
        return anchors, positives, order[anchors, place[anchors, positives]]

    def report(self) -> Report:
        """The last batch's anchors: which share was mined, of which classes; MiningError before the first."""
        return self._report()
