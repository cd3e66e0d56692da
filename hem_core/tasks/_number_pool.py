"""By what the examples of a pool are ranked for a model of numbers that did not see them."""

from __future__ import annotations

import numpy as np

from hem_core.tasks._ranks_pool import Near

POLICIES = ("random",)
"""No way to choose was better than this for every model: RESULTS.md, "Pools of boxes"; benchmarks/pool_of_tasks.py."""
UNCERTAINTIES = {
    "neighbour_spread": "how far apart the predictions of an example and of its nearest neighbours are, their standard "
    "deviation in spreads of the label; needs an embedding",
}


def unsure(raw: np.ndarray, near: Near, spreads: np.ndarray) -> dict[str, np.ndarray]:
    """`UNCERTAINTIES` of predictions (N, D), each (N,) float32, of several numbers their mean; {} without neighbours.

    spreads (D,): of the labels. A model gives one number for an example, and no word on how sure it is of that: where
    the predictions change quickly, the function that it learned is steep, and a small error of place is a large one of
    value.
    """
    neighbours = near()
    if neighbours is None:
        return {}
    own = np.asarray(raw, np.float64)[:, None]
    around = np.concatenate([own, np.asarray(raw, np.float64)[neighbours]], axis=1)  # (N, 1 + k, D)
    spread = around.std(axis=1) / np.maximum(spreads, 1e-12)
    return {"neighbour_spread": spread.mean(axis=1).astype(np.float32)}
