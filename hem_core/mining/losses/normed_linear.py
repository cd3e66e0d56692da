import torch
import torch.nn.functional as F
from torch import Tensor, nn


class NormedLinear(nn.Module):
    """A last layer whose logits are cosines of features and class directions, as LDAMLoss wants them.

    forward(features (N, D)) gives (N, n_classes) in -1 .. 1.
    seed: of the first directions; torch's own random numbers are left alone.
    Reference: Cao et al. 2019, arXiv:1906.07413, section 3.1.

    >>> import torch
    >>> from hem_core import mining
    >>> head = mining.NormedLinear(8, 3, seed=0)
    >>> tuple(head(torch.ones(5, 8)).shape)
    (5, 3)
    """

    def __init__(self, width: int, n_classes: int, *, seed: int = 0) -> None:
        super().__init__()
        drawn = torch.randn(n_classes, width, generator=torch.Generator().manual_seed(seed))
        self.weight = nn.Parameter(F.normalize(drawn, dim=1))

    def forward(self, features: Tensor) -> Tensor:
        return F.linear(F.normalize(features, dim=1), F.normalize(self.weight, dim=1))
