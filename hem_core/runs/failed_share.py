"""How many examples could not be scored, why most of them, and the warning where it is more than a few."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

LOUD = 0.02
"""From this share of examples on that could not be scored, a run carries a warning."""
_VARIABLE = re.compile(r"'[^']*'|\d+(\.\d+)?")


def failed_share(n_scored: int, reasons: Sequence[str]) -> dict[str, Any]:
    """What run.json says of the examples that could not be scored.

    `n_failed`; `failed`: their `share` of all, the most frequent `reason` (as the first example of it has it) and
    `n_reason`, how many share it, or None; `warning`: a sentence where the share is over 2%, else None.
    """
    n_failed = len(reasons)
    if not n_failed:
        return {"n_failed": 0, "failed": None, "warning": None}
    kinds = [_VARIABLE.sub("…", reason) for reason in reasons]  # names and numbers differ from row to row
    kind, n_reason = Counter(kinds).most_common(1)[0]
    first, n = reasons[kinds.index(kind)], n_scored + n_failed
    share = n_failed / n
    warning = (
        f"{n_failed:,} of {n:,} examples ({share:.1%}) could not be scored and are in no number of this run. "
        f"The most frequent reason ({n_reason:,} of them): {first}"
    )
    facts = {"share": share, "reason": first, "n_reason": n_reason}
    return {"n_failed": n_failed, "failed": facts, "warning": warning if share > LOUD else None}
