"""What a learning curve of a run can be measured by, as far as that is known without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hem_core.advise.trial_plan import planned
from hem_core.advise.trials import read
from hem_core.tasks import of

if TYPE_CHECKING:
    from hem_core.store.run import Run


def train_of(run: Run) -> str | None:
    """The train function whose curve is stored, else the one that a run was scored with; None where there is none."""
    plan = planned(run)
    if plan is not None and plan.train is not None:
        return plan.train
    oos = run.info.get("oos") or {}
    if oos.get("how") != "folds":
        return None
    name = str(oos.get("train") or run.info.get("model", {}).get("name") or "")
    return name if ":" in name else None


def says_something(run: Run) -> bool:
    """Whether heads can be fitted on embeddings of a model that was not trained on these examples, and were
    not all yet."""
    if not is_foreign(run) or run.embeddings() is None or "linear heads" not in of(run.info).offers:
        return False
    plan, found = planned(run), read(run)
    return (plan is None or plan.is_stand_in) and (found is None or not found.is_complete)


def is_foreign(run: Run) -> bool:
    """Whether the embeddings are of a model that was not trained on these examples."""
    is_by_folds = (run.info.get("oos") or {}).get("how") == "folds"
    return bool(run.info.get("embedding")) or (run.info.get("sample") == "out-of-sample" and not is_by_folds)
