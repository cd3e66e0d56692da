from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from hem_core.mining.miners._pairs import mined, no_pairs, pairs
from hem_core.mining.report import Report


class BatchHardMiner:
    """For each anchor, the farthest example of its class and the nearest one of another class.

    normalize: compare directions (unit vectors), or the embeddings as they are.
    miner(embeddings (B, D), labels (B,) int64) gives the int64 index vectors (anchor, positive, negative), each (T,):
    T <= B, anchors ascending; an anchor without a positive or a negative is left out, ties go to the lower index.
    With references (R, D) and reference_labels (R,), positives and negatives are rows of these; excluded (B, R) bool
    marks pairs that are none. No gradient is taken here: index the embeddings in the loss. `report()` has the
    share of the last anchors that was mined, and their classes.
    Raises MiningError for other shapes and for a NaN.
    Use it: with batches of a few examples from each of many classes, right labels, and a soft margin.
    Reference: Hermans et al. 2017, arXiv:1703.07737, section 2, there of embeddings as they are.

    >>> import torch
    >>> from hem_core import mining
    >>> embeddings = torch.tensor([[0.0], [1.0], [4.0], [6.0]], requires_grad=True)
    >>> miner = mining.BatchHardMiner(normalize=False)
    >>> anchor, positive, negative = miner(embeddings, torch.tensor([7, 7, 8, 8]))
    >>> positive.tolist(), negative.tolist()
    ([1, 0, 3, 2], [2, 2, 1, 1])
    >>> loss_fn = torch.nn.TripletMarginLoss(margin=0.2)
    >>> loss_fn(embeddings[anchor], embeddings[positive], embeddings[negative]).backward()
    """

    def __init__(self, *, normalize: bool = True) -> None:
        self.normalize = normalize
        self._report: Callable[[], Report] = partial(no_pairs, "BatchHardMiner")

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
        anchors = (found.is_positive.any(dim=1) & found.is_negative.any(dim=1)).nonzero().flatten()  # (B,) -> (T,)
        self._report = partial(mined, anchors, labels)
        if not len(anchors):  # there may be no reference to choose from
            return anchors, anchors, anchors
        far = found.distance.masked_fill(~found.is_positive, -torch.inf)[anchors].argmax(dim=1)
        near = found.distance.masked_fill(~found.is_negative, torch.inf)[anchors].argmin(dim=1)
        return anchors, far, near

    def report(self) -> Report:
        """The last batch's anchors: which share was mined, of which classes; MiningError before the first."""
        return self._report()
