"""People's answers between two rounds: picks wait for answers, and an answer that was used is never changed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from hem_core.loop.lab import Lab
from hem_core.loop.labels import answers
from hem_core.store.atomic import write_json


@dataclass(frozen=True, eq=False)
class MissingAnswers:
    """Picks of a round, some without an answer."""

    arm: str
    seed: int
    round: int
    rows: np.ndarray
    """(a,) positions, in the order of picking."""
    unanswered: list[str]
    """Ids."""


def answers_for(lab: Lab, arm: str, seed: int, round: int, picks: np.ndarray) -> dict[str, str | None] | MissingAnswers:
    """People's answers for the picks (a,): id -> label, or None where the example is not to be trained on.

    {} where nobody is asked. Once all have an answer, or `go_on` continues without the rest, the answers are written
    next to the arm, and later verdicts do not change them: the round's model was trained on them.
    """
    if not lab.settings.by_person:
        return {}
    path = lab.folder / "answers" / arm / f"seed_{seed}_round_{round}.json"
    ids = [lab.pool.ids[row] for row in picks]
    if path.is_file():
        said = json.loads(path.read_text("utf-8"))
        if list(said) == ids:
            return said
    answered = answers(lab.workspace, lab.pool, ids)
    missing = [id for id in ids if id not in answered]
    if missing and not lab.go_on:
        return MissingAnswers(arm, seed, round, picks, missing)
    given = dict(zip(ids, lab.pool.task.written(lab.start_targets[picks], lab.pool.classes), strict=True))
    said = {id: answered.get(id, given[id]) for id in ids}
    write_json(path, said)
    return said
