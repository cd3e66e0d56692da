"""Which trials of a run are planned, as advise/trials.json holds them; reading it needs no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from hem_core.store.atomic import write_json

if TYPE_CHECKING:
    from hem_core.store.run import Run

FOLDER = "advise"
FILE = "trials.json"
FORMAT_VERSION = 2


@dataclass(frozen=True)
class TrialPlan:
    """The trials that share a key."""

    run: str
    """The fingerprint of the run."""
    key: str
    """Stands for everything that the results depend on; each result is stored under it."""
    of: str
    """What is trained, in words."""
    train: str | None
    """The train function's name; None for linear heads."""
    is_stand_in: bool
    is_memorised: bool
    """Whether the embeddings of a stand-in may be of a model that was trained on these examples."""
    n_training: int
    """How many examples a training on all of the data has."""
    folds: list[int]
    parts: list[str]
    """The sizes that are trained in each of the folds, see PARTS."""
    changes: dict[str, list[int]]
    """Change -> the folds in which it is trained."""

    def with_those_of(self, other: TrialPlan | None) -> TrialPlan:
        """With the folds and changes of another plan too, where that is of the same key."""
        if other is None or other.key != self.key:
            return self
        names = sorted({*self.changes, *other.changes})
        both = {name: _joined(self.changes.get(name, []), other.changes.get(name, [])) for name in names}
        return replace(self, folds=_joined(self.folds, other.folds), changes=both)


def planned(run: Run) -> TrialPlan | None:
    """The plan that is stored for a run; None where there is none, or one of another state of it."""
    try:
        found = json.loads((run.folder / FOLDER / FILE).read_text("utf-8"))
        is_ours = found.pop("format_version") == FORMAT_VERSION and found["run"] == run.fingerprint
        return TrialPlan(**found) if is_ours else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(run: Run, plan: TrialPlan) -> None:
    """Store the plan of a run, unless it is stored already."""
    if planned(run) != plan:
        write_json(run.folder / FOLDER / FILE, {"format_version": FORMAT_VERSION, **asdict(plan)})


def _joined(one: list[int], other: list[int]) -> list[int]:
    return sorted({*one, *other})
