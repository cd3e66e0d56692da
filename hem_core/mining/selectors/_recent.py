"""The losses of the last batches, with which a batch is compared."""

import torch
from torch import Tensor

from hem_core.mining._ranges import at_least


class Recent:
    """Holds the last `window` losses; a longer batch is held whole."""

    def __init__(self, window: int) -> None:
        self.window = at_least("window", window, 1)
        self.values = torch.zeros(0)

    def add(self, losses: Tensor) -> Tensor:
        """Add losses (B,); returns all that are held, sorted, (n,) with n >= B."""
        held = torch.cat([self.values.to(losses), losses])
        self.values = held[-max(self.window, len(losses)) :]
        return self.values.sort().values
