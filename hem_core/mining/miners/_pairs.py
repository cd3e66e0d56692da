"""Shared by the miners: which references have an anchor's class, and their distances."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining.report import Report


@dataclass(frozen=True, eq=False)
class Pairs:
    """Anchors (B) against references (R)."""

    similarity: Tensor
    """(B, R) float: the cosine, or the dot product of what was given."""
    distance: Tensor
    """(B, R) float: squared Euclidean, of unit vectors 2 - 2 × cosine."""
    is_positive: Tensor
    """(B, R) bool: same label, and not left out."""
    is_negative: Tensor
    """(B, R) bool: another label, and not left out."""


@torch.no_grad()
def pairs(
    embeddings: Tensor,
    labels: Tensor,
    references: Tensor | None,
    reference_labels: Tensor | None,
    excluded: Tensor | None,
    *,
    normalize: bool,
) -> Pairs:
    """All pairs of anchors (B, D) and references (R, D), which are the anchors themselves when None is given.

    labels (B,) and reference_labels (R,) int64; excluded (B, R) bool: pairs that are none, by default each row with
    itself, or none where references are given. Half precision is counted in float32.
    Raises MiningError for other shapes and for a NaN or infinite value, naming the row.
    """
    if (references is None) != (reference_labels is None):
        raise MiningError("pass both references and reference_labels, or neither")
    if references is None or reference_labels is None:
        references, reference_labels = embeddings, labels
        excluded = torch.eye(len(labels), dtype=torch.bool, device=labels.device) if excluded is None else excluded
    anchors, others = _rows(embeddings, labels, ""), _rows(references, reference_labels, "reference ")
    if anchors.shape[1] != others.shape[1]:
        raise MiningError(f"the embeddings are {anchors.shape[1]} wide, the references {others.shape[1]}")
    if excluded is None:
        excluded = torch.zeros(len(anchors), len(others), dtype=torch.bool, device=labels.device)
    if excluded.shape != (len(anchors), len(others)) or excluded.dtype != torch.bool:
        wanted = (len(anchors), len(others))
        raise MiningError(f"excluded must be {wanted} bool; got {tuple(excluded.shape)} {excluded.dtype}")
    if normalize:
        anchors, others = F.normalize(anchors, dim=1), F.normalize(others, dim=1)
    with torch.autocast(anchors.device.type, enabled=False):  # or ties and orders would depend on the trainer
        similarity = anchors @ others.T
    lengths = anchors.square().sum(dim=1).unsqueeze(1) + others.square().sum(dim=1)
    is_same = labels.unsqueeze(1) == reference_labels
    return Pairs(similarity, (lengths - 2 * similarity).clamp(min=0), is_same & ~excluded, ~is_same & ~excluded)


def mined(anchors: Tensor, labels: Tensor) -> Report:
    """Of the anchors with labels (B,), those (T,) that are in the tuples found: each once; their losses are unknown."""
    return Report.of(torch.full(labels.shape, torch.nan), anchors.unique().cpu(), labels=labels.cpu())


def no_pairs(who: str) -> Report:
    """Raise MiningError for a report before the miner's first batch."""
    raise MiningError(f"{who} has mined nothing yet; call it with embeddings and labels first")


def _rows(embeddings: Tensor, labels: Tensor, name: str) -> Tensor:
    if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1]:
        raise MiningError(
            f"expected {name}embeddings (B, D) and labels (B,); got {tuple(embeddings.shape)} and {tuple(labels.shape)}"
        )
    is_bad = ~embeddings.isfinite().all(dim=1)
    if is_bad.any():
        raise MiningError(f"{name}embedding {int(is_bad.nonzero()[0])} has a NaN or an infinite value")
    return embeddings.float() if embeddings.dtype in (torch.float16, torch.bfloat16) else embeddings
