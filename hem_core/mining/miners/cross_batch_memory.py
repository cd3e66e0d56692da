from typing import Protocol

import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.report import Report


class Miner(Protocol):
    """What finds index tuples among references."""

    def __call__(
        self, embeddings: Tensor, labels: Tensor, references: Tensor, reference_labels: Tensor, *, excluded: Tensor
    ) -> tuple[Tensor, ...]: ...

    def report(self) -> Report: ...


class CrossBatchMemory(nn.Module):
    """The embeddings of the last batches, among which a miner finds positives and negatives for the current batch.

    miner: one of this package's; size: embeddings remembered; width: D; warmup: batches that neither use nor fill the
    memory, while embeddings still move fast (the paper waits for 1,000).
    memory(embeddings (B, D), labels (B,) int64, ids (B,) int64 or None) gives (indices, references): the miner's index
    vectors, whose positives and negatives are rows of references (B + M, D), the batch itself (with its gradient),
    then the M <= size remembered ones, oldest first (without). An example is never a pair with itself, nor, if ids
    are passed, with its remembered embeddings. In training mode the batch is then remembered.
    The state_dict has all of it, so a resumed training finds the same pairs. Each process remembers its own batches.
    Raises MiningError for other shapes, and what the miner raises.
    Use it: where a batch is too small to hold hard negatives; size from some batches up to the whole data set.
    Reference: Wang et al. 2020, arXiv:1912.06798, algorithm 1; there the batch is put in the memory first and its own
    pairs are a second loss.

    >>> import torch
    >>> from hem_core import mining
    >>> memory = mining.CrossBatchMemory(mining.BatchHardMiner(), size=1024, width=8)
    >>> loss_fn, generator = torch.nn.TripletMarginLoss(margin=0.2), torch.Generator().manual_seed(0)
    >>> for step in range(3):
    ...     embeddings = torch.randn(4, 8, generator=generator).requires_grad_()
    ...     labels, ids = torch.tensor([0, 1, 2, 3]), torch.arange(4) + 4 * step
    ...     (anchor, positive, negative), references = memory(embeddings, labels, ids)
    ...     if len(anchor):  # the first batch has no positives
    ...         loss_fn(embeddings[anchor], references[positive], references[negative]).backward()
    >>> tuple(references.shape)
    (12, 8)
    """

    embeddings: Tensor
    labels: Tensor
    ids: Tensor
    n_batches: Tensor
    n_seen: Tensor

    def __init__(self, miner: Miner, size: int, width: int, warmup: int = 0) -> None:
        super().__init__()
        if size < 1 or width < 1 or warmup < 0:
            raise MiningError(f"size and width must be 1 or more, warmup 0 or more; got {size}, {width}, {warmup}")
        self.miner, self.size, self.warmup = miner, size, warmup
        self.register_buffer("embeddings", torch.zeros(size, width))
        self.register_buffer("labels", torch.zeros(size, dtype=torch.int64))
        self.register_buffer("ids", torch.full((size,), -1))
        self.register_buffer("n_batches", torch.tensor(0))
        self.register_buffer("n_seen", torch.tensor(0))

    def report(self) -> Report:
        """The miner's report on the last batch's anchors."""
        return self.miner.report()

    @property
    def n_remembered(self) -> int:
        """Number of embeddings that the next batch will be compared with, besides its own."""
        return min(int(self.n_seen), self.size)

    def forward(
        self, embeddings: Tensor, labels: Tensor, ids: Tensor | None = None
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        if embeddings.ndim != 2 or embeddings.shape[1] != self.embeddings.shape[1]:
            width = self.embeddings.shape[1]
            raise MiningError(f"this memory expects embeddings (B, {width}); got {tuple(embeddings.shape)}")
        if ids is not None and ids.shape != labels.shape:
            raise MiningError(f"expected ids {tuple(labels.shape)}, one per label; got {tuple(ids.shape)}")
        rows = self._oldest_first()
        references = torch.cat([embeddings, self.embeddings[rows].to(embeddings.dtype)])
        own = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        known = torch.zeros(len(labels), len(rows), dtype=torch.bool, device=labels.device)
        if ids is not None:
            own, known = ids.unsqueeze(1) == ids, ids.unsqueeze(1) == self.ids[rows]
        indices = self.miner(
            embeddings,
            labels,
            references,
            torch.cat([labels, self.labels[rows]]),
            excluded=torch.cat([own, known], dim=1),
        )
        if self.training:
            self._remember(embeddings.detach(), labels, torch.full_like(labels, -1) if ids is None else ids)
        return indices, references

    def _oldest_first(self) -> Tensor:
        n_seen = int(self.n_seen)
        return torch.arange(max(0, n_seen - self.size), n_seen, device=self.labels.device) % self.size

    def _remember(self, embeddings: Tensor, labels: Tensor, ids: Tensor) -> None:
        self.n_batches += 1
        if self.n_batches <= self.warmup:
            return
        kept = slice(max(0, len(labels) - self.size), None)  # of a batch larger than the memory, its end
        rows = torch.arange(len(labels), device=labels.device)[kept]
        places = (rows + self.n_seen) % self.size
        self.embeddings[places] = embeddings[kept].to(self.embeddings.dtype)
        self.labels[places], self.ids[places] = labels[kept], ids[kept]
        self.n_seen += len(labels)
