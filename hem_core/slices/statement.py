"""One thing that sets a group apart, and its sentence."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Title = Callable[[str], str]


@dataclass(frozen=True)
class Statement:
    """One thing that is more or less frequent, higher or lower in a group than elsewhere."""

    kind: str
    """'value', 'pair' (given, predicted), 'tag', 'word', 'range' (of a number), 'shift' (of a number)."""
    columns: tuple[str, ...]
    """What it is about."""
    names: tuple[Any, ...]
    """The value; the given and the predicted one; the tag; the word; (min, max) of the range."""
    clauses: tuple[Mapping[str, Any], ...]
    """Of a rule that picks the rows that have it (see store/rules.py); of a shift, the range where the groups differ
    most."""
    n: int
    """How many rows of the group have it."""
    n_group: int
    n_elsewhere: int
    """How many of the others."""
    n_others: int
    ratio: float
    """How many times as frequent it is in the group, 0 .. inf, with its 95% interval."""
    low: float
    high: float
    p: float
    """Of its test, two-sided."""
    strength: float
    """In bits, 0 .. 1: see `slices/strength.py`. 0 where it is not beyond doubt, or a trifle."""
    p_adjusted: float = 1.0
    """p, corrected for the number of tests."""
    is_of_model: bool = False
    """Whether it says what the model made of the rows, not what they are."""
    medians: tuple[float, ...] = ()
    """Of a shift: in the group, and elsewhere."""
    higher: tuple[float, ...] = ()
    """Of a shift: the probability that a row of the group is higher than one of the others, and its 95% interval."""
    alias: str = ""
    """What the value is called, where it has no name of its own, as a cluster."""
    also: tuple[Statement, ...] = ()
    """Others that pick nearly the same rows."""

    @property
    def share(self) -> float:
        """Of the group, 0 .. 1."""
        return self.n / self.n_group

    @property
    def share_elsewhere(self) -> float:
        """Of the others, 0 .. 1."""
        return self.n_elsewhere / self.n_others

    def sentence(self, title: Title = str) -> str:
        """The statement in words: "night = true: 6.1× as frequent (4.8–7.7), 62% of the selection, 10% elsewhere".

        title: what a column is called.
        """
        return f"{self.subject(title)}: {self.finding()}"

    def subject(self, title: Title = str) -> str:
        """What it is about: "night = true", "given T-shirt, predicted Shirt", "age higher"."""
        if self.kind == "pair":
            given, predicted = ("nothing" if name is None else name for name in self.names)
            return f"given {given}, predicted {predicted}"
        if self.kind == "tag":
            return f"tagged {self.names[0]}"
        if self.kind == "word":
            return f"the word “{self.names[0]}”"
        is_text = "words" in self.clauses[0]
        if self.kind == "shift" and self.has_medians:
            if is_text:
                return "longer texts" if self.is_higher else "shorter texts"
            return f"{title(self.columns[0])} {'higher' if self.is_higher else 'lower'}"
        if self.kind in ("shift", "range"):
            name = "words in the text" if is_text else title(self.columns[0])
            return f"{name} {_range(*self.names)}"
        if self.columns[0] == "is_correct":
            return f"prediction {'right' if self.names[0] else 'wrong'}"
        if self.columns[0] == "cluster":
            return cluster_in_words(_value(self.names[0]), self.alias)
        return f"{title(self.columns[0])} = {_value(self.names[0])}"

    def finding(self) -> str:
        """What was found of it, with the interval."""
        if self.kind == "shift" and self.has_medians:
            unit = " words" if "words" in self.clauses[0] else ""
            here, there = (_short(value) for value in self.medians)
            side, chance = ("higher", self.higher) if self.is_higher else ("lower", tuple(1 - x for x in self.higher))
            word = {"higher": "longer", "lower": "shorter"}[side] if unit else side
            return f"{here}{unit} (median) against {there}, {word} in {_pairs(chance[0], *sorted(chance[1:]))}"
        shares = f"{_percent(self.share)} of the selection, {_percent(self.share_elsewhere)} elsewhere"
        if not self.n_elsewhere:
            return f"{_percent(self.share)} of the selection, none elsewhere (at least {_times(self.low)} as frequent)"
        if not self.n:
            elsewhere = _percent(self.share_elsewhere)
            return f"none of the selection, {elsewhere} elsewhere (at most {_times(self.high)} as frequent)"
        return f"{_times(self.ratio)} as frequent ({_number(self.low)}–{_number(self.high)}), {shares}"

    def as_json(self, title: Title = str) -> dict[str, Any]:
        """The statement as plain values, with its words; a ratio without an end is null."""
        fields = {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name != "also"}
        plain = {name: _plain(value) for name, value in fields.items()}
        words = {"subject": self.subject(title), "finding": self.finding(), "rule": {"all": [*self.clauses]}}
        return {**plain, **words, "also": [one.as_json(title) for one in self.also]}

    @property
    def is_higher(self) -> bool:
        return self.higher[0] >= 0.5

    @property
    def has_medians(self) -> bool:
        """Whether the medians of a shift differ as they are written; else its range says more."""
        here, there = (_short(value) for value in self.medians)
        return here != there


def cluster_in_words(cluster: str, name: str = "") -> str:
    """A cluster, or a group of them: "cluster spam, “free”"; without a name "cluster 2.71", "cluster group 3"."""
    is_group = cluster.startswith("group ")
    return f"cluster {'group ' if is_group else ''}{name or cluster.removeprefix('group ')}"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _value(value: object) -> str:
    return {None: "missing", True: "true", False: "false"}.get(value, str(value))  # type: ignore[call-overload]


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {_short(high)}"
    if high is None:
        return f"from {_short(low)}"
    ends = _short(low), _short(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _short(value: float | None) -> str:
    return f"{value:,.0f}" if value is not None and abs(value) >= 1000 else f"{value:.4g}"


def _pairs(share: float, low: float, high: float) -> str:
    """Of how many pairs, with the interval: "84% of pairs (81–87%)"."""
    if share > 0.999:
        return "nearly every pair" if share < 1 else "every pair"
    digits = 0 if high - low >= 0.015 else 1
    return f"{100 * share:.{digits}f}% of pairs ({100 * low:.{digits}f}–{100 * high:.{digits}f}%)"


def _times(value: float) -> str:
    return f"{_number(value)}×"


def _number(value: float) -> str:
    if value == float("inf"):
        return "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _percent(share: float) -> str:
    percent = 100 * share
    if 0 < percent < 0.1:
        return "<0.1%"
    digits = 0 if percent >= 10 or not percent else 1
    text = f"{percent:.{digits}f}"
    return f"{'>99.9' if percent < 100 and text == '100' else text}%"
