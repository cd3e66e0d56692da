"""Two arms of one retraining in Compare: the report's verdict over all seeds, above one seed's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hem_core.retrain import stored

if TYPE_CHECKING:
    from hem_core.store.run import Run
    from hem_core.store.workspace import Workspace

SEED = 0
"""The seed whose models are the runs that are compared."""


@dataclass(frozen=True)
class ArmPair:
    """Two arms of a finished retraining."""

    retraining: str
    before: str
    after: str
    n_seeds: int
    verdict: str | None
    """ship, hold or no difference shown, where the two are what the verdict compares; else None."""
    sentence: str
    """The first sentence of the verdict, or ""."""
    difference: Mapping[str, float | None] | None
    """The headline after minus before in points over all seeds: mean, low, high; None where the report has no such
    pair."""
    measure: str = "accuracy"
    """What the difference is of."""


def pair(workspace: Workspace, before: Run, after: Run) -> ArmPair | None:
    """The report's verdict on two runs; None unless both are arms of one complete retraining."""
    name = workspace.retraining_of(after)
    if name is None or workspace.retraining_of(before) != name:
        return None
    found = stored.Stored(workspace.folder / stored.FOLDER / name)
    report = found.report
    if report is None:
        return None
    arms = [_arm(name, run.name, report.get("runs") or {}) for run in (before, after)]
    is_judged = set(arms) == {"control", "curated"}
    verdict = report.get("verdict") or {}
    return ArmPair(
        name,
        *arms,
        n_seeds=_n_seeds(report),
        verdict=str(verdict.get("word")) if is_judged else None,
        sentence=str((verdict.get("sentences") or [""])[0]) if is_judged else "",
        difference=_difference(report, *arms),
        measure=str(headline_row(report).get("measure") or "accuracy"),
    )


def _arm(retraining: str, run: str, runs: Mapping[str, str]) -> str:
    """The arm that a run is of; one that several arms share goes by the arm it is named after."""
    named = run.removeprefix(f"{retraining}-")
    return named if named in runs else next((arm for arm, one in runs.items() if one == run), named)


def headline_row(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row of the table that is in percent: accuracy, or 1 − error for a task without classes; {} without one."""
    return next((row for row in report.get("table") or () if row.get("unit", "%") == "%"), {})


def _difference(report: Mapping[str, Any], before: str, after: str) -> dict[str, float | None] | None:
    known: Mapping[str, Any] = headline_row(report).get("difference") or {}
    if f"{after} - {before}" in known:
        return dict(known[f"{after} - {before}"])
    turned = known.get(f"{before} - {after}")
    if not turned:
        return None
    low, high = (None if turned[end] is None else -turned[end] for end in ("high", "low"))
    return {"mean": -turned["mean"], "low": low, "high": high}


def _n_seeds(report: Mapping[str, Any]) -> int:
    return len(((report.get("flow") or {}).get("fixed") or {}).get("per_seed") or ())
