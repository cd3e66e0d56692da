from torch import Tensor

TITLE = "mean loss in training"


def loss_mean(epoch_losses: Tensor) -> Tensor:
    """The loss of the example, averaged over the epochs: mean of the loss in each.

    epoch_losses (N, E), as the training or the recorder measured it; NaN = not seen in that epoch, skipped.
    Returns (N,) in 0 .. inf; higher = harder, in the unit of that loss. NaN (null in the table) where never seen.
    Cost: a recorded training; itself next to nothing.
    Use it: where a training has no classes: boxes, generated tokens, numbers.
    Reference: Huang et al. 2019, O2U-Net, doi:10.1109/ICCV.2019.00342, without its cyclical learning rate.
    """
    return epoch_losses.float().nanmean(dim=1)  # (N, E) -> (N,)
