"""Keep each example with a probability that grows with the rank of its loss."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from hem_core.mining._ranges import between
from hem_core.mining.selectors._hardest import hardest
from hem_core.mining.selectors._recent import Recent
from hem_core.mining.selectors._selector import Selector


class RankSampling(Selector):
    """Keeps an example with probability r ** power, r being the share of the last `window` losses not above its own.

    power >= 0: 0 keeps all, 1 a half, 2 a third on average. Chance comes from a generator of its own (`seed`). The
    batch is part of the window, so its hardest example has r = 1 when no loss before was higher. Where none is drawn,
    the hardest is kept.

    >>> import torch
    >>> losses = torch.tensor([0.5, 2.0, 1.0, 0.1])
    >>> RankSampling(power=0)(losses)
    tensor([0, 1, 2, 3])
    >>> select = RankSampling(power=1000, seed=3)      # (3/4) ** 1000 is never drawn, 1 ** 1000 always
    >>> select(losses)
    tensor([1])
    >>> select.report().fraction_kept
    0.25

    Reference: Jiang et al. 2019 (Selective Backprop), arXiv:1910.00762. Changed: what is kept makes a smaller batch
    and is not queued until a full one is there.
    """

    def __init__(self, power: float = 1.0, *, window: int = 1024, seed: int = 0, noise: float | None = None) -> None:
        super().__init__(noise=noise)
        self.power = between("power", power, 0, float("inf"))
        self.recent = Recent(window)
        self.chance = torch.Generator().manual_seed(seed)

    def state_dict(self) -> dict[str, Any]:
        return {"recent": self.recent.values, "chance": self.chance.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.recent.values = state["recent"]
        self.chance.set_state(state["chance"].cpu())

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        held = self.recent.add(losses)
        ranks = torch.searchsorted(held, losses, right=True) / len(held)  # (B,) in 0 .. 1
        drawn = torch.rand(len(losses), generator=self.chance).to(losses.device) < ranks**self.power
        kept = drawn.nonzero()[:, 0]
        return kept if len(kept) else hardest(losses, 1)
