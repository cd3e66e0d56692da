"""A person between two rounds: picks wait for answers, and an answer that was used is never changed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from hem_core.loop.lab import Lab
from hem_core.loop.labels import answers
from hem_core.store.atomic import write_json


@dataclass(frozen=True, eq=False)
class MissingAnswers:
    """Picks for a round of which some have no answer yet."""

    arm: str
    seed: int
    round: int
    rows: np.ndarray
    """(a,) positions, in the order of picking."""
    unanswered: list[str]
    """Ids."""


def answers_for(lab: Lab, arm: str, seed: int, round: int, picks: np.ndarray) -> dict[str, str | None] | MissingAnswers:
    """What people said of the picks (a,): id -> its label, or None where it is not to be trained on.

    Nothing where nobody is asked. Once all have an answer, or `go_on` does without the rest, what was said is written
    down beside the arm, and a later word does not change it: the round's model was trained on it.
    """
    if not lab.settings.by_person:
        return {}
    path = lab.folder / "answers" / arm / f"seed_{seed}_round_{round}.json"
    ids = [lab.pool.ids[row] for row in picks]
    if path.is_file():
        said = json.loads(path.read_text("utf-8"))
        if list(said) == ids:
            return said
    found = answers(lab.workspace, lab.pool, ids)
    missing = [id for id in ids if id not in found]
    if missing and not lab.go_on:
        return MissingAnswers(arm, seed, round, picks, missing)
    given = {lab.pool.ids[row]: int(lab.start_targets[row]) for row in picks}
    said = {id: found[id] if id in found else _as_given(lab, given[id]) for id in ids}
    write_json(path, said)
    return said


def _as_given(lab: Lab, target: int) -> str | None:
    return lab.pool.classes[target] if target >= 0 else None
