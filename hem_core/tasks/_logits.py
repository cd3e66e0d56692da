"""The arithmetic of single-label classification: logits out of an output, the loss vector, the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import ModelError
from hem_core.tasks._contract import NOT_FINITE


def logits_of(output: Any) -> Tensor:
    """The logits (N, K) float32 in what a model returned: a tensor, `.logits`, `["logits"]`, or a tuple's first.

    One logit per example, (N,) or (N, 1), is a binary model: it becomes the two logits (0, z).
    Raises ModelError for anything else.
    """
    found = logits_in(output)
    if not isinstance(found, Tensor) or found.ndim not in (1, 2):
        raise ModelError(f"classification expects logits of shape (N, K) from the model; got {_shown(output, found)}")
    if found.layout != torch.strided:
        found = found.to_dense()
    if not found.is_floating_point():
        raise ModelError(
            f"classification expects logits, floats of shape (N, K), from the model; got {str(found.dtype)[6:]}: "
            "class indices do not show the confidence; return the values before the argmax"
        )
    logits = found.float()
    if logits.ndim == 1:
        logits = logits[:, None]  # (N,) -> (N, 1)
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)  # (N, 1) -> (N, 2)
    return logits


def logits_in(output: Any) -> Any:
    """What stands for the logits in what a model returned: `.logits`, `["logits"]`, a tuple's first, or all of it."""
    if isinstance(output, Mapping):
        return output.get("logits")
    if hasattr(output, "logits"):
        return output.logits
    return output[0] if isinstance(output, tuple | list) and output else output


def _shown(output: Any, found: Any) -> str:
    """What a model returned, in words."""
    if isinstance(found, Tensor):
        return f"{tuple(found.shape)}{_SHAPES.get(found.ndim, '')}"
    if isinstance(output, Mapping) and output:
        return f"{type(output).__name__} with {', '.join(map(str, output))}, and no logits"
    if isinstance(output, list | tuple) and output and isinstance(output[0], Mapping):
        return f"a list of dicts with {', '.join(map(str, output[0]))}, as of a model that finds objects"
    return type(found).__name__


_SHAPES = {
    0: ", one number for the whole batch, as of a loss",
    3: ", as of a model that classifies tokens or writes text",
    4: ", as of a model that segments pictures",
}


MASKED = 1e4
"""The distance below a row's best logit of a class that the model rules out: in float32 its probability is 0."""


def unmasked(logits: Tensor) -> Tensor:
    """Logits (N, K) whose -inf, of classes that the model rules out, are finite: 10,000 below the best of their row.

    Their probability stays 0, and sums, margins and gradients stay numbers. NaN and +inf stay; so does a row of -inf.
    """
    is_masked = logits.isneginf()
    if not is_masked.any():
        return logits
    best = logits.amax(dim=1, keepdim=True)  # (N, 1)
    return torch.where(is_masked & best.isfinite(), best - MASKED, logits)


def loss_vector(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each example, (N, K) and (N,) -> (N,), in nats: softplus of how far the others are ahead.

    log(1 + exp(logsumexp of the others - own)) keeps the digits of a sure row, where -log p_y is 0 in float32.
    """
    wide, label = logits if logits.dtype == torch.float64 else logits.float(), targets.unsqueeze(1)
    others = wide.scatter(1, label, -torch.inf).logsumexp(dim=1)  # (N, K) -> (N,)
    return F.softplus(others - wide.gather(1, label).squeeze(1))


def predictions(logits: Tensor, targets: Tensor, *, n_best: int = 5) -> dict[str, Tensor]:
    """The model's predictions, as columns with N first.

    `predicted` (N,) int64; `predicted_prob`, `label_prob` (N,); `top_classes`, `top_probs` (N, n_best), best first.
    """
    probs = logits.softmax(dim=1)
    top_probs, top_classes = probs.topk(min(n_best, logits.shape[1]), dim=1)
    return {
        "predicted": top_classes[:, 0],
        "predicted_prob": top_probs[:, 0],
        "label_prob": probs.gather(1, targets[:, None])[:, 0],
        "top_classes": top_classes,
        "top_probs": top_probs,
    }


def problems(logits: Tensor, targets: Tensor) -> dict[int, str]:
    """Row of logits (N, K) -> why it cannot be scored: its label's logit is -inf, or a logit is NaN or +inf."""
    is_bad = logits.isnan().any(dim=1) | logits.isposinf().any(dim=1)
    is_ruled_out = logits.gather(1, targets.unsqueeze(1)).squeeze(1).isneginf() & ~is_bad
    found = dict.fromkeys(is_ruled_out.nonzero()[:, 0].tolist(), "the model rules its label out: that logit is -inf")
    return found | dict.fromkeys(is_bad.nonzero()[:, 0].tolist(), NOT_FINITE)
