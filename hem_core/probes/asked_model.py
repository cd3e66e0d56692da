"""A model that is asked about spoiled examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from hem_core.engine.batch import Inputs
from hem_core.engine.extra import rows_of
from hem_core.engine.network import Network
from hem_core.probes.choose import probes_for, share_of
from hem_core.probes.judge import TOO_FEW, Impossible, Rows
from hem_core.probes.spoil import Spoiled, spoil


@dataclass(frozen=True, eq=False)
class AskedModel:
    """The network, and the examples that probes are made of."""

    network: Network
    inputs: Inputs
    batch_size: int = 32

    def spoiled(self, rows: Rows, *, logits: np.ndarray | None = None, fold: np.ndarray | None = None) -> Spoiled:
        """Probes among the rows, in no training. logits (N, K) and fold (N,): see `probes_for`.

        Raises Impossible where the rows are too few.
        """
        share = share_of(len(rows.targets))
        chosen = probes_for(rows.targets, len(rows.classes), logits_oos=logits, fold=fold, seed=rows.seed, share=share)
        is_picture = self.network.is_picture
        made = spoil(chosen, self.inputs, rows.columns["index"], is_picture=is_picture, seed=rows.seed)
        if not len(made.plan):
            raise Impossible(TOO_FEW.format(len(rows.targets)))
        return made

    def forward(self, spoiled: Spoiled) -> tuple[np.ndarray, np.ndarray | None]:
        """Logits (P, K) and embeddings (P, D) of the probes; None for a model without an embedding."""
        return forward(self.network, spoiled, self.batch_size)


@torch.inference_mode()
def forward(network: Network, spoiled: Spoiled, batch_size: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Logits (P, K) and embeddings (P, D) of the probes; None for a network without an embedding."""
    logits, embeddings = [], []
    for start in range(0, len(spoiled.plan), batch_size):
        at = np.arange(start, min(start + batch_size, len(spoiled.plan)))
        z, h = network.forward(rows_of(spoiled.values, at))
        logits.append(network.task.finite(z.float()).cpu().numpy())
        embeddings += [h.float().cpu().numpy()] if h is not None else []
    return np.concatenate(logits), np.concatenate(embeddings) if embeddings else None
