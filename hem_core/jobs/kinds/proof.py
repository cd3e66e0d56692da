"""Proof: linear probes measure whether a set is worth more than a random one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.engine.progress import Listener
from hem_core.jobs.job import Job, new_job
from hem_core.store.atomic import write_json, write_table

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected
    from hem_core.store.level import Level

TITLE = "Proof"


def proof_job(workspace: Path, key: str, level: Level, selected: Selected) -> Job:
    """The proof of a set, named by its key."""
    settings = {"run": level.run, "level": level.name, "n": len(selected.examples)}
    return new_job(workspace, "proof", key, settings)


def keep(job: Job, selected: Selected) -> None:
    """Write the set and its candidates next to the settings, for the process that proves it."""
    ranks = dict(zip(selected.examples["id"].tolist(), selected.examples["rank"].tolist(), strict=True))
    rank = [ranks.get(id, 0) for id in selected.candidates["id"].tolist()]  # 0 = not chosen
    write_table(_candidates(job), selected.candidates.assign(rank=rank))


def result(workspace: Path, key: str) -> Path:
    """The file of a proof."""
    return workspace / "proofs" / f"{key}.json"


def words(job: Job) -> str:
    n = int(job.settings["n"])
    return f"{n:,} of the {job.settings['level']} of {job.settings['run']}"


def writes(job: Job) -> tuple[Path, ...]:
    return (result(job.workspace, job.name),)


def is_done(job: Job) -> bool:
    return result(job.workspace, job.name).is_file()


def opens(job: Job) -> tuple[str, Mapping[str, str]]:
    return "sets", {"run": str(job.settings["run"])}


def run(job: Job, progress: Listener) -> Mapping[str, Any] | None:
    import pandas as pd

    from hem_core.sets.proof import proof
    from hem_core.sets.selected import Selected
    from hem_core.store.workspace import open_workspace

    if hasattr(os, "nice"):
        os.nice(10)  # whoever looks at pages goes first
    candidates = pd.read_parquet(_candidates(job))
    examples = candidates.loc[candidates["rank"] > 0, :].sort_values("rank")
    selected = Selected(examples, candidates.head(0), {}, {}, candidates)
    level = open_workspace(job.workspace).run(str(job.settings["run"])).level(str(job.settings["level"]))
    proven = proof(level, selected, progress=progress)
    write_json(result(job.workspace, job.name), proven.facts())
    _candidates(job).unlink(missing_ok=True)
    return None


def _candidates(job: Job) -> Path:
    return job.folder / "candidates.parquet"
