"""Whether mining beats random additions: the conclusion of a loop's report, by a rule fixed before the training."""

from __future__ import annotations

from typing import Any

import numpy as np

RULE = (
    "Mining wins when the 95% interval of its difference in accuracy to random additions of the same number, the mean "
    "of the rounds, paired by seed, lies above 0; it loses when it lies below."
)


def conclusion(
    curve: list[dict[str, Any]], against_random: list[dict[str, Any]], against_all: list[dict[str, Any]]
) -> dict[str, Any]:
    """`word`, `sentences` and the `rule`. word: "mining beats random", "random beats mining", "no difference shown",
    or "not compared".

    The arguments are what `curve.curve` and `curve.differences` give.
    """
    if not against_random:
        sentences = ["Nothing is claimed: there was no arm of random additions to compare with."]
        return {"word": "not compared", "sentences": [*sentences, *_beside_all(against_all)], "rule": RULE}
    whole = against_random[-1]["accuracy"]
    if whole["low"] is None:
        sentences = [
            f"Mining differs from random additions by {_points(whole)} with one seed, which shows nothing: "
            "another seed alone may move it as far; use --seeds 3 or more."
        ]
        return {"word": "no difference shown", "sentences": [*sentences, *_beside_all(against_all)], "rule": RULE}
    if whole["low"] > 0:
        word, first = "mining beats random", f"At equal budget mining beats random additions by {_points(whole)}"
    elif whole["high"] < 0:
        word, first = "random beats mining", f"At equal budget random additions beat mining: {_points(whole)}"
    else:
        word, first = "no difference shown", f"No difference to random additions is shown: {_points(whole)}"
    last = against_random[-2]
    sentences = [
        f"{first}, the mean of the rounds; {_points(last['accuracy'])} at the last, with {last['n']:,} examples."
    ]
    if word == "mining beats random":
        sentences += _saved(curve)
    return {"word": word, "sentences": [*sentences, *_beside_all(against_all)], "rule": RULE}


def _points(found: dict[str, float | None]) -> str:
    """ "+2.1 points of accuracy (95% interval +1.2 to +3.0)"."""
    mean, low, high = found["mean"], found["low"], found["high"]
    assert mean is not None
    words = f"{mean * 100:+z.1f} points of accuracy"
    return words if low is None or high is None else f"{words} (95% interval {low * 100:+z.1f} to {high * 100:+z.1f})"


def _saved(curve: list[dict[str, Any]]) -> list[str]:
    """How few mined examples give what the last random additions gave, read off the straight lines between sizes."""
    mined = [entry for entry in curve if entry["arm"] in ("start", "mined")]
    random = [entry for entry in curve if entry["arm"] == "random"]
    if len(mined) < 2 or not random:
        return []
    heights = [entry["accuracy"]["mean"] for entry in mined]
    level = random[-1]["accuracy"]["mean"]
    reached = next((place for place, height in enumerate(heights) if height >= level), None)
    if not reached:
        return []
    sizes = [mined[reached - 1]["n"], mined[reached]["n"]]
    n = int(np.ceil(np.interp(level, heights[reached - 1 : reached + 1], sizes)))
    if n >= random[-1]["n"]:
        return []
    return [f"Mining has the accuracy of {random[-1]['n']:,} examples with random additions at about {n:,}."]


def _beside_all(against_all: list[dict[str, Any]]) -> list[str]:
    if len(against_all) < 2:
        return []
    last = against_all[-2]
    return [f"With {last['n']:,} examples it is {_points(last['accuracy'])} from the model of all data."]
