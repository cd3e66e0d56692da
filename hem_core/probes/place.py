"""Where rows and probes lie among the embeddings: neighbours, prototypes, spread of their classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from hem_core.embeddings.neighbours import Graph
from hem_core.embeddings.prototypes import prototypes
from hem_core.probes.judge import Probes, Rows
from hem_core.probes.planted import Plan
from hem_core.reasons import facts, geometry

Facts = dict[str, Any]
_BLOCK = 16_384


def add_places(real: Facts, mine: Facts, rows: Rows, probes: Probes) -> np.ndarray | None:
    """Add to the facts of the rows and of the probes what the embeddings say of both.

    Returns the labels (N, k) of each row's neighbours; None, and adds nothing, where either side has no embeddings.
    """
    embeddings, graph = rows.embeddings, rows.graph
    if embeddings is None or graph is None or probes.embeddings is None:
        return None
    chosen, targets, n_classes = probes.plan, rows.targets, len(rows.classes)
    own = np.asarray(embeddings[chosen.source], np.float32)
    where = np.where(probes.is_flip[:, None], own, probes.embeddings)
    means, counts = prototypes(embeddings, targets, n_classes), np.bincount(targets, minlength=n_classes)
    spread = geometry.fit(embeddings, targets, n_classes, seed=rows.seed)
    near, distances = _neighbours(where, embeddings, graph, probes)
    voters = targets[graph.indices]
    both = (
        (real, targets, embeddings, voters, graph.distances),
        (mine, chosen.label, where, targets[near], distances),
    )
    for table, labels, points, votes, apart in both:
        table |= facts.from_neighbours(votes, apart, labels, np.asarray(table["predicted"]), n_classes)
        table |= facts.from_prototypes(points, means, labels) | spread.columns(points, labels)
        table |= facts.share_of_class(labels, counts)
    return voters


def _neighbours(
    where: np.ndarray, embeddings: np.ndarray, graph: Graph, probes: Probes
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours and distances (P, k) of the probes; a flip lies where its row does, so it has that one's."""
    near, distances = nearest(where, embeddings, probes.plan, graph.k)
    flips = probes.is_flip
    near[flips] = graph.indices[probes.plan.source[flips]]
    distances[flips] = graph.distances[probes.plan.source[flips]]
    return near, distances


def nearest(probes: np.ndarray, embeddings: np.ndarray, chosen: Plan, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows that point most nearly the way each probe does; neither its source nor its partner.

    probes (P, D); embeddings (N, D), read block by block. Returns row numbers (P, k) and cosine distances (P, k).
    """
    queries = torch.nn.functional.normalize(torch.from_numpy(np.asarray(probes, np.float32)), dim=1)
    best = torch.empty((len(queries), 0))
    rows = torch.empty((len(queries), 0), dtype=torch.int64)
    for start in range(0, len(embeddings), _BLOCK):
        block = torch.from_numpy(np.asarray(embeddings[start : start + _BLOCK], np.float32))
        near = queries @ torch.nn.functional.normalize(block, dim=1).T  # (P, B)
        for own in (chosen.source, chosen.partner):
            here = np.flatnonzero((own >= start) & (own < start + len(block)))
            near[here, own[here] - start] = -torch.inf
        best = torch.cat([best, near], dim=1)
        rows = torch.cat([rows, torch.arange(start, start + len(block)).expand(len(queries), -1)], dim=1)
        best, order = best.topk(min(k, best.shape[1]), dim=1)
        rows = rows.gather(1, order)
    return rows.numpy(), (1 - best).clamp(0, 2).numpy()
