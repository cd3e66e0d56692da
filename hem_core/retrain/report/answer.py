"""The verdict on a question about a list: did acting on it help, by a rule fixed before anything was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hem_core.retrain.report.ship_or_hold import Interval

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
    rules = [
        {
            "rule": f"the interval of the difference from {words.against[arm]} lies above 0",
            "passed": each.is_above(0),
            "value": str(each),
        }
        for arm, each in found.items()
    ]
    word = _word(list(found.values()))
    acts = words.act.format(f"these {n:,} examples" if n != 1 else "this example")
    first = _sentence(word, acts, row["measure"], [(words.against[arm], each) for arm, each in found.items()])
    sentences = [first, *_smallest(word, report), *_flow(report)]
    return {"ship": word == HELPS, "word": word, "sentences": sentences, "rules": rules}


def _word(found: Sequence[Interval]) -> str:
    if all(each.is_above(0) for each in found):
        return HELPS
    if all(each.is_below(0) for each in found):
        return HURTS
    return NO_BETTER if found[0].is_above(0) else NO_WORSE if found[0].is_below(0) else NOTHING


def _sentence(word: str, acts: str, measure: str, found: Sequence[tuple[str, Interval]]) -> str:
    compared = " and ".join(f"{each.in_words()} compared with {what}" for what, each in found)
    start = {
        HELPS: f"{acts} helps",
        HURTS: f"{acts} hurts",
        NO_BETTER: f"{acts} helps, but is not shown to be better than random",
        NO_WORSE: f"{acts} hurts, but is not shown to be worse than random",
        NOTHING: f"No difference shown. {acts} changes",
    }[word]
    return f"{start} {measure} by {compared}." if word == NOTHING else f"{start}: {measure} {compared}."


def _smallest(word: str, report: Mapping[str, Any]) -> list[str]:
    least = report.get("smallest_effect")
    if least is None or word in (HELPS, HURTS):
        return []
    return [f"In 4 of 5 repetitions a difference of {least:.2f} points would have been detected; smaller ones may not."]


def _flow(report: Mapping[str, Any]) -> list[str]:
    flow, of = report["flow"], report.get("flow_of", "test examples")
    churn = flow.get("churn")
    chance = f"; a change of seed alone fixes {churn['fixed']['mean']:.1f}" if churn else ""
    return [
        f"On average {flow['fixed']['mean']:.1f} {of} are fixed and {flow['regressed']['mean']:.1f} regress{chance}."
    ]
