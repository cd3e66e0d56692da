"""Keep the hardest part of a batch, without the top tail of the last batches."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from hem_core.mining._ranges import between
from hem_core.mining.selectors._hardest import count, hardest
from hem_core.mining.selectors._recent import Recent
from hem_core.mining.selectors._selector import Selector


class TrimmedTopK(Selector):
    """Keeps the share `keep` with the highest loss, of those that are not in the top `trim` of the last `window`.

    keep, trim in 0 .. 1. TopK(drop_top=…) drops as many from each batch; here a batch without wrong labels loses
    nothing and one with many loses many. The batch itself is part of the window; one example is kept at least.

    >>> import torch
    >>> select = TrimmedTopK(keep=0.5, trim=0.25)
    >>> select(torch.tensor([1.0, 2.0, 3.0, 10.0]))    # 10 is the top quarter of four
    tensor([1, 2])
    >>> select(torch.tensor([1.0, 1.0, 2.0, 3.0]))     # 10 and a 3 are the top quarter of eight; none is above 3
    tensor([2, 3])
    >>> round(select.report().mean_loss_kept, 3)
    2.5

    Reference: Shen and Sanghavi 2019 (trimmed loss), arXiv:1810.11874. Changed: it trims by the last losses instead
    of by a pass over the whole set, and keeps the hardest of what is left instead of all.
    """

    def __init__(self, keep: float = 0.5, trim: float = 0.1, *, window: int = 1024, noise: float | None = None) -> None:
        super().__init__(noise=noise)
        self.keep, self.trim = between("keep", keep, 0, 1), between("trim", trim, 0, 1)
        self.recent = Recent(window)

    def state_dict(self) -> dict[str, Any]:
        return {"recent": self.recent.values}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.recent.values = state["recent"]

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        held = self.recent.add(losses)
        limit = held[count(1 - self.trim, len(held)) - 1]
        trimmed = min(int((losses > limit).sum()), len(losses) - 1)
        return hardest(losses, count(self.keep, len(losses)), skip=trimmed)
