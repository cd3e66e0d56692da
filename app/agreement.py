"""How far reviewers agree, in words; each page that counts disagreements shows how much chance explains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app import words

if TYPE_CHECKING:
    from hem_core.labels.disagreements import Agreement

NAMED = 2
"""Pairs of people that a line names."""
HELP = (
    "Cohen's kappa compares how often two people give the same answer with how often chance alone would make them: 1 "
    "is complete agreement, 0 that of chance. Right, hard and easy are one answer, skipping is none; boxes are the "
    "same from an IoU of .8 on. A dispute is settled when most people give one answer: a third person's verdict "
    "settles that of two, and so does a change of mind."
)


def sentence(agreements: Sequence[Agreement]) -> str:
    """`anna and ben gave the same answer on 38 of 50, Cohen's kappa .62`; "" where nobody shares a row."""
    named = "; ".join(_of_pair(one) for one in agreements[:NAMED])
    rest = len(agreements) - NAMED
    return f"{named}; and {words.count(rest, 'other pair')}" if rest > 0 else named


def _of_pair(one: Agreement) -> str:
    first, second = one.people
    kappa = "not defined" if math.isnan(one.kappa) else f"{one.kappa:z.2f}".replace("0.", ".", 1).replace("-", "−")
    return f"{first} and {second} gave the same answer on {one.n_same:,} of {one.n:,}, Cohen's kappa {kappa}"
