from collections.abc import Iterable

import numpy as np

from hem_core.errors import DataError
from hem_core.selection.pool import Chosen, Pool, first, hardest_first

AMONG = 4
LABEL_FREE = ("variability", "top2_gap", "entropy", "least_confidence")
"""Uncertainties that a wrong label does not raise, the best first."""
READS = LABEL_FREE


def margin(pool: Pool, n: int, *, by: str = "") -> Chosen:
    """The n examples that the model is least sure of, whatever their label; missing values come last.

    by: a column of numbers, higher = less sure; by default the first there is of variability (a wrong label is
    improbable in every epoch, so it does not vary), top2_gap, entropy and least_confidence.
    Wrong labels among the 5% picked, where 5% of all were flipped: 60,000 garments .005 by variability and .13 by
    top2_gap, 23,700 sentences .001 and .06, digits of nine runs 0 to .05 and .02 to .55; by loss .6 to 1.
    Raises DataError when there is no such column.
    Reference: margin sampling, Scheffer et al. 2001, doi:10.1007/3-540-44816-0_31; variability, Swayamdipta et al.
    2020, arXiv:2009.10795.
    """
    name = by or uncertainty(pool.table.columns)
    if not name:
        raise DataError(
            f"policy 'margin' needs one of {', '.join(LABEL_FREE)}; this run has none: name a column with the option by"
        )
    score = pool.score(name)
    chosen = first(pool, hardest_first(score), n, f"less uncertain than those chosen, by {name}")
    return Chosen(chosen.rows, np.where((chosen.why != "") & np.isneginf(score), f"no value of {name}", chosen.why))


def uncertainty(columns: Iterable[str]) -> str:
    """The default column of `margin`, "" where there is none."""
    available = set(columns)
    return next((name for name in LABEL_FREE if name in available), "")
