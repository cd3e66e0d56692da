"""What the pages call the columns of predicted numbers: title and unit."""

from __future__ import annotations

from collections.abc import Sequence

from hem_core.tasks._several_numbers import OF_EACH, WORST, column

USUAL = "× usual residual"
OF_ONE = {
    "given_value": ("given value", ""),
    "predicted_value": ("predicted value", ""),
    "residual": ("residual, given − predicted", ""),
    "residual_scale": ("usual residual around it", ""),
    "residual_ratio": ("residual over the usual one", USUAL),
    "residual_bias": ("median residual around it", ""),
    "label_conflict": ("distance from prediction and neighbours", USUAL),
    "neighbours_low": ("its neighbours' given values, low", ""),
    "neighbours_median": ("its neighbours' given values, median", ""),
    "neighbours_high": ("its neighbours' given values, high", ""),
}
STORED = ("given_value", "predicted_value", "residual", *OF_EACH)


def words_of(loss: str, outputs: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Column -> title and unit, of one number or of several with these names. Numbers have no unit that HEM knows."""
    if not outputs:
        return {"loss": (f"{loss} loss", ""), **OF_ONE}
    found = {"loss": (f"{loss} loss, mean of the numbers, each over its spread", ""), WORST: ("worst number", "")}
    found |= {name: (f"{OF_ONE[name][0]}, pooled", USUAL) for name in ("residual_ratio", "label_conflict")}
    for output in outputs:
        found |= {column(name, output): (f"{output}: {OF_ONE[name][0]}", OF_ONE[name][1]) for name in STORED}
    return found


LOSSES = {
    "absolute": "|given − predicted|",
    "squared": "the square of given − predicted",
    "huber": "half the square of given − predicted up to the spread of the given values, linear beyond",
}


def meanings_of(loss: str, outputs: Sequence[str]) -> dict[str, str]:
    """Column -> its meaning in a sentence, where it is another than that of a task of classes."""
    each = (
        "; the mean over the numbers, each in spreads (robust standard deviations) of what is given" if outputs else ""
    )
    return {"loss": LOSSES[loss] + each}
