"""The columns that need one example alone: its logits, its label, and lengths that came with them."""

from __future__ import annotations

import torch
from torch import Tensor

from hem_core import scores
from hem_core.tasks.classification import loss_vector, predictions
from hem_core.types import Outputs

LOGITS_AT_ONCE = 1 << 19
"""How many logits are scored together: 2 MB of float32, which stay in the cache, whatever K is."""


def example_scores(ids: list[str], logits: Tensor, targets: Tensor, **more: Tensor | None) -> dict[str, Tensor]:
    """`target`, what the model predicts, and every score whose fields are known, as columns (N,) on the device.

    logits (N, K), targets (N,) int64; more: further fields of Outputs, each (N, …), None = not known.
    """
    known = {name: values for name, values in more.items() if values is not None}
    at_once = max(1, LOGITS_AT_ONCE // logits.shape[1])
    blocks = []
    for start in range(0, max(1, len(ids)), at_once):
        part = slice(start, start + at_once)
        outputs = Outputs(
            ids=ids[part],
            logits=logits[part],
            targets=targets[part],
            loss=loss_vector(logits[part], targets[part]),
            **{name: values[part] for name, values in known.items()},
        )
        found = {name: scores.compute(name, outputs) for name in scores.available(outputs)}
        blocks.append({"target": targets[part]} | predictions(logits[part], targets[part]) | found)
    return {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}
