import torch
from torch import Tensor

from hem_core.errors import MiningError


@torch.no_grad()
def ssd_hard_negatives(
    losses: Tensor,
    is_positive: Tensor,
    *,
    is_ignored: Tensor | None = None,
    ratio: float = 3.0,
    min_negatives: int = 1,
) -> Tensor:
    """Of each image the background anchors with the largest loss, `ratio` to one positive anchor.

    losses (N, A) of N images' A anchors, one each, of the classification; is_positive (N, A) bool: matched to an
    object; is_ignored (N, A) bool: neither that nor background; ratio >= 0; min_negatives >= 1 are kept of an image
    without objects, too, so that it teaches (the paper's rule keeps none).
    Returns (N, A) bool: round(ratio × positives), at least min_negatives, of the image's negatives, as far as there
    are so many; ties go to the lower anchor.
    Raises MiningError for a scalar loss, a NaN, other shapes or options.
    Reference: Liu et al. 2016 (SSD), arXiv:1512.02325, section 2.2.

    >>> import torch
    >>> from hem_core import mining
    >>> losses = torch.tensor([[9.0, 1.0, 5.0, 2.0], [0.3, 0.1, 0.2, 0.4]], requires_grad=True)
    >>> is_positive = torch.tensor([[True, False, False, False], [False, False, False, False]])
    >>> is_negative = mining.ssd_hard_negatives(losses, is_positive, ratio=2)
    >>> is_negative.int().tolist()
    [[0, 0, 1, 1], [0, 0, 0, 1]]
    >>> total = losses[is_positive | is_negative].sum() / is_positive.sum().clamp(min=1)
    >>> total.backward()
    """
    is_ignored = torch.zeros_like(is_positive) if is_ignored is None else is_ignored
    _check(losses, is_positive, is_ignored, ratio, min_negatives)
    is_negative = ~is_positive & ~is_ignored
    wanted = (ratio * is_positive.sum(dim=1)).round().clamp(min=min_negatives)
    # Sorting an order gives each anchor's rank in it.
    order = losses.masked_fill(~is_negative, -torch.inf).argsort(dim=1, descending=True, stable=True)
    return is_negative & (order.argsort(dim=1) < wanted.unsqueeze(1))


def _check(losses: Tensor, is_positive: Tensor, is_ignored: Tensor, ratio: float, min_negatives: int) -> None:
    if ratio < 0 or min_negatives < 1:
        raise MiningError(f"ratio must be 0 or more, min_negatives 1 or more; they are {ratio:g}, {min_negatives}")
    if losses.ndim != 2:
        hint = "a scalar: pass reduction='none'" if losses.ndim == 0 else f"the shape {tuple(losses.shape)}"
        raise MiningError(f"ssd_hard_negatives expects losses (N, A), one per anchor of each image; got {hint}")
    for name, values in (("is_positive", is_positive), ("is_ignored", is_ignored)):
        if values.shape != losses.shape or values.dtype != torch.bool:
            raise MiningError(f"{name} must be {tuple(losses.shape)} bool; got {tuple(values.shape)} {values.dtype}")
    is_nan = losses.isnan().any(dim=1)
    if is_nan.any():
        raise MiningError(f"image {int(is_nan.nonzero()[0])} has a loss that is NaN: it has no rank")
