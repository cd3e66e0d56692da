"""What is known of a run, as the actions read it: each fact is read on first use."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hem_core.advise import trials as stored
from hem_core.advise.advice import Action, Curve, Measured
from hem_core.advise.learning_curve import curve_of
from hem_core.advise.trials import Trials
from hem_core.errors import HemError, RunError
from hem_core.labels.audits import audit_of
from hem_core.labels.estimated import estimated
from hem_core.labels.label_errors import LabelErrors
from hem_core.retrain.long_tail import is_long_tailed
from hem_core.runs.measured import measured
from hem_core.store.answers import answers
from hem_core.store.audit_settings import stop_rule
from hem_core.store.tag_place import tag_place
from hem_core.store.verdicts import in_state, reviews
from hem_core.store.workspace import Workspace, open_workspace
from hem_core.tasks import Task, of
from hem_core.thresholds import WRONG
from hem_core.types import Metric

if TYPE_CHECKING:
    from hem_core.labels.audit_sample import Audit
    from hem_core.store.run import Run


BALANCED = "balanced accuracy"
"""The mean of the classes' shares of right predictions."""


@dataclass(frozen=True, eq=False)
class Facts:
    """A finished run of N examples, and how many labels an hour brings."""

    run: Run
    labels_per_hour: int
    others: list[Action] = field(default_factory=list)
    """The actions of the items so far, for one that comes last."""
    _columns: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, run: Run, labels_per_hour: int) -> Facts:
        """Raises HemError for fewer than one label an hour."""
        if labels_per_hour < 1:
            raise HemError(f"--labels-per-hour is {labels_per_hour}; a person gives 1 label an hour or more")
        return cls(run, labels_per_hour)

    @cached_property
    def task(self) -> Task:
        return of(self.run.info)

    @property
    def has_classes(self) -> bool:
        """Whether each example is of one class, so that a share of wrong predictions is what is measured."""
        return "classes" in self.task.offers

    def has(self, name: str) -> bool:
        """Whether the run has a column of that name."""
        return name in self.run.source.columns

    def column(self, name: str) -> np.ndarray:
        """(N,) a column of the run, read once. Raises DataError when there is none."""
        if name not in self._columns:
            self._columns[name] = self.run.table([name])[name].to_numpy()
        return self._columns[name]

    def numbers(self, name: str) -> np.ndarray:
        """(N,) float64 a column of numbers; NaN where they are not known, or there is no such column."""
        return self.column(name).astype(float) if self.has(name) else np.full(self.run.n, np.nan)

    @cached_property
    def metric(self) -> Metric | None:
        """The run's headline; None where nothing is judged."""
        return next(iter(measured(self.run.examples)), None)

    @cached_property
    def is_held_out(self) -> bool:
        """Whether the predictions that count are of models that had not seen the examples."""
        from hem_core.store.definitions import judge

        is_head = judge(self.run.info, self.run.source.columns) == "head"
        return is_head or self.run.info.get("sample") == "out-of-sample"

    @cached_property
    def measured(self) -> Measured:
        """The measure in words. Gains are of predictions for right labels."""
        metric = self.metric
        if metric is None:
            return Measured("error", "points", "Nothing is measured: no example of this run is judged.")
        seen = "examples that the model had not seen" if self.is_held_out else "examples that the model may have seen"
        words = f"{metric.name} {metric}, on {metric.n or self.run.n:,} {seen}, as labelled"
        if self.row_weights is not None:
            balanced = 1 - float(np.nanmean(self.is_wrong * self.row_weights))
            words += f"; {BALANCED} {balanced:.1%}, in which gains are given, since the classes are very unequal"
            return Measured(BALANCED, "points", words)
        return Measured(metric.name, "points" if metric.unit == "share" else metric.unit, words)

    @cached_property
    def is_wrong(self) -> np.ndarray:
        """(N,) 1 = the prediction that counts differs from the label, 0 = it does not, NaN = not known."""
        error = self.numbers("error")
        return np.where(np.isnan(error), np.nan, error >= WRONG)

    @cached_property
    def workspace(self) -> Workspace | None:
        """None for a run outside of a workspace, of which no verdicts are known."""
        try:
            return open_workspace(self.run.folder)
        except RunError:
            return None

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """The verdicts that people gave to single examples: id -> `tag` …; empty without any."""
        if self._has_tags and self.workspace is not None:
            return reviews(in_state(self.workspace.tags_to_read().state(self.run.data)))
        return pd.DataFrame({"tag": []}, index=pd.Index([], dtype="str"))

    @property
    def _has_tags(self) -> bool:
        if self.workspace is None:
            return False
        place = tag_place(self.workspace.folder)
        return isinstance(place, str) or place.is_file()

    @cached_property
    def answers(self) -> np.ndarray:
        """(N,) 1 = somebody found the label wrong, 0 = right, NaN = nobody looked."""
        return answers(pd.Index(self.column("id")), self.verdicts)

    @cached_property
    def label_errors(self) -> LabelErrors:
        """The share of wrong labels by people's verdicts, as every page shows it."""
        return estimated(self.numbers("label_suspicion"), self.answers, self.audit)

    @cached_property
    def audit(self) -> Audit | None:
        """None for a run without verdicts."""
        if self.workspace is None or not self._has_tags:
            return None
        confidence = stop_rule(self.workspace.folder, self.run.data, self.run.examples.name).confidence
        return audit_of(self.run.examples, self.workspace.tags_to_read(), confidence)

    @cached_property
    def weak_slices(self) -> pd.DataFrame | None:
        """The slices of the run, the most worth looking at first; None where none were looked for."""
        from hem_core.runs.weak_slices import read

        try:
            return read(self.run.folder)
        except RunError:
            return None

    @cached_property
    def trials(self) -> Trials | None:
        """The trainings of the learning curve; None where none are stored."""
        return stored.read(self.run)

    @cached_property
    def told_trials(self) -> Trials | None:
        """The trainings with errors whose mean is what gains are told in: of a long tail, each class counts alike."""
        found, weights = self.trials, self.row_weights
        if found is None or weights is None:
            return found
        changed = {name: error * weights for name, error in found.changed.items()}
        return replace(found, error=found.error * weights, changed=changed)

    @cached_property
    def row_weights(self) -> np.ndarray | None:
        """(N,) weights of mean 1 over the labelled examples that give every class the same sum; 0 for no class, and
        None where the classes are no long tail."""
        labels = self.classes_of_rows
        if labels is None or not (labels != "").any():
            return None
        names, place, counts = np.unique(labels[labels != ""], return_inverse=True, return_counts=True)
        if not is_long_tailed(counts):
            return None
        weights = np.zeros(len(labels))
        weights[labels != ""] = (counts.sum() / len(names) / counts)[place]
        return weights

    @cached_property
    def curve(self) -> Curve | None:
        return curve_of(self.trials, self.classes_of_rows) if self.trials else None

    @cached_property
    def classes_of_rows(self) -> np.ndarray | None:
        """(N,) the given class of each example, "" for none; None for a task without classes."""
        if not self.has_classes or not self.has("given"):
            return None
        return np.array([value if isinstance(value, str) else "" for value in self.column("given")], object)

    @cached_property
    def notes(self) -> list[str]:
        """What limits all of the advice."""
        found = []
        if not self.is_held_out:
            found.append(
                "The predictions may be of examples that the model was trained on, so its error there is optimistic; "
                "score with --train, or with --out-of-sample for data that it had not seen."
            )
        return found
