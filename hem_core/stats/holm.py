"""p values of many tests, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """p values as they are after looking at all of them, in the order given.

    Reference: Holm 1979, Scandinavian Journal of Statistics 6(2), 65-70.
    """
    order = np.argsort(p, kind="stable")
    found, running = [0.0] * len(p), 0.0
    for rank, at in enumerate(order.tolist()):
        running = max(running, min(1.0, p[at] * (len(p) - rank)))
        found[at] = running
    return found
