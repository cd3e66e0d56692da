"""Two runs over the same examples: what changed, for which examples, and whether it is significant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from app import words
from hem_core.errors import DataError
from hem_core.retrain.report.flow import FLOWS, flow
from hem_core.runs import side_by_side as parts
from hem_core.stats.mcnemar import mcnemar
from hem_core.store import definitions
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from hem_core.store.level import Level
    from hem_core.store.run import Run

BINS = 40
"""Bins of each difficulty, 0 .. 100, in the density figure."""
COMPARED = ("id", "label", "predicted", "error", "difficulty")
CHANCE = 0.05
RIGHT_AFTER = ("fixed", "newly hard", "still right")
LONGEST = 30_000
"""Characters of ids in a rule: Explore sends it in an address."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """M rows of a level (examples, or parts) that both runs have, in the order of the later one."""

    table: pd.DataFrame
    """id, flow, label, row and row_before (in the two runs; -1 where a run did not predict this part), id_before,
    predicted_before, predicted_after, error_before, error_after (each by the label of its own run); where known
    difficulty_before, difficulty_after (0 .. 100) and bin (of 40 × 40, -1 = unknown); of parts that are matched
    outcome_before and outcome_after, in a word."""
    only_before: int
    only_after: int
    """Rows that only one of the two has."""
    relabelled: int
    """Rows that have another label in the two."""
    has_is_correct: bool = True
    """Whether the later run has a column that says right or wrong in words, which a rule then names."""
    level: str = EXAMPLES
    """The name of the level."""

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows of each flow, in the order of FLOWS."""
        return {name: int(np.count_nonzero(self.table["flow"] == name)) for name in FLOWS}

    @property
    def n(self) -> int:
        return len(self.table)

    @property
    def accuracy_before(self) -> float:
        """Share of the M that the earlier run has right, 0 .. 1."""
        return self._share("regressed", "newly hard", "still right")

    @property
    def accuracy_after(self) -> float:
        """The same of the later run."""
        return self._share(*RIGHT_AFTER)

    def _share(self, *flows: str) -> float:
        return sum(self.counts[name] for name in flows) / max(1, self.n)

    def chosen(self, flow: str | None, label: str | None, bins: Sequence[int]) -> pd.DataFrame:
        """The rows of `table` in a flow, with a label, in some bins of the density figure; None and () = any.

        The worst first: by the difficulty in the run that has them wrong.
        """
        keep = np.ones(self.n, bool)
        if flow:
            keep &= (self.table["flow"] == flow).to_numpy()
        if label is not None:
            keep &= (self.table["label"] == label).to_numpy()
        if bins:
            keep &= self.table["bin"].isin(bins).to_numpy() if "bin" in self.table else False
        found = self.table.loc[keep, :]
        order = "difficulty_before" if flow == "fixed" else "difficulty_after"
        return found.sort_values(order, ascending=False, kind="stable") if order in found else found

    def rule(self, flow: str | None, label: str | None, chosen: pd.DataFrame) -> tuple[dict[str, Any], int]:
        """The rule in the later run for what `chosen` gave, and how many it matches: all, or the first as many as fit.

        Names as few ids as it can: those of the chosen, or of the others that are as right and have that label. Parts
        that the later run did not predict are no rows of it; `rule_before` is for these.
        """
        chosen = chosen.loc[chosen["row"] >= 0, :]
        is_alike, clauses = (self.table["row"] >= 0).to_numpy().copy(), []
        if flow:
            is_right = flow in RIGHT_AFTER
            is_alike &= self.table["flow"].isin(RIGHT_AFTER).to_numpy() == is_right
            clauses.append(self._outcome(is_right=is_right))
        if label is not None:
            is_alike &= (self.table["label"] == label).to_numpy()
            clauses.append({"column": "label", "in": [label]})
        is_alike[chosen.index.to_numpy()] = False
        others = self.table.loc[is_alike, "id"].tolist()
        if not self.only_after and len(others) < len(chosen) and _that_fit(others) == len(others):
            return {"all": [*clauses, *([{"not": {"rows": others}}] if others else [])]}, len(chosen)
        n = _that_fit(chosen["id"].tolist())
        return {"all": [{"rows": chosen["id"].tolist()[:n]}]}, n

    def rule_before(self, chosen: pd.DataFrame) -> tuple[dict[str, Any], int]:
        """The rule in the earlier run for the chosen parts that the later one did not predict, and how many it names:
        all, or the first as many as fit."""
        ids = chosen.loc[chosen["row"] < 0, "id_before"].tolist()
        n = _that_fit(ids)
        return {"all": [{"rows": ids[:n]}]}, n

    def _outcome(self, *, is_right: bool) -> dict[str, Any]:
        """The clause for what is right, or for what is wrong."""
        if self.has_is_correct:
            return {"column": "is_correct", "in": [is_right]}
        return {"not": definitions.ERROR} if is_right else definitions.ERROR


