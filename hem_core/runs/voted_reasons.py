"""The runs named with --beside vote on the reasons."""

from __future__ import annotations

import numpy as np

from hem_core.reasons.rules import REASONS
from hem_core.reasons.votes import Votes, no_votes
from hem_core.runs.scored import Scored
from hem_core.runs.voted import agreeing, may_vote
from hem_core.store.run import Run, open_run


def reason_votes(scored: Scored, sample: str) -> Votes:
    """What the reasons of the runs beside this one say of its examples; sample: of its predictions.

    A run counts where its reasons are calibrated and can be trusted, for the examples that it knows with the same
    label.
    """
    votes, folders = no_votes(len(scored.ids)), scored.options.beside
    if not folders:
        return votes
    place = {id: row for row, id in enumerate(scored.ids)}
    given = np.array(scored.ready.classes, dtype=object)[scored.targets]
    n_models = sum(_added(votes, open_run(folder), place, given, sample) for folder in folders)
    return Votes(votes.total, votes.count, n_models)


def _added(votes: Votes, run: Run, place: dict[str, int], given: np.ndarray, sample: str) -> bool:
    """Add what a run says to the votes; whether it counts for any example."""
    of_run = run.info.get("reasons") or {}
    if not of_run.get("is_trusted") or of_run.get("kinds") != list(REASONS) or not may_vote(run, sample):
        return False
    if "reason_probs" not in run.source.columns:
        return False
    table, rows = agreeing(run, place, given, ("id", "label", "reason_probs"))
    if not len(rows):
        return False
    votes.total[rows] += np.stack(table["reason_probs"].to_list()).astype(np.float32)
    votes.count[rows] += 1
    return True
