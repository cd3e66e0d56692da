"""The door for losses: one number per example."""

from typing import Literal, get_args

from torch import Tensor

from hem_core.errors import MiningError

OnNan = Literal["raise", "skip"]


def known_on_nan(on_nan: OnNan) -> OnNan:
    """The option as it is. Raises MiningError when there is no such one."""
    if on_nan not in get_args(OnNan):
        raise MiningError(f"no on_nan {on_nan!r}; there are: {', '.join(get_args(OnNan))}")
    return on_nan


def known_losses(losses: Tensor, who: str, on_nan: OnNan) -> Tensor | None:
    """Which of the losses (B,) count, (B,) bool, or None where all do. MiningError as `loss_vector`, else.

    Where NaN is skipped, so are infinite losses: both result from an overflow.
    """
    if known_on_nan(on_nan) == "raise" or losses.dim() != 1:
        loss_vector(losses, who)
        return None
    is_finite = losses.detach().isfinite()
    return None if is_finite.all() else is_finite


def loss_vector(losses: Tensor, who: str) -> Tensor:
    """`losses` (B,) detached. Raises MiningError for a scalar, for more dimensions, and for a NaN."""
    if losses.dim() == 0:
        raise MiningError(
            f"{who} expects a loss vector (B,), one loss per example; got a scalar: pass reduction='none'"
        )
    if losses.dim() > 1:
        raise MiningError(f"{who} expects a loss vector (B,); got shape {tuple(losses.shape)}: flatten or average it")
    losses = losses.detach()
    is_nan = losses.isnan()
    if is_nan.any():
        first = int(is_nan.int().argmax())
        raise MiningError(
            f"{who} got a loss that is NaN, at position {first} of {len(losses)}: it has no rank; "
            "lower the learning rate, or pass on_nan='skip' (to a selector's call, HardExampleLoss, LossHistory or a "
            "sampler's reduce) where mixed precision overflows now and then"
        )
    return losses


def check_same_rows(name: str, values: Tensor, losses: Tensor, who: str) -> Tensor:
    """`values` (B,) detached, on the losses' device. Raises MiningError for another shape."""
    if values.shape != losses.shape:
        raise MiningError(
            f"{who} expects {name} of shape {tuple(losses.shape)}, as the losses; got {tuple(values.shape)}"
        )
    return values.detach().to(losses.device)
