"""Scores that one forward pass cannot give: they need the other examples, the epochs, or other models' logits."""

from __future__ import annotations

import numpy as np
import torch

from hem_core import scores
from hem_core.dynamics.table import Dynamics
from hem_core.dynamics.window import window
from hem_core.embeddings.neighbours import Graph
from hem_core.embeddings.prototypes import own_prototypes, prototypes
from hem_core.engine.join import Joined
from hem_core.types import Outputs

ROWS_AT_ONCE = 16_384


def set_scores(joined: Joined, graph: Graph | None, ids: list[str], n_classes: int) -> dict[str, np.ndarray]:
    """Scores that need the other examples: neighbours and prototypes, made block by block."""
    if joined.embeddings is None:
        return {}
    targets = joined.columns["target"]
    means = prototypes(joined.embeddings, targets, n_classes)
    blocks = []
    for start in range(0, joined.n, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        outputs = Outputs(
            ids=ids[part],
            targets=torch.from_numpy(targets[part]),
            embeddings=torch.from_numpy(joined.embeddings[part]).float(),
            prototypes=torch.from_numpy(own_prototypes(means, targets[part])),
            neighbour_targets=torch.from_numpy(targets[graph.indices[part]]) if graph else None,
            neighbour_distances=torch.from_numpy(graph.distances[part]) if graph else None,
        )
        found = [name for name in scores.available(outputs) if name not in joined.columns]
        blocks.append({name: scores.compute(name, outputs).numpy() for name in found})
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def dynamics_scores(recorded: Dynamics) -> dict[str, np.ndarray]:
    """Scores of the training dynamics, NaN for examples that were never seen; `aum_windowed` before memorisation."""
    outputs = _epochs(recorded, slice(None))
    columns = {name: scores.compute(name, outputs).numpy() for name in scores.available(outputs)}
    early = _epochs(recorded, slice(window(recorded.hits)))
    return columns | {"aum_windowed": scores.compute("aum", early).numpy()}


def _epochs(recorded: Dynamics, part: slice) -> Outputs:
    return Outputs(
        ids=recorded.ids,
        epoch_confidences=torch.from_numpy(recorded.confidences[:, part]),
        epoch_margins=torch.from_numpy(recorded.margins[:, part]),
        epoch_hits=torch.from_numpy(recorded.hits[:, part]),
    )
