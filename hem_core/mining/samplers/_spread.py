"""Draws with a given expected number of each example, as evenly as chance allows."""

import torch
from torch import Tensor


def spread(expected: Tensor, generator: torch.Generator) -> Tensor:
    """Indices in random order: example i stands in them floor or ceil of expected[i] times, on average expected[i].

    expected (N,) float64 >= 0, of a whole sum L, the number of draws. Returns (L,) int64. Systematic sampling: one
    random number, over the examples in random order.
    """
    order = torch.randperm(len(expected), generator=generator)
    total = round(float(expected.sum()))
    ends = expected[order].cumsum(dim=0)
    ends[-1:] = total
    marks = (ends + torch.rand((), generator=generator, dtype=torch.float64)).floor()
    times = marks.diff(prepend=marks.new_zeros(1)).to(torch.int64)
    drawn = order.repeat_interleave(times)
    return drawn[torch.randperm(len(drawn), generator=generator)]


def evenly(n: int, total: int) -> Tensor:
    """Expected numbers (n,) of `total` draws by uniform sampling."""
    return torch.full((n,), total / max(n, 1), dtype=torch.float64)
