import numpy as np

from hem_core.selection.places import Places
from hem_core.selection.pool import Chosen, Pool

AMONG = 10
LANDMARKS = 2_048
"""Number of random examples that represent the pool."""
MISS = 0.01
"""A pick is the best of so many drawn that each of the best n is missed with this chance."""


def cover(pool: Pool, n: int, *, seed: int = 0) -> Chosen:
    """n examples that represent the pool: the mean cosine of every example to the nearest of them is highest.

    Facility location, greedily; each pick is the best of (M / n) ln(1 / MISS) candidates drawn at random, and the pool
    is represented by 2,048 of it. O(M) memory, and the time does not depend on n: of 60,000 x 128 about 3 s.
    Raises DataError without embeddings.
    Reference: Mirzasoleiman et al. 2015, arXiv:1409.7938 (stochastic greedy); Wei et al. 2015 (facility location for
    choosing training data).
    """
    x = pool.directions("cover")  # (M, D)
    chance = np.random.default_rng(seed)
    landmarks = x[np.sort(chance.permutation(len(pool))[:LANDMARKS])]  # (L, D)
    covered = np.full(len(landmarks), -1.0, dtype=np.float32)  # (L,) cosine to the nearest pick
    places = Places(pool, n)
    n_drawn = int(np.ceil(len(pool) / max(1, n) * -np.log(MISS)))
    while places.has_room:
        rows = np.flatnonzero(places.is_open)
        drawn = rows if len(rows) <= n_drawn else np.unique(chance.choice(rows, n_drawn))
        near = x[drawn] @ landmarks.T  # (m, L)
        best = int(np.maximum(near - covered, 0).sum(axis=1).argmax())  # a tie goes to the lower row
        places.take(int(drawn[best]))
        np.maximum(covered, near[best], out=covered)
    return places.chosen("already covered by those chosen")
