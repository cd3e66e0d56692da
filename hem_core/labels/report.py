"""The labels of a run: which to review first, and the estimated share of wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hem_core.errors import RunError
from hem_core.labels.audit_sample import Audit
from hem_core.labels.audits import audit_of
from hem_core.labels.estimated import estimated
from hem_core.labels.label_errors import LabelErrors
from hem_core.store.answers import answers
from hem_core.store.audit_settings import stop_rule
from hem_core.store.run import Run, open_run
from hem_core.store.verdicts import in_state, reviews
from hem_core.store.workspace import open_workspace


@dataclass(frozen=True, eq=False)
class LabelReport:
    """`suspects`: id, label, suggested_label, label_suspicion and evidence, the most suspicious first."""

    suspects: pd.DataFrame
    estimate: LabelErrors


def label_report(folder: Path | str, most: int) -> LabelReport:
    """The `most` unreviewed suspects, and the share of wrong labels estimated from the reviewed ones."""
    run = open_run(folder)
    columns = ["id", "label", "suggested_label", "label_suspicion", "evidence"]
    table = run.table(columns)
    verdicts = _verdicts(folder, run.data)
    found = answers(pd.Index(table["id"]), verdicts)
    open_ones = table.loc[~table["id"].isin(verdicts.index.tolist()), :]
    suspects = open_ones.sort_values("label_suspicion", ascending=False, kind="stable").head(most)
    audit = _audit(run)
    return LabelReport(suspects, estimated(table["label_suspicion"].to_numpy(float), found, audit))


def _audit(run: Run) -> Audit | None:
    try:
        home = open_workspace(run.folder)
    except RunError:  # a run outside of a workspace has no tags
        return None
    confidence = stop_rule(home.folder, run.data, run.examples.name).confidence
    return audit_of(run.examples, home.tags_to_read(), confidence)


def _verdicts(folder: Path | str, data: str) -> pd.DataFrame:
    try:
        state = open_workspace(Path(folder)).tags_to_read().state(data)
    except RunError:  # a run outside of a workspace has no tags
        return pd.DataFrame({"tag": []}, index=pd.Index([], dtype="str"))
    return reviews(in_state(state))
