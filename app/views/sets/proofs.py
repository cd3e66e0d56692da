"""Proofs that a set is worth more than a random one: in a process of their own, so that nobody waits for the server.

python -m app.views.sets.proofs WORKSPACE RUN KEY
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.core.util.hashing import hash_pandas_object

from app import jobs
from hem_core.errors import HemError
from hem_core.store.atomic import write_json, write_table
from hem_core.store.level import Level
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.sets.proof import Proof
    from hem_core.sets.selected import Selected

QUICK = 5_000
"""A run of so many examples at most is proven without being asked: it takes seconds."""
RESTS_ON = ("id", "label", "is_ruled_out")
"""Columns of the candidates that a proof rests on, beside who of them was chosen."""


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
    if not any((level.home / "embeddings").glob("*.npy")):
        missing = level.info.get("missing") or {}
        return f"no proof without embeddings: {missing.get('embeddings') or 'this run kept none'}"
    if "label" not in level.source.columns or len(level.classes) < 2:
        return "no proof without classes: the probe is a classifier"
    return ""


def start(workspace: Path, level: Level, key: str, selected: Selected) -> None:
    """Begin to prove a set, unless it is being done; `state` tells how it stands."""
    if state(workspace, key)["status"] in ("running", "done"):
        return
    home = workspace / "proofs"
    home.mkdir(parents=True, exist_ok=True)
    ranks = dict(zip(selected.examples["id"].tolist(), selected.examples["rank"].tolist(), strict=True))
    rank = [ranks.get(id, 0) for id in selected.candidates["id"].tolist()]  # 0 = not chosen
    write_table(_candidates(workspace, key), selected.candidates.assign(rank=rank))
    first = {"done": 0, "total": 0}
    jobs.start(
        _note(workspace, key), "app.views.sets.proofs", [str(workspace), level.run, key, level.name], first=first
    )


def state(workspace: Path, key: str) -> dict[str, Any]:
    """How a proof stands: `status` 'none', 'running' (done, total), 'done' (as `Proof`) or 'failed' (error)."""
    is_running = jobs.is_running(_note(workspace, key))
    found = jobs.read(_result(workspace, key))
    if found:
        return {"status": "done", **found}
    note = jobs.read(_note(workspace, key))
    if is_running:
        return {"status": "running", **note}
    if not note:
        return {"status": "none"}
    return {"status": "failed", "error": note.get("error") or "the proof was stopped; start it again"}


def is_idle(workspace: Path) -> bool:
    """Whether no proof is running in the workspace, whoever started it."""
    notes = [path.with_suffix(".json") for path in (workspace / "proofs").glob(".*.process")]
    return not any(jobs.is_running(note) for note in notes)


def wait(workspace: Path, key: str) -> None:
    """Wait until nobody is at work on a proof."""
    jobs.wait(_note(workspace, key))


def proven(workspace: Path, key: str) -> Proof | None:
    """The proof that was made, or None."""
    from hem_core.sets.proof import Proof

    found = jobs.read(_result(workspace, key))
    if not found:
        return None
    fields = {name: found[name] for name in ("gain", "seconds", "n_test", "note")}
    return Proof(table=pd.DataFrame(found["table"]), **fields)


def sentence(found: Mapping[str, Any], n: int) -> str:
    """What a proof says of a set of n examples: the gain with its interval, or that none is shown.

    found: `gain` in points and `table`, as `Proof.facts` gives them. Of a large set the number that was tried is named.
    """
    from hem_core.sets.proof import MOST_ADDED

    n = n if n <= MOST_ADDED else added(found)
    random = f"{n:,} random {'example' if n == 1 else 'examples'}"
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


def _result(workspace: Path, key: str) -> Path:
    return workspace / "proofs" / f"{key}.json"


def _note(workspace: Path, key: str) -> Path:
    return workspace / "proofs" / f".{key}.json"


def _candidates(workspace: Path, key: str) -> Path:
    return workspace / "proofs" / f".{key}.parquet"


def _work(workspace: Path, run: str, key: str, level_name: str = EXAMPLES) -> None:
    from hem_core.sets.proof import proof
    from hem_core.sets.selected import Selected
    from hem_core.store.workspace import open_workspace

    if hasattr(os, "nice"):
        os.nice(10)  # whoever looks at pages goes first

    def progress(stage: str, done: int, total: int) -> None:
        del stage
        write_json(_note(workspace, key), {"done": done, "total": total})

    try:
        candidates = pd.read_parquet(_candidates(workspace, key))
        examples = candidates.loc[candidates["rank"] > 0, :].sort_values("rank")
        selected = Selected(examples, candidates.head(0), {}, {}, candidates)
        found = proof(open_workspace(workspace).run(run).level(level_name), selected, progress=progress)
    except HemError as error:
        write_json(_note(workspace, key), {"error": str(error)})
        return
    write_json(_result(workspace, key), found.facts())
    for path in (_note(workspace, key), _candidates(workspace, key)):
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    _work(Path(sys.argv[1]), *sys.argv[2:])
