"""One table of what is wrong with the examples: labels, near-duplicates and outliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.quality._rated import graph_of, rated
from hem_core.stats.percentile import percentile
from hem_core.tasks import DEFAULT, RatesLabels, load

if TYPE_CHECKING:
    import pandas as pd


def issue_table(labels: Any, pred_probs: Any, *, task: str = DEFAULT, embeddings: Any = None) -> pd.DataFrame:
    """One row an example, in the order of the labels; scores are 1 = fine, 0 = surely wrong.

    labels, pred_probs, task: as in `label_quality`. Columns: `is_label_issue` and `label_score`, as `find_label_issues`
    and `label_quality` give them; `given_label` and `predicted_label`. With embeddings (N, D), of any task, also
    `outlier_score`, 1 − the share of the others that are nearer to their 15 nearest, `is_near_duplicate_issue`, and
    `near_duplicate_set`, the number of the group of near-duplicates, -1 for none.
    """
    import pandas as pd

    asked = load(task)
    counts = embeddings is not None and getattr(asked, "rates_by_neighbours", not isinstance(asked, RatesLabels))
    found = rated(labels, pred_probs, task, embeddings if counts else None)
    columns: dict[str, Any] = {
        "is_label_issue": found.is_issue,
        "label_score": found.quality,
        "given_label": list(found.given),
        "predicted_label": list(found.predicted),
    }
    if embeddings is not None:
        columns |= _of_embeddings(embeddings, len(found.quality))
    return pd.DataFrame(columns)


def _of_embeddings(embeddings: Any, n: int) -> dict[str, np.ndarray]:
    from hem_core.embeddings.duplicates import duplicate_groups

    graph = graph_of(embeddings, n)
    group = duplicate_groups(graph)
    far = graph.distances.mean(axis=1) if graph.k else np.zeros(n)
    return {
        "outlier_score": 1 - percentile(far) / 100,
        "is_near_duplicate_issue": group >= 0,
        "near_duplicate_set": group,
    }
