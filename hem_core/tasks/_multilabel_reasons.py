"""Why a tag is hard: simple rules in order, and the evidence in words that are true of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.tasks._multilabel_company import Company, company, lacking
from hem_core.tasks._multilabel_probes import KINDS as KINDS
from hem_core.tasks._multilabel_scores import PREDICTED, probability, support
from hem_core.tasks._multilabel_suspects import expected

MEANINGS = {
    "suspect_label": "one of the most suspicious tags, as many as are expected to be wrong: given without support of "
    "the model, or missing though it is predicted",
    "odd_company": "the tag is given without another one that nearly always comes with it",
    "outlier": "the example looks like nothing else in the data",
    "rare": "few examples have this tag",
    "ambiguous": "the model is undecided about this tag",
    "unsure": "the prediction is wrong, and no reason stands out",
    "easy": "nothing is hard about it",
}
UNDECIDED = (0.35, 0.65)
"""Probabilities between which the model is undecided."""
FAR_OUT = 0.97
"""Share of the distances to the neighbours below an outlier's."""
RARE, FEW = 0.01, 10
"""A tag is rare that this share of the examples has, or fewer than so many."""


@dataclass(frozen=True, eq=False)
class _Facts:
    """Of R tags; given, probs (N, K) of the examples that they belong to."""

    given: np.ndarray
    probs: np.ndarray
    at: tuple[np.ndarray, np.ndarray]
    names: Sequence[str]
    is_suspect: np.ndarray
    """(R,) whether the tag is one of `_multilabel_suspects.expected`."""
    company: Company
    companion: np.ndarray
    """(R,) the usual companion that is not given, -1 = none."""
    is_far: np.ndarray
    """(R,) whether the example is far from all others."""


def explained(
    columns: Mapping[str, np.ndarray],
    at: tuple[np.ndarray, np.ndarray],
    names: Sequence[str],
    wrong: np.ndarray,
) -> dict[str, np.ndarray]:
    """`reason` and `evidence` (R,) of the tags `at` (example, tag); columns as in `tag_table`.

    wrong (N, K): the suspicion of every tag.
    """
    given = np.asarray(columns["tag_given"], np.float64)
    probs = probability(columns["tag_logits"])
    found = company(given)
    far = _is_far_out(columns, len(given))[at[0]]
    facts = _Facts(given, probs, at, names, expected(wrong)[at], found, lacking(given, found)[at], far)
    reason = _reasons(facts)
    return {"reason": reason, "evidence": _evidence(facts, reason)}


def _reasons(facts: _Facts) -> np.ndarray:
    """The first rule that holds names the reason."""
    p, is_given = facts.probs[facts.at], facts.given[facts.at] > 0
    is_wrong = 1 - support(facts.given, facts.probs)[facts.at] >= PREDICTED
    is_undecided = (p >= UNDECIDED[0]) & (p < UNDECIDED[1])
    tests = {
        "suspect_label": is_wrong & facts.is_suspect,
        "odd_company": (is_wrong | is_undecided) & (facts.companion >= 0),
        "outlier": is_wrong & facts.is_far,
        "rare": is_wrong & is_given & _is_rare(facts)[facts.at[1]],
        "ambiguous": is_undecided,
        "unsure": is_wrong | ((p >= PREDICTED) != is_given),
    }
    names = np.array([*tests, "easy"], dtype=object)
    return names[np.argmax(np.stack([*tests.values(), np.ones(len(p), bool)]), axis=0)]  # (rules, R) -> (R,)


def _is_rare(facts: _Facts) -> np.ndarray:
    """(K,) whether few examples have the tag."""
    count = (facts.given > 0).sum(axis=0)
    return (count < FEW) | (count <= RARE * len(facts.given))


def _is_far_out(columns: Mapping[str, np.ndarray], n: int) -> np.ndarray:
    distance = columns.get("knn_distance")
    if distance is None or not n:
        return np.zeros(n, bool)
    return np.asarray(distance) > np.nanquantile(distance, FAR_OUT)


def _evidence(facts: _Facts, reason: np.ndarray) -> np.ndarray:
    """One sentence a tag: whether it is given, its probability, and what the reason adds."""
    count, n = (facts.given > 0).sum(axis=0), len(facts.given)
    words = []
    for row, (example, k) in enumerate(zip(*(part.tolist() for part in facts.at), strict=True)):
        p, is_given = float(facts.probs[example, k]), facts.given[example, k] > 0
        text = f"'{facts.names[k]}' is {'given' if is_given else 'not given'}; the model's probability is {_percent(p)}"
        words.append(text + _more(facts, str(reason[row]), row, (example, k)) + _shares(reason[row], count[k], n))
    return np.array(words, dtype=object)


def _shares(reason: str, count: int, n: int) -> str:
    return f"; {count:,} of {n:,} examples have it" if reason == "rare" else ""


def _more(facts: _Facts, reason: str, row: int, at: tuple[int, int]) -> str:
    """What the reason adds: the companion that is there or lacks, the distance."""
    example, k = at
    companion = int(facts.companion[row])
    if companion >= 0 and facts.given[at] > 0:
        share, count = float(facts.company.share[k, companion]), int(facts.company.count[k, companion])
        return (
            f"; {_percent(share)} of the {count:,} examples with it are also '{facts.names[companion]}', "
            "and this one is not"
        )
    if reason == "outlier":
        return "; the example is farther from its neighbours than 97% of the data"
    if reason == "suspect_label" and not facts.given[at] > 0:
        with_it = np.where(facts.given[example] > 0, np.nan_to_num(facts.company.share[:, k]), 0)
        best = int(with_it.argmax()) if len(with_it) else 0
        if with_it.size and with_it[best] >= PREDICTED:
            share, number = _percent(float(with_it[best])), int(facts.company.count[best, k])
            return f"; {share} of the {number:,} examples with '{facts.names[best]}' also have it"
    return ""


def _percent(share: float) -> str:
    """`37%`, and `below 1%` or `over 99%` at the ends."""
    if 0 < share < 0.01:
        return "below 1%"
    return "over 99%" if 0.99 < share < 1 else f"{share:.0%}"
