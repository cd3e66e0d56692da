"""The reason of an example: that of its worst tag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hem_core.tasks._multilabel_parts import GIVEN, LOGITS, Judged
from hem_core.tasks._multilabel_scores import probability, support

NOTHING = "no tag is given and none is predicted"


def explain(
    columns: Mapping[str, np.ndarray], found: Judged, written: Callable[[np.ndarray], Sequence[str | None]]
) -> dict[str, np.ndarray]:
    """`reason` and `evidence` (N,) texts and, where tags are calibrated, `reason_prob`: of the least supported tag of
    each example, one under suspicion first; `suggested_label`, the set with its suspect tags the other way round.

    columns: GIVEN and LOGITS (N, K); found: of `judged`, on the same columns; written: sets (n, K) as texts.
    """
    given, rows, n = np.asarray(columns[GIVEN], np.float64), found.rows, found.n
    doubt = 1 - support(given, probability(columns[LOGITS]))[rows.at] + (found.reason == "suspect_label")
    order = np.lexsort((rows.tag, -doubt, rows.example))
    owner, first = np.unique(rows.example[order], return_index=True)
    worst = order[first]
    reason, evidence = np.full(n, "easy", object), np.full(n, NOTHING, object)
    reason[owner], evidence[owner] = found.reason[worst], found.evidence[worst]
    is_suspect = found.reason == "suspect_label"
    mended, wrong = given.copy(), (rows.example[is_suspect], rows.tag[is_suspect])
    mended[wrong] = 1 - mended[wrong]
    changed = np.unique(wrong[0])
    suggested = np.full(n, None, object)
    suggested[changed] = np.array(written(mended[changed]), object) if len(changed) else None
    made = {"reason": reason, "evidence": evidence, "suggested_label": suggested}
    if found.prob is not None:
        certain = np.full(n, np.nan, np.float32)
        certain[owner] = found.prob[worst]
        made["reason_prob"] = np.where(reason == "suspect_label", certain, np.nan).astype(np.float32)
    return made
