"""Whether mining beats random additions: the conclusion of a loop's report, by a rule fixed before the training."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.loop.measures import OF_CLASSES, Measure
from hem_core.loop.printed import interval, of_measure

RULE = (
    "Mining wins when the 95% interval of its difference in {measure} to random additions of the same number, the mean "
    "of the rounds, paired by seed, lies {better} 0; it loses when it lies {worse}."
)


def conclusion(
    curve: list[dict[str, Any]],
    against_random: list[dict[str, Any]],
    against_all: list[dict[str, Any]],
    measure: Measure = OF_CLASSES[0],
) -> dict[str, Any]:
    """`word`, `sentences` and the `rule`. word: "mining beats random", "random beats mining", "no difference shown",
    or "not compared".

    The arguments are what `curve.curve` and `curve.differences` give; measure: the headline, by which it is decided.
    """
    sides = ("above", "below") if measure.higher_is_better else ("below", "above")
    rule = RULE.format(measure=measure.words, better=sides[0], worse=sides[1])
    word, sentences = _decided(curve, against_random, measure)
    return {"word": word, "sentences": [*sentences, *_beside_all(against_all, measure)], "rule": rule}


def _decided(
    curve: list[dict[str, Any]], against_random: list[dict[str, Any]], measure: Measure
) -> tuple[str, list[str]]:
    """The word, and the sentences on random additions."""
    if not against_random:
        return "not compared", ["Nothing is claimed: there was no arm of random additions to compare with."]
    whole = against_random[-1][measure.column]
    sign = 1 if measure.higher_is_better else -1
    joint = " by" if measure.higher_is_better else ":"
    if whole["low"] is None:
        return "no difference shown", [
            f"Mining differs from random additions by {_difference(whole, measure)} with one seed, which shows "
            "nothing: another seed alone may move it as far; use --seeds 3 or more."
        ]
    ends = sorted((sign * whole["low"], sign * whole["high"]))
    if ends[0] > 0:
        word, first = "mining beats random", f"At equal budget mining beats random additions{joint}"
    elif ends[1] < 0:
        word, first = "random beats mining", "At equal budget random additions beat mining:"
    else:
        word, first = "no difference shown", "No difference to random additions is shown:"
    last = against_random[-2]
    sentences = [
        f"{first} {_difference(whole, measure)}, the mean of the rounds; "
        f"{_difference(last[measure.column], measure)} at the last, with {last['n']:,} examples."
    ]
    return word, [*sentences, *(_saved(curve, measure) if word == "mining beats random" else [])]


def _difference(found: dict[str, float | None], measure: Measure) -> str:
    """ "+2.1 points of accuracy (95% interval +1.2 to +3.0)"."""
    mean, ends = interval(measure, found)
    words = f"{mean} {of_measure(measure)}"
    return f"{words} (95% interval {ends})" if ends else words


def _saved(curve: list[dict[str, Any]], measure: Measure) -> list[str]:
    """How few mined examples give what the last random additions gave, read off the straight lines between sizes."""
    mined = [entry for entry in curve if entry["arm"] in ("start", "mined")]
    random = [entry for entry in curve if entry["arm"] == "random"]
    if len(mined) < 2 or not random:
        return []
    sign = 1 if measure.higher_is_better else -1
    heights = [sign * entry[measure.column]["mean"] for entry in mined]
    level = sign * random[-1][measure.column]["mean"]
    reached = next((place for place, height in enumerate(heights) if height >= level), None)
    if not reached:
        return []
    sizes = [mined[reached - 1]["n"], mined[reached]["n"]]
    n = int(np.ceil(np.interp(level, heights[reached - 1 : reached + 1], sizes)))
    if n >= random[-1]["n"]:
        return []
    return [f"Mining has the {measure.words} of {random[-1]['n']:,} examples with random additions at about {n:,}."]


def _beside_all(against_all: list[dict[str, Any]], measure: Measure) -> list[str]:
    if len(against_all) < 2:
        return []
    last = against_all[-2]
    return [
        f"With {last['n']:,} examples it is {_difference(last[measure.column], measure)} from the model of all data."
    ]
