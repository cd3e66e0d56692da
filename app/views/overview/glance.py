"""What Overview counts in a run."""

from dataclasses import dataclass

import pandas as pd

from app.theme import in_order
from hem_core.stats.wilson import wilson
from hem_core.store import definitions, numbers
from hem_core.store.level import Level
from hem_core.store.summary import counts, per_class


@dataclass(frozen=True, eq=False)
class Overview:
    """Counts over the N examples of a run, as `store.definitions` has them."""

    errors: int
    judged: int
    """Examples of which it is known whether the prediction is right; `errors` are a share of these."""
    in_sample_errors: int | None
    """Those of the model itself, where a head that did not see the examples is what counts; else None."""
    hard: int
    suspects: int
    reasons: pd.Series
    """Reason -> examples, in the order of theme.REASONS and then others by name; empty without reasons."""
    classes: pd.DataFrame
    """`store.summary.per_class` with `error_low` and `error_high`, the 95% Wilson interval; empty without classes."""

    @property
    def error_rate(self) -> float | None:
        """0 .. 1; None when nothing is judged."""
        return self.errors / self.judged if self.judged else None


def overview(level: Level) -> Overview:
    """Count errors, reasons and classes of a run."""
    classes = per_class(level) if level.classes else per_class(level).head(0)
    low, high = wilson(classes["errors"], classes["support"])
    inside = definitions.IN_SAMPLE["error"]
    return Overview(
        errors=numbers.count(level, definitions.ERROR),
        judged=numbers.count(level, definitions.JUDGED),
        in_sample_errors=(
            numbers.count(level, {**definitions.ERROR, "column": inside}) if inside in level.source.columns else None
        ),
        hard=numbers.count(level, definitions.HARD),
        suspects=numbers.count(level, definitions.SUSPECTED),
        reasons=_reasons(level),
        classes=classes.assign(error_low=low, error_high=high),
    )


def _reasons(level: Level) -> pd.Series:
    if "reason" not in level.source.columns:
        return pd.Series(dtype="int64")
    found = counts(level, "reason").dropna()
    known = dict(zip(found["value"].tolist(), found["n"].tolist(), strict=True))
    return pd.Series({name: known[name] for name in in_order(known)}, dtype="int64")


def class_priors(level: Level, facts: Overview) -> pd.DataFrame:
    """The classes of a run, the rarest first: facts.classes with `share` of the data (0 .. 1; of the given parts, where
    a level also has parts that are predicted alone), `is_rare` (below half of an even share) and the mean `error_prob`
    (NaN in a run that does not know it)."""
    table = facts.classes.copy()
    table["share"] = table["support"] / max(1, level.n if level.is_examples else table["support"].sum())
    table["is_rare"] = table["share"] * len(table) < 0.5
    table["error_prob"] = float("nan")
    if "error_prob" in level.source.columns:
        what = "label, avg(error_prob)::DOUBLE AS mean"
        found = level.summarise(what, ["label", "error_prob"], tail="GROUP BY label").set_index("label")["mean"]
        table["error_prob"] = found.reindex(table["label"]).to_numpy()
    return table.sort_values(["support", "label"]).reset_index(drop=True)
