"""Are the reasons right? Judged on what the benchmark planted in the data, which HEM does not know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from _measures import calibration_error
from _peers import MethodInputs, map_d

KINDS = ("regular", "mislabelled", "ambiguous", "outlier", "rare")
TRUTH = {"regular": 0, "flip": 1, "ambiguous": 2, "far": 3, "near": 3, "atypical": 4}
"""What was planted -> its place in KINDS."""
OF_REASON = {"easy": 0, "subtle": 0, "mislabelled": 1, "ambiguous": 2, "outlier": 3, "rare": 4}
"""A regular example may be easy or subtle: both are right."""


def of_run(table: pd.DataFrame, kinds: Sequence[str]) -> np.ndarray:
    """(N, 5) probabilities of KINDS from `reason_probs`, in the order of info["reasons"]["kinds"].

    Where rules named the reasons, each is sure.
    """
    if "reason_probs" not in table:
        return np.eye(len(KINDS))[[OF_REASON[reason] for reason in table["reason"]]]
    probs = np.stack([np.asarray(each, np.float64) for each in table["reason_probs"]])  # (N, 6)
    return _gathered(probs, [OF_REASON[kind] for kind in kinds])


def of_map_d(inputs: MethodInputs, planted: np.ndarray, is_probe: np.ndarray) -> np.ndarray:
    """(N, 5) shares of votes of MAP-D, which is shown the kinds of the rows is_probe (N,); NaN on these rows."""
    names, shares = map_d(inputs, is_probe, planted)
    whole = np.full((len(planted), len(KINDS)), np.nan)
    merged = _gathered(shares, [TRUTH[name] for name in names])
    whole[~is_probe] = merged
    return whole


def halved(planted: np.ndarray, seed: int) -> np.ndarray:
    """(N,) True: half of each planted kind, and as many regular rows as all these together: what MAP-D may look at."""
    chance, is_probe = np.random.default_rng(seed), np.zeros(len(planted), bool)
    for kind in np.unique(planted[planted != "regular"]):
        rows = chance.permutation(np.flatnonzero(planted == kind))
        is_probe[rows[: len(rows) // 2]] = True
    regular = chance.permutation(np.flatnonzero(planted == "regular"))
    is_probe[regular[: is_probe.sum()]] = True
    return is_probe


def lift(probs: np.ndarray) -> np.ndarray:
    """(N, 5) each probability over the mean of its kind, to sum 1: what a row is called were all kinds as common."""
    over = probs / np.maximum(probs.mean(axis=0), 1e-12)
    return over / over.sum(axis=1, keepdims=True)


def judged(probs: np.ndarray, planted: np.ndarray) -> dict[str, float]:
    """macro-F1 over the five, mean recall of the four hard kinds, ECE of the likeliest, and the recall of each kind.

    probs (N, 5); planted (N,) strings. macro-F1 "as planted": every row counts one; "as many of each": every kind
    weighs the same, as among probes.
    """
    truth, found = np.array([TRUTH[kind] for kind in planted]), probs.argmax(axis=1)
    counts = np.bincount(truth, minlength=len(KINDS))
    result = {}
    for way, weights in (("as planted", np.ones(len(truth))), ("as many of each", 1 / counts[truth])):
        seen = np.zeros((len(KINDS), len(KINDS)))
        np.add.at(seen, (truth, found), weights)
        f1 = 2 * seen.diagonal() / (seen.sum(axis=0) + seen.sum(axis=1))
        result[f"macro-F1, {way}"] = float(f1.mean())
    result["ECE"] = calibration_error(probs.max(axis=1), (found == truth).astype(float))
    recall = {kind: float((found[truth == k] == k).mean()) for k, kind in enumerate(KINDS)}
    result["balanced accuracy, hard kinds"] = float(np.mean([recall[kind] for kind in KINDS[1:]]))
    return result | {f"recall: {kind}": value for kind, value in recall.items()}


def _gathered(probs: np.ndarray, place: Sequence[int]) -> np.ndarray:
    merged = np.zeros((len(probs), len(KINDS)))
    for column, to in enumerate(place):
        merged[:, to] += probs[:, column]
    return merged
