"""A run with all of its shards, as every later step reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hem_core.embeddings.duplicates import duplicate_groups
from hem_core.embeddings.neighbours import Graph
from hem_core.engine.join import Joined
from hem_core.engine.network import Network
from hem_core.engine.plan import Plan
from hem_core.runs.folds import Trainer
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared


@dataclass(frozen=True, eq=False)
class Scored:
    """All shards joined, with the graph over them, as every later step reads them."""

    plan: Plan
    ready: Prepared
    options: Options
    joined: Joined
    graph: Graph | None
    trainer: Trainer | None = None

    @property
    def network(self) -> Network | None:
        """The scored model, for further predictions."""
        return self.ready.network or (self.trainer.network if self.trainer is not None else None)

    @cached_property
    def ids(self) -> list[str]:
        return [self.ready.ids[index] for index in self.joined.columns["index"]]

    @cached_property
    def targets(self) -> np.ndarray:
        return self.joined.columns["target"]

    @cached_property
    def held_out(self) -> np.ndarray:
        """(N,) bool: of the test or validation split."""
        return self.ready.held_out[self.joined.columns["index"]]

    @cached_property
    def groups(self) -> np.ndarray | None:
        """(N,) number of the group of near-duplicates, -1 = none."""
        if self.graph is None:
            return None
        return duplicate_groups(self.graph, hashes=self.joined.columns.get("content_hash"))
