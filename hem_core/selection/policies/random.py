import numpy as np

from hem_core.selection.pool import Chosen, Pool, first

AMONG = 4


def random(pool: Pool, n: int, *, seed: int = 0) -> Chosen:
    """Any n, each as likely as the other; a bigger n from the same pool and seed holds the smaller."""
    return first(pool, np.random.default_rng(seed).permutation(len(pool)), n, "not drawn")
