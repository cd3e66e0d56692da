"""Which columns of a level say what its rows are, and which what the model made of them."""

from __future__ import annotations

from hem_core.media._fact_words import FACTS
from hem_core.store.level import Level

NO_DESCRIPTION = {
    "id", "image", "image_row", "index", "text", "content_hash", "planted_flip", "planted_kind", "true_label",
    "synthetic_drawing",
}  # fmt: skip
"""Columns by which nobody would describe a part of the data; of the demos and synthetic runs, also the truth about what
was planted on purpose, which no real data set has and which would explain every error."""
MADE = {
    "example", "given", "predicted", "label", "error", "is_correct", "difficulty", "label_suspicion", "reason",
    "reason_prob", "evidence", "suggested_label", "x", "y",
}  # fmt: skip
"""Columns of a part that say how it was judged, not what it is, whatever the task."""
PLACES = {"x", "y", "duplicate_group", "row", "marks"}
"""Columns of numbers and texts that say nothing by their size."""


def own_columns(level: Level) -> list[str]:
    """The columns that describe the rows and are no score: of examples the user's own columns and what was read off
    their pictures or texts, of parts texts and truth values, and what the task measured; without the labels."""
    import hem_core.scores
    from hem_core import folder

    columns = level.source.columns
    if level.is_examples:
        own = [name for name, file in columns.items() if file == "catalog" and name not in NO_DESCRIPTION]
        return [*own, *(name for name, file in columns.items() if file != "catalog" and name in FACTS)]
    judged = {*folder.names(hem_core.scores), *MADE, *level.judged, *NO_DESCRIPTION}
    return [name for name in columns if name not in judged]


def label_column(level: Level) -> str | None:
    """The column of the given labels."""
    return next((name for name in ("label", "given") if name in level.source.columns), None)


def model_columns(level: Level) -> list[str]:
    """The columns that say what the model, or HEM by way of the model, made of the rows, each once."""
    columns = level.source.columns
    twice = {"given"} if "label" in columns else set()
    twice |= {"error", "error_oos", "error_in_sample"} if "is_correct" in columns else set()
    twice |= {name for name in columns if name.startswith("error_prob_") or name.endswith("_windowed")}
    left_out = {*own_columns(level), *NO_DESCRIPTION, *PLACES, *twice, "label", "cluster", "example", "split"}
    return [name for name, file in columns.items() if file != "catalog" and name not in left_out]
