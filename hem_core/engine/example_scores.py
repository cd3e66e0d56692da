"""The columns that need one example alone: its logits, its label, and lengths that came with them."""

from __future__ import annotations

import torch
from torch import Tensor

from hem_core import scores
from hem_core.tasks import Task
from hem_core.types import Outputs

LOGITS_AT_ONCE = 1 << 19
"""How many logits are scored together: 2 MB of float32, which stay in the cache, whatever K is."""


def example_scores(
    task: Task, ids: list[str], raw: Tensor, targets: Tensor, **more: Tensor | None
) -> dict[str, Tensor]:
    """`target`, what the task says of each example, and every score whose fields are known, as columns on the device.

    raw (N, W): what the model returned, as the task reads it; targets (N,); more: further fields of Outputs, each
    (N, …), None = not known.
    """
    present = {name: values for name, values in more.items() if values is not None}
    at_once = max(1, LOGITS_AT_ONCE // raw.shape[1])
    blocks = []
    for start in range(0, max(1, len(ids)), at_once):
        part = slice(start, start + at_once)
        outputs = Outputs(
            ids=ids[part],
            **task.fields(raw[part], targets[part]),
            **{name: values[part] for name, values in present.items()},
        )
        computed = {name: scores.compute(name, outputs) for name in scores.available(outputs)}
        blocks.append({"target": targets[part]} | task.describe(raw[part], outputs) | computed)
    return {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}
