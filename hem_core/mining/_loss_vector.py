"""The door for losses: one number an example."""

from torch import Tensor

from hem_core.errors import MiningError


def loss_vector(losses: Tensor, who: str) -> Tensor:
    """`losses` (B,) detached. Raises MiningError for a scalar, for more dimensions, and for a NaN."""
    if losses.dim() == 0:
        raise MiningError(f"{who} wants a loss vector (B,), one loss an example; got a scalar: pass reduction='none'")
    if losses.dim() > 1:
        raise MiningError(f"{who} wants a loss vector (B,); got shape {tuple(losses.shape)}: flatten or average it")
    losses = losses.detach()
    is_nan = losses.isnan()
    if is_nan.any():
        first = int(is_nan.int().argmax())
        raise MiningError(f"{who} got a loss that is NaN, at position {first} of {len(losses)}: it has no rank")
    return losses


def beside(name: str, values: Tensor, losses: Tensor, who: str) -> Tensor:
    """`values` (B,) detached, on the losses' device. Raises MiningError for another shape."""
    if values.shape != losses.shape:
        raise MiningError(
            f"{who} wants {name} of shape {tuple(losses.shape)}, as the losses; got {tuple(values.shape)}"
        )
    return values.detach().to(losses.device)
