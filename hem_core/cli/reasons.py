from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import say, table

PLACE = 40
READ_ONLY = {"refit": False}
MOST_CHANGES = 12


def reasons(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    refit: Annotated[
        bool, typer.Option("--refit", help="Learn from people's verdicts and assign the reasons again.")
    ] = False,
) -> dict[str, Any]:
    """Show why examples are hard and how far to trust the reasons; --refit learns from the reviewers' verdicts."""
    from hem_core.store.run import open_run

    before = open_run(run)
    was = before.level(before.level_of_reasons).table(["reason"])["reason"]
    opened = _refit(before) if refit else before
    info: dict[str, Any] = opened.info.get("reasons") or {"how": "rules"}
    level = opened.level(before.level_of_reasons)
    now = level.table(["reason"])["reason"]
    counts = now.value_counts()
    table(("reason", level.name), [(name, f"{n:,}") for name, n in counts.items()])
    n_changed = int((was.to_numpy() != now.to_numpy()).sum())
    if refit:
        say("{}", f"{n_changed:,} of {level.n:,} reasons changed by this refit")
        _taught(info)
    _trust(info, level.name)
    changed = {"n_changed": n_changed} if refit else {}
    return {"level": level.name, "counts": counts.to_dict(), **changed, "calibration": info}


def _trust(info: dict[str, Any], level: str) -> None:
    """How the reasons were made, and how far to trust them."""
    from hem_core.reasons.trusted_from import TRUSTED_FROM

    if info["how"] == "rules":
        say("reasons by simple rules, not calibrated. {}", info.get("note", ""))
        return
    doubtful = "suspect labels" if "planted" in info else "the reasons"
    bar = "" if info["is_trusted"] else f", below {TRUSTED_FROM:.2f}: do not rely on {doubtful}"
    say(
        "{}",
        f"calibrated on {info['n_probes']:,} planted probes and {info['n_tagged']:,} verdicts; on our own probes, "
        f"planted {info.get('planted', 'flips')} are found with AUROC {_auroc(info['auroc'])}{bar}",
    )
    if info.get("by_planted"):
        rows = [(each["planted"], f"{each['n']:,}", f"{each['found']:.0%}") for each in info["by_planted"]]
        table(("planted", level, "named suspect"), rows)
    if info["note"]:
        say("{}", info["note"])


def _auroc(share: float) -> str:
    """`0.97`; 1.00 is reserved for the exact value."""
    return "over 0.99" if 0.995 <= share < 1 else f"{share:.2f}"


def _taught(info: dict[str, Any]) -> None:
    """Which reasons the tags changed, compared with the probes alone, and by which features."""
    counted = ", ".join(f"{n:,} {word}" for word, n in (info.get("tags") or {}).items())
    if counted:
        facts = ", ".join(name.replace("_", " ") for name in info.get("facts") or ())
        say("{}", f"learned from {counted}" + (f"; with the examples' own {facts}" if facts else ""))
    if info.get("changes"):
        rows = [
            (f"{each['was']} → {each['now']}", f"{each['n']:,}", ", ".join(each["because"]) or "–")
            for each in info["changes"][:MOST_CHANGES]
        ]
        table(("changed by the tags", "examples", "because of"), rows)


def _refit(run: Any) -> Any:
    """Refit, unless the app or another command is already doing so: both would write the same files."""
    from hem_core.jobs.command import at_work, command_job, workspace_of
    from hem_core.runs.refit import refit

    workspace = workspace_of(run.folder)
    if workspace is None:
        return refit(run.folder)  # says why it cannot be
    with at_work(command_job("refit", workspace, run.name), f"the reasons of {run.folder}"):
        return refit(run.folder)
