"""The summary of a finished run, and the app that opens on it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hem_core.buckets.places import named
from hem_core.cli._screen import say
from hem_core.store.metrics import metrics_of

MOST_NAMES = 8
"""Names of features that are printed; of more the first ones, the last one and their number."""


def summarise(run: Any) -> None:
    """Print counts, the headline metric, the first failures, every note of a run and, last, its warning."""
    info = run.info
    failed = f", {info['n_failed']:,} could not be scored (see failures.parquet)" if info["n_failed"] else ""
    seen = "not known whether in-sample" if info["sample"] == "unknown" else info["sample"]
    measured = "".join(f"; {metric.name} {metric} ({seen})" for metric in metrics_of(info)[:1])
    say("{}", f"{run.n:,} example{'s' * (run.n != 1)} scored{failed}{measured}")
    data = info["data"]
    if data.get("are_features_named") is False:
        names = [feature["name"] for feature in data["features"]]
        say("  features: {} (name them with --feature-columns)", listed(names))
        left_out = list(data.get("left_out", {}).items())
        for column, why in left_out[:MOST_NAMES]:
            say("  no feature: {}, {}", column, why)
        if len(left_out) > MOST_NAMES:
            say("  {} more columns are no features; run.json lists them", f"{len(left_out) - MOST_NAMES:,}")
    for row in run.failures().head(5).itertuples():
        say("  {}: {}", row.id, row.reason)
    for note in [*info["notes"], *info["missing"].values()]:
        say("  note: {}", note)
    for column, why in run.source.skipped.items():
        say("  column skipped: {}, {}", column, why)
    say("run: {}", named(run.folder))
    if info.get("warning"):
        say("[bold red]warning:[/bold red] {}", info["warning"])


def run_answer(run: Any) -> dict[str, Any]:
    """What is printed of a finished run, for `--json`."""
    info = run.info
    return {
        "run": named(run.folder),
        "n": run.n,
        "n_failed": info["n_failed"],
        "failures": run.failures().loc[:, ["id", "reason"]],
        "sample": info["sample"],
        "metrics": metrics_of(info),
        "notes": [*info["notes"], *info["missing"].values()],
        "skipped_columns": run.source.skipped,
        "warning": info.get("warning"),
    }


def listed(names: Sequence[str]) -> str:
    """The names, or of many the first ones, the last one and their number."""
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{len(names):,} columns, {', '.join(names[: MOST_NAMES - 1])} … {names[-1]}"


def serve(
    workspace: Path,
    port: int | None,
    *,
    open_browser: bool,
    has_token: bool = True,
    is_ready: Callable[[str], None],
    **network: Any,
) -> None:
    """Start the app on a workspace or a run, and wait until it is stopped.

    is_ready: called with the address, once it is known. network: what app.network.network takes.
    """
    found = importlib.import_module("app.network").network(**network)
    importlib.import_module("app.server").serve(workspace, port, open_browser, has_token, found, is_ready)
