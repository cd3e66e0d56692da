"""Proofs that a set is worth more than a random one, as jobs: nobody waits for the server."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.core.util.hashing import hash_pandas_object

from hem_core import tasks
from hem_core.jobs import start as jobs
from hem_core.jobs.job import open_job, read, running
from hem_core.jobs.kinds.proof import keep, proof_job, result
from hem_core.jobs.state import state as jobs_state
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES, noun, one

if TYPE_CHECKING:
    from hem_core.sets.proof import Proof
    from hem_core.sets.selected import Selected

QUICK = 5_000
"""A run of so many examples at most is proven without being asked: it takes seconds."""
RESTS_ON = ("id", "label", "is_ruled_out")
"""Columns of the candidates that a proof rests on, beside who of them was chosen."""
NONE = "No embeddings: "
"""What a run that keeps none begins its reason with."""


def key(level: Level, selected: Selected) -> str:
    """A name for the proof of a set: the same examples of the same candidates, labelled alike, have the same."""
    known = selected.candidates[[name for name in RESTS_ON if name in selected.candidates.columns]]
    is_chosen = selected.candidates["id"].isin(selected.examples["id"].tolist())
    rows = np.asarray(hash_pandas_object(known.assign(is_chosen=is_chosen), index=False))
    return hashlib.sha256(_named(level) + np.sort(rows).tobytes()).hexdigest()[:20]


def _named(level: Level) -> bytes:
    return (level.fingerprint if level.is_examples else f"{level.fingerprint} {level.name}").encode()


def why_not(level: Level) -> str:
    """Why nothing can be proven on this run, as a sentence; empty when it can."""
    task = tasks.of(level.info)
    if "linear heads" not in task.offers:
        return f"no proof for {task.name}: it needs classes. Retrain a model with the set to see what it is worth"
    if not any((level.home / "embeddings").glob("*.npy")):
        lacks = str((level.info.get("missing") or {}).get("embeddings") or "this run kept none")
        why = lacks.removeprefix(NONE)
        consequences, _, way = why.rpartition("; ")
        is_way_alone = why != lacks and consequences  # those are of no use here
        return f"no proof without embeddings{f'; {way}' if is_way_alone else f': {why}'}"
    if "label" not in level.source.columns or len(level.classes) < 2:
        return "no proof without classes: the probe is a classifier"
    return ""


def start(workspace: Path, level: Level, key: str, selected: Selected) -> None:
    """Begin to prove a set, unless it is being done; `state` tells how it stands."""
    if state(workspace, key)["status"] in ("running", "done"):
        return
    job = proof_job(workspace, key, level, selected)
    keep(job, selected)
    jobs.start(job)


def state(workspace: Path, key: str) -> dict[str, Any]:
    """How a proof stands: `status` 'none', 'running' (done, total), 'done' (as `Proof`) or 'failed' (error)."""
    job = open_job(workspace, "proof", key) if key else None
    found = jobs_state(job) if job is not None else None
    proof = read(result(workspace, key))
    if proof:
        return {"status": "done", **proof}
    if found is not None and found.status == "running":
        return {"status": "running", "done": found.done, "total": found.total}
    if found is None or found.ended_well:
        return {"status": "none"}
    return {"status": "failed", "error": found.error or "the proof was stopped; start it again"}


def is_idle(workspace: Path) -> bool:
    """Whether no proof is running in the workspace, whoever started it."""
    return not any(job.kind == "proof" for job in running(workspace))


def wait(workspace: Path, key: str) -> None:
    """Wait until nobody is at work on a proof."""
    job = open_job(workspace, "proof", key)
    if job is not None:
        jobs.wait(job)


def proven(workspace: Path, key: str) -> Proof | None:
    """The proof that was made, or None."""
    from hem_core.sets.proof import Proof

    found = read(result(workspace, key))
    if not found:
        return None
    fields = {name: found[name] for name in ("gain", "seconds", "n_test", "note")}
    return Proof(table=pd.DataFrame(found["table"]), **fields)


def sentence(found: Mapping[str, Any], n: int, level_name: str = EXAMPLES) -> str:
    """What a proof says of a set of n rows of a level: the gain with its interval, or that none is shown.

    found: `gain` in points and `table`, as `Proof.facts` gives them. Of a large set the number that was tried is named.
    """
    from hem_core.sets.proof import MOST_ADDED

    n = n if n <= MOST_ADDED else added(found)
    random = f"{n:,} random {noun(level_name) if n != 1 else one(level_name)}"
    mean, low, high = (float(found["gain"][name]) for name in ("mean", "low", "high"))
    digits = 1 if min(abs(low), abs(high)) >= 0.05 else 2  # so that no end of the interval rounds to nothing
    points = f"{_signed(mean, digits)} points"
    spread = f"between {_signed(low, digits)} and {_signed(high, digits)}"
    if low > 0:
        return f"{points} over {random}, {spread}"
    if high < 0:
        return f"Worse than {random}: {points}, {spread}"
    return f"No gain shown: {points} over {random}, {spread}"


def added(found: Mapping[str, Any]) -> int:
    """How many examples of the set a probe was given beside its base."""
    n = {row["arm"]: row["n"] for row in found["table"]}
    return int(n["base + chosen"] - n["base"])


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−") if round(value, digits) else f"{0:.{digits}f}"
