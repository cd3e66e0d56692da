"""The arithmetic of tags on tensors: the logits in a model's output, and the loss vector."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import ModelError
from hem_core.tasks._logits import logits_in
from hem_core.tasks._multilabel_scores import TEMPERATURE


def tag_logits_of(output: Any) -> Tensor:
    """The logits (N, K) float32, one per tag, in what a model returned: a tensor, `.logits`, `["logits"]`, or a tuple's
    first. (N,) is one tag. Raises ModelError for anything else.
    """
    found = logits_in(output)
    if isinstance(found, Tensor) and found.ndim == 1:
        found = found[:, None]  # (N,) -> (N, 1)
    if not isinstance(found, Tensor) or found.ndim != 2:
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ModelError(f"multilabel expects one logit per tag, (N, K), from the model; got {shape}")
    if not found.is_floating_point():
        raise ModelError(
            f"multilabel expects one logit per tag, floats of shape (N, K), from the model; got {str(found.dtype)[6:]}"
            ": return the values before they are compared with a threshold"
        )
    return found.float()


def loss_vector(logits: Tensor, given: Tensor) -> Tensor:
    """(N,) in nats: binary cross-entropy of the tags of each example, pooled by the softmin of their support.

    logits (N, K); given (N, K): 1 yes, 0 no, NaN unknown, which has no loss. See `_multilabel_scores.weights`.
    """
    is_known = ~given.isnan()
    wanted = given.nan_to_num()
    each = F.binary_cross_entropy_with_logits(logits.float(), wanted.float(), reduction="none")  # (N, K)
    own = torch.exp(-each).where(is_known, torch.inf)
    share = torch.softmax((-own / TEMPERATURE), dim=1).nan_to_num() if logits.shape[1] else each
    return (each * share).where(is_known, 0).sum(dim=1)  # (N, K) -> (N,)
