import numpy as np

from hem_core.selection.pool import Chosen, Pool, first

AMONG = 4


def random(pool: Pool, n: int, *, seed: int = 0) -> Chosen:
    """n examples by uniform sampling; a larger n from the same pool and seed contains the smaller one."""
    return first(pool, np.random.default_rng(seed).permutation(len(pool)), n, "not drawn")
