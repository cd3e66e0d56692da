"""What a tracker is told of a finished retraining: parameters, metrics by arm and seed, the verdict and files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hem_core.retrain.stored import Stored

FILES = ("report.html", "report.json", "report.parquet", "examples.parquet", "plan.json")


@dataclass(frozen=True)
class Training:
    """One training: an arm and a seed."""

    arm: str
    seed: int
    metrics: Mapping[str, float]
    """Measure -> value."""


@dataclass(frozen=True)
class Record:
    """One retraining."""

    name: str
    parameters: Mapping[str, str | int]
    metrics: Mapping[str, float]
    """`<arm>.<measure>` (the mean over the seeds), `<arm>.<measure>.sd`, and `curated - control.<measure>` with its
    interval, `.low` and `.high`."""
    trainings: tuple[Training, ...]
    verdict: str
    """One word, such as "ship"."""
    sentences: str
    set_name: str
    set_folder: Path | None
    """The version of the set that was trained on; None where it is gone."""
    files: tuple[Path, ...]
    """The report and its tables."""


def record_of(stored: Stored) -> Record:
    """The record of a complete retraining."""
    plan, report = stored.plan, stored.report or {}
    named = plan["set"]
    home = stored.folder.parents[1] / "sets" / named["name"] / f"v{named['version']}"
    return Record(
        stored.name,
        _parameters(plan, report),
        _metrics(report["table"]),
        _trainings(report["table"], plan),
        str(report["verdict"]["word"]),
        "\n".join(report["verdict"]["sentences"]),
        f"{named['name']}-v{named['version']}",
        home if home.is_dir() else None,
        tuple(path for path in (stored.folder / name for name in FILES) if path.is_file()),
    )


def metric_name(text: str) -> str:
    """A measure as every tracker takes it: letters, digits, space and ._-/ only."""
    return re.sub(r"[^\w .\-/]", "_", text.replace("−", "-"))


def _parameters(plan: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, str | int]:
    named = plan["set"]
    return {
        "set": named["name"],
        "set_version": named["version"],
        "set_examples": named["n"],
        "run": plan["run"],
        "train": plan["train"],
        "recipe": plan["recipe"]["name"],
        "arms": ", ".join(plan["arms"]),
        "seeds": ", ".join(map(str, plan["seeds"])),
        "test": plan["test"]["what"],
        "test_examples": report["n_test"],
    }


def _metrics(table: list[Mapping[str, Any]]) -> dict[str, float]:
    found: dict[str, float | None] = {}
    for row in table:
        measure = metric_name(row["measure"])
        for arm, one in row["arms"].items():
            found |= {f"{arm}.{measure}": one["mean"], f"{arm}.{measure}.sd": one["sd"]}
        for pair, one in row["difference"].items():
            found[f"{pair}.{measure}"] = one["mean"]
            found |= {f"{pair}.{measure}.{end}": one[end] for end in ("low", "high")}
    return {name: float(value) for name, value in found.items() if value is not None}


def _trainings(table: list[Mapping[str, Any]], plan: Mapping[str, Any]) -> tuple[Training, ...]:
    """The trainings of each arm, a seed after the other; without metrics in a report of an older HEM."""
    found = []
    for arm in plan["arms"]:
        for at, seed in enumerate(plan["seeds"]):
            rows = [(row["measure"], row["arms"][arm].get("per_seed")) for row in table]
            found.append(Training(arm, seed, {metric_name(name): v[at] for name, v in rows if v and v[at] is not None}))
    return tuple(found)
