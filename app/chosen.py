"""From a wish, what somebody asked for on the page Sets, to a set; no streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hem_core.engine.select import Selected, select
from hem_core.selection.curate import EXCLUSIONS, curate
from hem_core.selection.weights import LOSSES, weights
from hem_core.store.rule_text import describe
from hem_core.store.run import Run
from hem_core.store.tagged import with_tags

LOOKED_AT = ("id", "label", "difficulty", "reason", "duplicate_group", *LOSSES)
"""The columns that the page needs of all candidates; the others are read when a set is saved."""
KEPT = (*LOOKED_AT, "row", "verdict", "label_before")
"""What a selection keeps of every candidate."""


def candidates(run: Run, rule: Mapping[str, Any], tags: pd.DataFrame, *, is_whole: bool = False) -> pd.DataFrame:
    """The examples that a rule matches with their verdicts and `row`: columns of LOOKED_AT, or all (is_whole)."""
    columns = None if is_whole else [name for name in LOOKED_AT if name in run.source.columns]
    return with_tags(run.query(rule, tags=tags, columns=columns), tags)


def chosen(run: Run, wish: Mapping[str, Any], tags: pd.DataFrame, *, is_whole: bool = False) -> Selected:
    """The set that is wished for.

    wish: `rule`, `leave_out`, `n` (None = all that the rule matches and nobody ruled out), `policies` and `options`;
    is_whole: with all columns of the run, also where nothing was picked.
    Raises HemError when the selection does.
    """
    if wish["n"] is not None:
        return select(
            run,
            n=wish["n"],
            policies=wish["policies"],
            rule=wish["rule"],
            tags=tags,
            leave_out=wish["leave_out"],
            options=wish["options"],
        )
    table = candidates(run, wish["rule"], tags, is_whole=is_whole)
    made = curate(table, leave_out=wish["leave_out"])
    rank = np.arange(1, len(made.examples) + 1)
    examples = made.examples.drop(columns="row").assign(weight=weights(made.examples), rank=rank, picked_by="all")
    left_out = made.excluded.assign(why=made.excluded["why"].map(dict(EXCLUSIONS)).astype("str"))
    counts = {str(why): int(n) for why, n in left_out["why"].value_counts().items()}
    known = table[[name for name in table.columns if name in KEPT]]
    is_out = table["id"].isin(left_out["id"].tolist())
    settings = {**wish, "n_candidates": len(table), "in_words": describe(wish["rule"])}
    return Selected(examples, left_out, counts, settings, known.assign(is_ruled_out=is_out))
