"""Single-label classification: class names, targets, the loss vector, and what the outputs predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import DataError, ModelError
from hem_core.tasks._class_labels import check_labels as check_labels
from hem_core.tasks._class_labels import count_classes as count_classes
from hem_core.tasks._class_labels import described, names_of_indices
from hem_core.tasks._class_labels import for_training as for_training
from hem_core.tasks._class_labels import read_labels as read_labels
from hem_core.tasks._class_labels import targets as targets


def logits_of(output: Any) -> Tensor:
    """The logits (N, K) float32 in what a model returned: a tensor, `.logits`, `["logits"]`, or a tuple's first.

    One logit per example, (N,) or (N, 1), is a binary model: it becomes the two logits (0, z).
    Raises ModelError for anything else.
    """
    found = output
    if isinstance(output, Mapping):
        found = output.get("logits")
    elif hasattr(output, "logits"):
        found = output.logits
    elif isinstance(output, tuple | list) and output:
        found = output[0]
    if not isinstance(found, Tensor) or found.ndim not in (1, 2):
        raise ModelError(f"classification wants logits of shape (N, K) from the model; got {_shown(output, found)}")
    if found.layout != torch.strided:
        found = found.to_dense()
    if not found.is_floating_point():
        raise ModelError(
            f"classification wants logits, floats of shape (N, K), from the model; got {str(found.dtype)[6:]}: "
            "class numbers tell nothing of how sure it is; return what stands before the argmax"
        )
    logits = found.float()
    if logits.ndim == 1:
        logits = logits[:, None]  # (N,) -> (N, 1)
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)  # (N, 1) -> (N, 2)
    return logits


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
"""How far below a row's best logit stands a class that the model rules out: in float32 its probability is 0."""


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
    """What the model says, as columns with N first.

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


def class_names(catalog: pa.Table, facts: Mapping[str, Any], n_classes: int, given: Sequence[str] | None) -> list[str]:
    """The K class names in the order of the outputs: the given ones, else the catalog's, else of the indices.

    facts: the catalog's `classes`, `labels_are` and `source`.
    Raises DataError when their number is not K, or when labels are names and nothing tells their order.
    """
    names = list(given or facts.get("classes") or [])
    if not names and facts["labels_are"] == "indices":
        return names_of_indices(catalog, n_classes)
    if not names:
        raise DataError(
            f"labels in '{facts['source']}' are {described(catalog)}, and nothing tells which output is which: "
            f"pass --classes in the order of the model's {n_classes} outputs (found {_found(catalog)})"
        )
    if len(names) != n_classes:
        raise DataError(
            f"the model has {n_classes} outputs but there are {len(names)} class names ({', '.join(names[:5])}…); "
            "pass --classes with one name for each output, in their order"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"class names repeat ('{twice}'); each output needs a name of its own")
    return names


def _found(catalog: pa.Table) -> str:
    found = sorted({label for label in catalog["label"].to_pylist() if label is not None})
    return ",".join(found[:5]) + (",…" if len(found) > 5 else "")
