from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hem_core.cli._paths import RUN_IN_BUCKET
from hem_core.cli._screen import say, table
from hem_core.cli._tags_url import TagsUrl, tags_at

PLACE = 50
READ_ONLY: dict[str, Any] = {}


def labels(
    run: Annotated[Path, typer.Argument(help="The run folder, or its address in a bucket."), RUN_IN_BUCKET],
    most: Annotated[int, typer.Option(help="How many suspects to show.", min=1)] = 20,
    tags_url: TagsUrl = None,
) -> dict[str, Any]:
    """Show the labels to review first, and the share of wrong labels estimated from those reviewed."""
    tags_at(tags_url)
    from hem_core.labels.report import label_report

    report = label_report(run, most)
    names = ["id", "label", "suggested_label", "label_suspicion", "evidence"]
    rows = report.suspects.loc[:, names].fillna("").values.tolist()
    table(
        ("id", "given", "suggested", "suspicion", "evidence"),
        [(id, given, other, f"{suspicion:.1f}", why) for id, given, other, suspicion, why in rows],
    )
    found = report.estimate
    if not found.n_reviewed:
        say("share of wrong labels: not known; {}", found.note)
    else:
        interval = f"{found.low:.1%} – {found.high:.1%}"
        share = f"{found.share:.1%} ({interval})" if found.is_narrow else f"{interval}, too wide to name a share"
        say("share of wrong labels: {} of {}, from {} reviewed", share, f"{found.n:,}", f"{found.n_reviewed:,}")
    return {"suspects": report.suspects.loc[:, names], "estimate": found}
