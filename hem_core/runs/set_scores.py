"""Scores that one forward pass cannot give: they need the other examples, the epochs, or other models' logits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from hem_core import scores
from hem_core.dynamics.table import Dynamics
from hem_core.embeddings.neighbours import Graph
from hem_core.embeddings.prototypes import own_prototypes, prototypes
from hem_core.engine.join import Joined
from hem_core.errors import RunError
from hem_core.store.run import open_run
from hem_core.types import Outputs

ROWS_AT_ONCE = 16_384
WINDOWED = ("aum", "confidence_mean")
"""Scores of the dynamics that are also taken over the epochs before anything was memorised."""


def set_scores(joined: Joined, graph: Graph | None, ids: list[str], n_classes: int) -> dict[str, np.ndarray]:
    """Scores that need the other examples: neighbours and prototypes, made block by block.

    n_classes: 0 for a task without classes, which has no prototypes and whose neighbours cast no votes.
    """
    if joined.embeddings is None:
        return {}
    targets = joined.columns["target"]
    means = prototypes(joined.embeddings, targets, n_classes) if n_classes else None
    blocks = []
    for start in range(0, joined.n, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        of_classes = _of_classes(targets, means, graph, part) if means is not None else {}
        outputs = Outputs(
            ids=ids[part],
            embeddings=torch.from_numpy(joined.embeddings[part]).float(),
            neighbour_distances=torch.from_numpy(graph.distances[part]) if graph else None,
            **of_classes,
        )
        names = [name for name in scores.available(outputs) if name not in joined.columns]
        blocks.append({name: scores.compute(name, outputs).numpy() for name in names})
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _of_classes(targets: np.ndarray, means: np.ndarray, graph: Graph | None, part: slice) -> dict[str, torch.Tensor]:
    """The fields of Outputs that go by classes."""
    fields = {
        "targets": torch.from_numpy(targets[part]),
        "prototypes": torch.from_numpy(own_prototypes(means, targets[part])),
    }
    return fields | ({"neighbour_targets": torch.from_numpy(targets[graph.indices[part]])} if graph else {})


def dynamics_scores(recorded: Dynamics, epochs: int | None) -> dict[str, np.ndarray]:
    """Scores of the training dynamics, NaN for what was never seen; those `_windowed` of so many epochs at first.

    epochs: None = none `_windowed`.
    """
    outputs = _epochs(recorded, slice(None))
    columns = {name: scores.compute(name, outputs).numpy() for name in scores.available(outputs)}
    if epochs is None:
        return columns
    early = _epochs(recorded, slice(max(1, epochs)))
    windowed = [name for name in WINDOWED if name in columns]
    return columns | {f"{name}_windowed": scores.compute(name, early).numpy() for name in windowed}


def members(
    ids: list[str], columns: dict[str, np.ndarray], classes: list[str], folders: Sequence[str | Path]
) -> dict[str, np.ndarray]:
    """`ensemble_spread` over this run and those in `folders`, matched by id; nothing without other runs.

    A run that gave an example another label, or does not know it, does not count there.
    Raises RunError when a folder holds no finished run, or one whose ids are none of these.
    """
    if not folders:
        return {}
    names = np.array(classes, dtype=object)[columns["target"]]
    place = {id: row for row, id in enumerate(ids)}
    confidences = [columns["label_prob"]]
    for folder in folders:
        other = open_run(folder).table(["id", "label", "label_prob"])
        rows = np.array([place.get(id, -1) for id in other["id"]])
        agrees = (rows >= 0) & (other["label"].to_numpy() == names[rows])
        if not (rows >= 0).any():
            raise RunError(f"no id of the run '{folder}' is among these; --beside names runs on the same data")
        confidence = np.full(len(ids), np.nan, np.float32)
        confidence[rows[agrees]] = other["label_prob"].to_numpy(np.float32)[agrees]
        confidences.append(confidence)
    outputs = Outputs(ids=ids, member_confidences=torch.from_numpy(np.stack(confidences, axis=1)))
    return {"ensemble_spread": scores.compute("ensemble_spread", outputs).numpy()}


def _epochs(recorded: Dynamics, part: slice) -> Outputs:
    """The measures that were recorded of any example."""
    measures = {
        "epoch_confidences": recorded.confidences,
        "epoch_margins": recorded.margins,
        "epoch_hits": recorded.hits,
        "epoch_losses": recorded.losses,
    }
    known = {name: values for name, values in measures.items() if values is not None and not np.isnan(values).all()}
    return Outputs(ids=recorded.ids, **{name: torch.from_numpy(values[:, part]) for name, values in known.items()})