def comparable(run: Run, runs: Sequence[Run], level_name: str = EXAMPLES) -> list[Run]:
    """The other complete runs over the data of `run` that have the level: the next older one first, then the other
    ones, newest first."""
    known = [one for one in runs if one.is_complete and level_name in one.levels]
    others = [one for one in known if one.name != run.name and one.data == run.data]
    age = str(run.info.get("created") or "")
    return sorted(others, key=lambda one: str(one.info.get("created") or "") > age)


def compare(before: Level, after: Level) -> Comparison:
    """Put a level of two runs side by side.

    Raises DataError when they share no row, or when one does not say what is right.
    """
    for level in (before, after):
        lacking = [name for name in ("label", "predicted") if name not in level.source.columns]
        if lacking and "error" in level.source.columns:
            raise DataError(
                f"{level.title} has no column '{lacking[0]}', so nothing can be compared; choose another run, or "
                "score this one again with --overwrite"
            )
        if "error" not in level.source.columns:
            raise DataError(
                f"{level.title} does not say which predictions are right (task {level.info.get('task')}), so there "
                "is nothing to compare; choose runs that do"
            )
    tables = _tables(before, after)
    flows = flow(*tables).astype({"flow": pd.CategoricalDtype(list(FLOWS))})
    both = tables[1].merge(flows, on="id").merge(tables[0], on="id", suffixes=("_after", "_before"))
    relabelled = int(np.count_nonzero(both["label_after"] != both["label_before"]))
    if "difficulty_after" in both and "difficulty_before" in both:
        both["bin"] = _bins(both["difficulty_before"].to_numpy(), both["difficulty_after"].to_numpy())
    both = both.rename(columns={"label_after": "label", "row_after": "row"})
    alone = [len(table) - len(both) for table in tables]
    has_is_correct = "is_correct" in after.source.columns
    return Comparison(both.drop(columns="label_before"), alone[0], alone[1], relabelled, has_is_correct, after.name)


def _tables(before: Level, after: Level) -> parts.Tables:
    """The columns that are compared, before and after, each row with an `id` that both tables share."""
    first, second = (
        level.table([name for name in COMPARED if name in level.source.columns]).assign(row=np.arange(level.n))
        for level in (before, after)
    )
    task = parts.matcher(after)
    if task is not None:
        return parts.side_by_side(task, (before, after), (first, second))
    return first.assign(id_before=first["id"]), second


def classes(table: pd.DataFrame) -> pd.DataFrame:
    """Each label's n, accuracy before and after (0 .. 1), fixed, regressed and difference; the largest loss first.

    table: that of a Comparison.
    """
    counts = pd.crosstab(table["label"], table["flow"]).reindex(columns=list(FLOWS), fill_value=0)
    n = counts.sum(axis=1)
    right = counts["still right"] + counts["newly hard"]
    found = pd.DataFrame(
        {
            "label": counts.index.astype(str),
            "n": n.to_numpy(),
            "accuracy_before": ((right + counts["regressed"]) / n).to_numpy(),
            "accuracy_after": ((right + counts["fixed"]) / n).to_numpy(),
            "fixed": counts["fixed"].to_numpy(),
            "regressed": counts["regressed"].to_numpy(),
        }
    )
    found["difference"] = found["accuracy_after"] - found["accuracy_before"]
    return found.sort_values(["difference", "n"], ascending=[True, False], kind="stable").reset_index(drop=True)


def is_clear(fixed: int, regressed: int) -> bool:
    """Whether McNemar's exact test rejects that the two models are equally good."""
    return bool(fixed + regressed) and mcnemar(fixed, regressed) < CHANCE


def verdict(fixed: int, regressed: int, level_name: str = EXAMPLES) -> str:
    """McNemar's exact test in words: whether the difference is more than chance."""
    if not fixed + regressed:
        return f"None is fixed and none regressed: the two are right and wrong on the same {words.noun(level_name)}."
    p = mcnemar(fixed, regressed)
    which = f"{fixed:,} fixed, {regressed:,} regressed"
    if is_clear(fixed, regressed):
        better = "after is better" if fixed > regressed else "after is worse"
        return f"{which}: {better}; between equally good models a split so uneven comes {_often(p)}."
    return f"{which}: no clear difference; between equally good models a split so uneven comes {_often(p)}."


def _that_fit(ids: Sequence[str]) -> int:
    """How many of these ids a rule can name, from the first on."""
    lengths = np.cumsum([len(quote(json.dumps(id))) + 3 for id in ids])
    return int(np.searchsorted(lengths, LONGEST, side="right"))


def _often(p: float) -> str:
    if p < 1e-4:
        return "less than once in 10,000 (exact McNemar test, p < 0.0001)"
    percent = round(100 * p)
    times = f"about once in {float(f'{1 / p:.1g}'):,.0f}" if p < 0.01 else f"{words.count(percent, 'time')} in 100"
    return f"{times} (exact McNemar test, p = {p:.2g})"


def _bins(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    bins = [np.clip(np.nan_to_num(values) * BINS / 100, 0, BINS - 1).astype(np.int32) for values in (before, after)]
    x, y = bins
    return np.where(np.isnan(before) | np.isnan(after), -1, x * BINS + y)
