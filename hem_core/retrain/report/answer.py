"""The verdict on a question about a list: did acting on it help, by a rule fixed before anything was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hem_core.retrain.report.comparison import POWER
from hem_core.retrain.report.ship_or_hold import Interval, difference_unit

HELPS, NO_BETTER = "helps", "no better than random"
HURTS, NO_WORSE = "hurts", "no worse than random"
NOTHING = "no difference shown"


@dataclass(frozen=True)
class Words:
    """What a question is in words."""

    act: str
    """What the curated arm does, with a place for the number of examples: it begins a sentence."""
    against: Mapping[str, str]
    """The arm that the curated one must beat -> what that arm does; the first is the one whose difference counts."""
    title: str
    """What is proven, as a heading."""
    curated: str
    """The curated arm in a table."""


QUESTIONS = {
    "drop": Words(
        "Training without {}",
        {"control": "training on all of the data", "random": "leaving out as many at random"},
        "does leaving them out help?",
        "without the list",
    ),
    "relabel": Words(
        "Training on the corrected labels of {}",
        {"control": "training on the given labels"},
        "do the corrected labels help?",
        "corrected labels",
    ),
    "weigh": Words(
        "Up-weighting {}",
        {"control": "equal weights", "random": "up-weighting as many at random"},
        "does up-weighting them help?",
        "list up-weighted",
    ),
    "add": Words(
        "Adding {} to the base",
        {"control": "adding as many at random"},
        "are they worth more than random ones?",
        "base and the list",
    ),
}
"""Question -> its words; see `hem_core.retrain.settings.QUESTIONS` for what is trained."""
ARM_NAMES = {
    "drop": {"control": "all of the data", "random": "without as many at random"},
    "relabel": {"control": "given labels"},
    "weigh": {"control": "equal weights", "random": "as many at random up-weighted"},
    "add": {"control": "base and as many at random", "base": "base alone"},
}
"""Question -> the other arms in a table."""


def arm_names(question: str) -> dict[str, str]:
    """Arm -> what it is called for a question."""
    return {**ARM_NAMES[question], "curated": QUESTIONS[question].curated}


def answer(question: str, n: int, report: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict as report.json holds it, for n examples that the curated arm acts on.

    helps: the intervals over every arm that it must beat lie above 0; hurts: all lie below 0. no better, or no worse,
    than random: only that over the control does. Else "no difference shown".
    """
    words, row = QUESTIONS[question], report["table"][0]
    found = {
        arm: Interval(**row["difference"][pair])
        for arm in words.against
        if (pair := f"curated - {arm}") in row["difference"]
    }
    sign, way = (1, "above") if row["better"] == "higher" else (-1, "below")
    rules = [
        {
            "rule": f"the interval of the difference from {words.against[arm]} lies {way} 0",
            "passed": _side(each) == sign,
            "value": each.in_words(row["unit"]),
        }
        for arm, each in found.items()
    ]
    sides = [sign * _side(each) for each in found.values()]
    word = _word(sides)
    acts = words.act.format(f"these {n:,} examples" if n != 1 else "this example")
    against = [(words.against[arm], each.in_words(row["unit"])) for arm, each in found.items()]
    place = sides.index(0) if 0 in sides else 0  # the first that is not decided
    least = _smallest_effect(list(found.values())[place])
    than = f" compared with {against[place][0]}" if place else ""
    smallest = _smallest(least, row["unit"], than) if 0 in sides else []
    sentences = [_sentence(word, acts, row["measure"], against, sides), *smallest, *_flow(report)]
    return {"ship": word == HELPS, "word": word, "sentences": sentences, "rules": rules, "smallest_effect": least}


def _side(each: Interval) -> int:
    """1 where the interval lies above 0, -1 below, 0 where it holds 0 or is not known."""
    return int(each.is_above(0)) - int(each.is_below(0))


def _word(sides: Sequence[int]) -> str:
    """sides: of the intervals, 1 = better."""
    if all(side == 1 for side in sides):
        return HELPS
    if all(side == -1 for side in sides):
        return HURTS
    return {1: NO_BETTER, -1: NO_WORSE, 0: NOTHING}[sides[0]]


def _smallest_effect(each: Interval) -> float | None:
    """The difference that is found in 80 of 100 repetitions: 2.8 standard errors, of which the interval spans 3.92."""
    return None if each.low is None or each.high is None else POWER * (each.high - each.low) / 3.92


def _sentence(word: str, acts: str, measure: str, found: Sequence[tuple[str, str]], sides: Sequence[int]) -> str:
    """found: what each other arm does, and the difference from it; sides: of these, 1 = better."""
    compared = " and ".join(f"{each} compared with {what}" for what, each in found)
    if word == NOTHING and not any(sides):
        return f"No difference shown. {acts} changes {measure} by {compared}."
    start = {
        HELPS: f"{acts} helps",
        HURTS: f"{acts} hurts",
        NO_BETTER: f"{acts} helps, but is not shown to be better than random",
        NO_WORSE: f"{acts} hurts, but is not shown to be worse than random",
        NOTHING: f"No difference from {found[0][0]} is shown",
    }[word]
    if len(sides) > 1 and sides[1] != sides[0] and sides[1]:  # the other way round than the first
        other, is_ = found[1][0], "is better" if sides[1] > 0 else "is worse"
        start = {
            NO_BETTER: f"{acts} helps, but less than {other}",
            NO_WORSE: f"{acts} hurts, but less than {other}",
            NOTHING: f"{start}, but {acts[0].lower()}{acts[1:]} {is_} than {other}",
        }[word]
    return f"{start}: {measure} {compared}."


def _smallest(least: float | None, unit: str, than: str) -> list[str]:
    if least is None:
        return []
    points = f"{least:.2f} {difference_unit(unit)}".rstrip()
    return [f"In 4 of 5 repetitions a difference of {points} would have been detected{than}; smaller ones may not."]


def _flow(report: Mapping[str, Any]) -> list[str]:
    flow, of = report["flow"], report.get("flow_of", "test examples")
    churn = flow.get("churn")
    chance = f"; a change of seed alone fixes {churn['fixed']['mean']:.1f}" if churn else ""
    return [
        f"On average {flow['fixed']['mean']:.1f} {of} are fixed and {flow['regressed']['mean']:.1f} regress{chance}."
    ]
