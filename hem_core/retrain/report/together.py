"""The report of a task whose quality is measured on all examples together, such as average precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hem_core.retrain.report.comparison import counted, smallest_effect, table_of
from hem_core.retrain.report.measures import Measure
from hem_core.retrain.report.ship_or_hold import Interval, verdict
from hem_core.stats.paired import Paired, known_interval
from hem_core.stats.seed_weights import seed_weights
from hem_core.tasks import MatchesParts, MeasuresTogether
from hem_core.thresholds import WRONG

DRAWS = 300
NOTHING = "nothing"
PartColumns = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Tested:
    """T test examples with the answers of every model."""

    task: MeasuresTogether
    raw: Mapping[str, Sequence[np.ndarray]]
    """Arm -> one (T, W) a seed."""
    targets: np.ndarray
    ids: Sequence[str]
    is_target: np.ndarray
    """(T,) bool: the targeted slice."""

    @property
    def arms(self) -> list[str]:
        return list(self.raw)

    @property
    def n_seeds(self) -> int:
        return len(next(iter(self.raw.values())))

    def answers(self) -> list[Any]:
        """Of the first arm's seeds, then of the next one's."""
        return [self.task.answers_to(one, self.targets) for models in self.raw.values() for one in models]


def together(tested: Tested, target_words: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """What the report says by these measures: verdict, table, classes, flow, smallest effect; and the parts that are
    fixed and regressed with the first seed, see `changed_parts`.

    One resample takes T examples with replacement and weighs the S seeds, the same for all arms.
    """
    answers, every = tested.answers(), np.arange(len(tested.targets))
    whole = tested.task.measured_together(answers, [every] * len(answers), n_resamples=DRAWS)
    headline = whole.measures[0].name
    point, draws = _by_seed(tested, whole)
    names = {at: _words(each.name, higher=each.higher_is_better) for at, each in _unlabelled(whole)}
    rows = table_of(tested.arms, names, point, draws)
    rows.insert(1, _targeted(tested, answers, rows, headline))
    flow, parts, about = _flow(tested, answers)
    overall, target = (Interval(**row["difference"]["curated - control"]) for row in rows[:2])
    churn = flow["churn"]["regressed"]["mean"] if flow["churn"] else None
    words = {"n_seeds": tested.n_seeds, "target_words": target_words, "measure": headline}
    found = {
        "verdict": verdict(overall, target, flow["regressed"]["mean"], churn, **words),
        "table": rows,
        "classes": _classes(tested, whole, point, draws),
        "class_measure": next((each.name for each in whole.measures if each.label is not None), ""),
        "headline": headline,
        "flow": flow,
        **about,
        "smallest_effect": smallest_effect(tested.arms, draws),
    }
    return found, parts


def _by_seed(tested: Tested, found: Paired) -> tuple[np.ndarray, np.ndarray]:
    """Values in % by arm and seed (A, S, M), and means over weighted seeds (B, A, M)."""
    n_arms, n_seeds, n = len(tested.arms), tested.n_seeds, len(found.measures)
    point = 100 * found.point.reshape(n_arms, n_seeds, n)
    draws = 100 * found.draws.reshape(len(found.draws), n_arms, n_seeds, n)
    weights = seed_weights(n_seeds, len(draws), np.random.default_rng(1))
    return point, (draws * weights[:, None, :, None]).sum(axis=2)


def _unlabelled(found: Paired) -> list[tuple[int, Any]]:
    return [(at, each) for at, each in enumerate(found.measures) if each.label is None]


def _words(name: str, *, higher: bool = True) -> Measure:
    return Measure(name, "%", higher)


def _targeted(tested: Tested, answers: list[Any], rows: list[dict[str, Any]], headline: str) -> dict[str, Any]:
    """The headline on the targeted slice; the whole again where that is the slice, or has nothing given."""
    name = f"targeted slice, {headline}"
    if tested.is_target.all():
        return {**rows[0], "measure": name}
    places = np.flatnonzero(tested.is_target)
    found = tested.task.measured_together(answers, [places] * len(answers), n_resamples=DRAWS)
    made = table_of(tested.arms, {0: _words(name)}, *_by_seed(tested, found))
    return made[0] if made else {**rows[0], "measure": name}


def _classes(tested: Tested, whole: Paired, point: np.ndarray, draws: np.ndarray) -> list[dict[str, Any]]:
    """Each class by its first measure: mean over seeds with the interval of the resamples, and curated − control."""
    found: dict[str, dict[str, Any]] = {}
    one, other = (tested.arms.index(arm) for arm in ("curated", "control"))
    for at, each in enumerate(whole.measures):
        if each.label is None or each.label in found or not np.isfinite(point[:, :, at]).all():
            continue
        arms = {}
        for place, arm in enumerate(tested.arms):
            mean = float(point[place, :, at].mean())
            low, high = known_interval(draws[:, place, at].clip(0, 100))
            arms[arm] = {"mean": mean, "low": low, "high": high}
        gained = arms["curated"]["mean"] - arms["control"]["mean"]
        low, high = known_interval(draws[:, one, at] - draws[:, other, at])
        found[each.label] = {
            "label": each.label, "n": each.n, "arms": arms, "difference": gained, "low": low, "high": high,
        }  # fmt: skip
    return list(found.values())


def _flow(tested: Tested, answers: list[Any]) -> tuple[dict[str, Any], pd.DataFrame, dict[str, Any]]:
    """Fixed and regressed parts seed by seed, and between the controls; those of the first seed; what they are of."""
    task, n = tested.task, tested.n_seeds
    assert isinstance(task, MatchesParts)
    arms = {arm: answers[at * n : at * n + n] for at, arm in enumerate(tested.arms)}
    rows = {arm: [task.parts_of(one, tested.ids) for one in arms[arm]] for arm in ("control", "curated")}
    made = [changed_parts(task, *pair) for pair in zip(rows["control"], rows["curated"], strict=True)]
    control = rows["control"]
    churned = [changed_parts(task, control[k], control[(k + 1) % n]) for k in range(n)] if n > 1 else []
    n_parts = len(rows["control"][0]["id"])
    flow = counted([_numbers(one) for one in made])
    flow |= {"churn": counted([_numbers(one) for one in churned]) if churned else None}
    return flow, made[0], {"n_parts": n_parts, "flow_of": _level_of(task)}


def _level_of(task: MatchesParts) -> str:
    """The name of the level whose rows are counted: that on which boxes are corrected or tags toggled."""
    return str(getattr(task, "corrects", None) or getattr(task, "toggles", None) or "parts")


def _numbers(parts: pd.DataFrame) -> tuple[int, int]:
    flow = parts["flow"].tolist()
    return flow.count("fixed"), flow.count("regressed")


def changed_parts(task: MatchesParts, before: PartColumns, after: PartColumns) -> pd.DataFrame:
    """The parts that one model has right and the other wrong: id, example, label, before, after, flow.

    A part that one of them alone predicted is nothing in the other, which is right. before and after are what became of
    it, in a word; id is that of the later model where it has the part.
    """
    pairs = np.array(task.same_parts(before, after), np.int64).reshape(-1, 2)
    alone = [np.setdiff1d(np.arange(len(rows["id"])), pairs[:, side]) for side, rows in enumerate((before, after))]
    every = np.concatenate([pairs, *(_with_none(rows, side) for side, rows in enumerate(alone))])
    wrong = [_is_wrong(rows, every[:, side]) for side, rows in enumerate((before, after))]
    flow = np.select([wrong[0] & ~wrong[1], ~wrong[0] & wrong[1]], ["fixed", "regressed"], "")
    found = []
    for (one, other), name in zip(every.tolist(), flow.tolist(), strict=True):
        if name:
            rows, at = (after, other) if other >= 0 else (before, one)
            outcomes = [_outcome(task, each, place) for each, place in ((before, one), (after, other))]
            found.append((rows["id"][at], rows["example"][at], rows["given"][at] or "none", *outcomes, name))
    return pd.DataFrame(found, columns=["id", "example", "label", "before", "after", "flow"])


def _with_none(rows: np.ndarray, side: int) -> np.ndarray:
    """(n, 2): rows of one side, -1 on the other."""
    nothing = np.full(len(rows), -1)
    return np.stack([rows, nothing] if side == 0 else [nothing, rows], axis=1)


def _is_wrong(rows: PartColumns, places: np.ndarray) -> np.ndarray:
    errors = np.append(np.asarray(rows["error"], np.float64), 0.0)  # -1: nothing is there
    return ~(errors[places] < WRONG)


def _outcome(task: MatchesParts, rows: PartColumns, place: int) -> str:
    if place < 0:
        return NOTHING
    outcome = str(rows[task.outcome][place])
    return task.outcomes.get(outcome, outcome)
