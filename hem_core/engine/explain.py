"""The headlines, the reasons and the evidence of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.difficulty.evidence import evidence
from hem_core.difficulty.headline import Headline, headline
from hem_core.difficulty.reasons import reasons
from hem_core.embeddings.duplicates import duplicate_groups
from hem_core.embeddings.neighbours import Graph


def explain(
    columns: dict[str, np.ndarray], graph: Graph | None, class_names: list[str], *, sample: str, epochs: int | None
) -> tuple[dict[str, Any], Headline]:
    """The two headlines, a reason and the evidence in words, as further columns; and how the headlines were made."""
    targets, predicted = columns["target"], columns["predicted"]
    names = np.array(class_names, dtype=object)
    table = columns | {"label": names[targets]}
    head = headline(table, sample=sample)
    table |= {name: head[name] for name in ("difficulty", "difficulty_in_class", "label_suspicion")}
    table["top_classes"] = names[columns["top_classes"]]
    voters = targets[graph.indices] if graph is not None else None
    found = reasons(table, targets=targets, predictions=predicted, n_classes=len(class_names), neighbour_labels=voters)
    words = evidence(
        table,
        found.reason,
        targets=targets,
        predictions=predicted,
        class_names=class_names,
        neighbour_labels=voters,
        epochs=epochs,
    )
    more = {
        "difficulty": head["difficulty"],
        "difficulty_in_class": head["difficulty_in_class"],
        "label_suspicion": head["label_suspicion"],
        "reason": found.reason,
        "suggested_label": np.array(found.suggested_label(class_names), dtype=object),
        "evidence": np.array(words, dtype=object),
    }
    if graph is not None:
        more["duplicate_group"] = duplicate_groups(graph, hashes=columns.get("content_hash"))
    return more, head
