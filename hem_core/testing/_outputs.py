from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from hem_core.types import Outputs


def outputs(n: int, *, n_classes: int = 5, n_epochs: int = 6, width: int = 8, seed: int = 0) -> Outputs:
    """Every field of Outputs for n examples, from one seed; some epochs were not seen."""
    chance = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(n, n_classes, generator=chance)
    seen = torch.rand(n, n_epochs, generator=chance) < 0.8
    seen[:, 0] = True
    hits = (torch.rand(n, n_epochs, generator=chance) < 0.5).float()
    return Outputs(
        ids=[f"example-{index}" for index in range(n)],
        logits=logits,
        targets=torch.randint(n_classes, (n,), generator=chance),
        embeddings=torch.randn(n, width, generator=chance),
        head_input_norm=1 + torch.rand(n, generator=chance),
        prototypes=torch.randn(n, width, generator=chance),
        neighbour_targets=torch.randint(n_classes, (n, 4), generator=chance),
        neighbour_distances=torch.rand(n, 4, generator=chance).sort(dim=1).values,
        epoch_confidences=torch.rand(n, n_epochs, generator=chance).where(seen, torch.nan),
        epoch_margins=torch.randn(n, n_epochs, generator=chance).where(seen, torch.nan),
        epoch_hits=hits.where(seen, torch.nan),
        epoch_losses=torch.rand(n, n_epochs, generator=chance).where(seen, torch.nan),
        gradient_norm=torch.rand(n, generator=chance),
        member_confidences=torch.rand(n, 3, generator=chance),
    )


def part(whole: Outputs, rows: Sequence[int]) -> Outputs:
    """These rows of some outputs, in this order."""
    fields = {name: getattr(whole, name)[list(rows)] for name in whole.present()}
    return Outputs(ids=[whole.ids[index] for index in rows], **fields)


def changed(whole: Outputs, change: Callable[[Tensor], Tensor]) -> Outputs:
    """The same examples with every field changed."""
    return Outputs(ids=whole.ids, **{name: change(getattr(whole, name)) for name in whole.present()})
