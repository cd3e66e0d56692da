"""Check one training batch for the recorder, and compute its measures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hem_core.errors import DataError

Ids = Sequence[str] | Sequence[int] | NDArray[np.integer] | Tensor


def checked(ids: Ids, logits: Tensor, targets: Tensor) -> list[str | int] | Tensor:
    """The ids as the recorder's own copy. Raises DataError unless everything has the right shape."""
    if logits.ndim != 2 or logits.shape[1] < 2 or not logits.is_floating_point():
        raise DataError(
            f"logits must have shape (N, K), K >= 2, and a float type; these are {tuple(logits.shape)} {logits.dtype}; "
            "a binary model's single logit z is the two columns (0, z)"
        )
    if targets.ndim != 1 or targets.is_floating_point() or targets.dtype == torch.bool:
        raise DataError(
            f"targets must have shape (N,) and an integer type; these are {tuple(targets.shape)} {targets.dtype}; "
            "where labels are mixed or smoothed, log the given class"
        )
    if isinstance(ids, Tensor):
        if ids.ndim != 1 or ids.is_floating_point() or ids.dtype == torch.bool:
            raise DataError(f"ids must be N strings or integers; this is a tensor {tuple(ids.shape)} {ids.dtype}")
        own: list[str | int] | Tensor = ids.detach().clone()
    else:
        own = [ids] if isinstance(ids, str) else list(ids.tolist() if isinstance(ids, np.ndarray) else ids)
        wrong = [each for each in set(map(type, own)) if each is bool or not issubclass(each, str | int | np.integer)]
        if wrong:
            raise DataError(f"ids must be N strings or integers; these include a {wrong[0].__name__}")
    if not len(own) == len(logits) == len(targets):
        raise DataError(f"a batch has {len(own)} ids, {len(logits)} rows of logits and {len(targets)} targets")
    return own


@torch.no_grad()
def measures(logits: Tensor, targets: Tensor) -> Tensor:
    """(N, K), (N,) -> (N, 6): probability of the label, margin, hit, is it a label, the label, NaN; on their device.

    The last column is for a loss, which of classes says no more than the probability.
    """
    logits = logits.detach().float()
    targets = targets.to(logits.device, torch.int64, non_blocking=True)
    label = targets.clamp(0, logits.shape[1] - 1).unsqueeze(1)  # (N, 1)
    given = logits.gather(1, label).squeeze(1)
    others = logits.scatter(1, label, -torch.inf).amax(dim=1)
    confidence = (given - logits.logsumexp(dim=1)).exp()
    is_label = label.squeeze(1) == targets
    label = label.squeeze(1).float()  # exact up to 16 million classes
    no_loss = torch.full_like(label, torch.nan)
    is_hit = logits.argmax(dim=1) == targets
    return torch.stack([confidence, others - given, is_hit, is_label, label, no_loss], dim=1)
