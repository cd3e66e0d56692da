"""The highest of a vector, ties to the lower position."""

from torch import Tensor


def hardest(scores: Tensor, k: int, *, skip: int = 0) -> Tensor:
    """Positions of the k highest of scores (B,) after the `skip` highest; (k,) int64, ascending."""
    order = scores.argsort(descending=True, stable=True)
    return order[skip : skip + k].sort().values


def count(share: float, n: int) -> int:
    """How many of n a share is, rounded, and at least one where there is one."""
    return min(n, max(1, round(share * n)))
