"""The columns that count for the headlines, and the warnings about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from hem_core.errors import HemError
from hem_core.stats.percentile import percentile

Sample = Literal["in-sample", "out-of-sample", "unknown"]

WORDS = {
    "loss": "loss",
    "margin": "margin",
    "aum_windowed": "windowed AUM",
    "confidence_mean": "mean confidence over the epochs",
    "aum": "AUM over all epochs",
    "neighbour_disagreement": "neighbour disagreement",
    "loss_oos": "loss of a cross-fitted linear head",
    "margin_oos": "margin of a cross-fitted linear head",
}
"""The columns that can count, in words."""


@dataclass(frozen=True)
class Members:
    """Names of the columns whose mean rank is the difficulty and the label suspicion; `notes` are warnings."""

    difficulty: list[str]
    label_suspicion: list[str]
    notes: list[str]
    is_semi: bool
    """Whether a linear head on the model's own embedding replaces the model's loss."""


def members(
    known: Mapping[str, np.ndarray], *, sample: str, trusted_from: float = 0.7, neighbours_help: bool = True
) -> Members:
    """Which of the known columns count, each (N,), higher = harder, NaN: not known there.

    sample: "in-sample", "out-of-sample" or "unknown": was the model trained on these examples? neighbours_help: did
    they make flipped labels easier to find here? See `neighbours_help`; where not, they are left out out-of-sample,
    unless there are dynamics.
    Measured on 8% flipped garments, 3 seeds each of a net stopped early, one at 99% and one at 100% training
    accuracy (AUPRC of flips, base rate .08):
    - dynamics: windowed AUM and mean confidence together (.90 .91 .87; windowed AUM alone .88 .86 .83);
    - neighbours join them for suspicion (.92 .91 .88), and for difficulty only out-of-sample: in-sample they blur
      which examples a fresh model gets wrong (AUPRC .92 .90 .89 with them, .92 .92 .92 without);
      in-sample they must also tell the examples with the worst 5% of dynamics from the rest with an AUROC of at
      least `trusted_from` (.97 to .98 here): an embedding that has memorised its labels does not;
    - the final loss or margin counts out-of-sample, or where there are neither dynamics nor a linear head. In-sample
      it ruins a good ranking (.86 falls to .62 at 99% training accuracy), so then a note warns.
    And on 6,000 garments, 10% flipped, 2 seeds, the same three kinds of nets (AUPRC of flips, base rate .10 | of the
    examples that two fresh models both get wrong, base rate .22):

        final margin                                       .92 .29 .26 | .95 .41 .40
        final loss and neighbours                          .92 .63 .63 | .95 .72 .72
        linear head's margin, out-of-sample                .92 .84 .80 | .96 .82 .81
        linear head's margin and neighbours                .92 .90 .88 | .96 .88 .87    its loss: .95 .88 .86
        final margin, linear head's margin and neighbours  .93 .72 .71 | .96 .78 .78
        dynamics                                           .92 .92 .91 | .95 .95 .95
        dynamics and neighbours                            .93 .93 .93 | .96 .94 .94
        dynamics, neighbours and linear head's margin      .93 .92 .91 | .96 .93 .93

    - so the linear head, which did not see the example though its embedding did, stands in for the final loss where
      there are no dynamics, together with the neighbours; beside dynamics it does not count: it gains .01 before
      memorisation and loses .03 after it. Out-of-sample the model's own loss needs no stand-in.
    Raises HemError when `sample` is another word.
    """
    if sample not in get_args(Sample):
        raise HemError(f"sample '{sample}' is not known; there are: {', '.join(get_args(Sample))}")
    dynamics = [name for name in ("aum_windowed", "confidence_mean") if name in known]
    dynamics = dynamics or [name for name in ("aum",) if name in known]
    is_out = sample == "out-of-sample"
    head = _first(known, "margin_oos", "loss_oos") if not is_out and not dynamics else []
    is_own = (is_out or not dynamics) and not head
    near = [name for name in ("neighbour_disagreement",) if name in known]
    if is_out and not dynamics and not neighbours_help:
        near = []
    notes = _notes(dynamics, head, sample)
    if near and dynamics and not is_out and _agreement(known[dynamics[0]], known[near[0]]) < trusted_from:
        near = []
        notes.append(
            "The neighbours do not agree with the dynamics (the embedding has memorised), so they are not used."
        )
    hard = _first(known, "loss", "margin") * is_own + head + dynamics + near * (is_own or bool(head))
    suspicious = _first(known, "margin", "loss") * is_own + head + dynamics + near
    return Members(hard or list(known), suspicious or list(known), notes, bool(head))


def _first(known: Mapping[str, np.ndarray], *names: str) -> list[str]:
    return [name for name in names if name in known][:1]


def _agreement(dynamics: np.ndarray, disagreement: np.ndarray) -> float:
    """AUROC with which neighbour disagreement finds the worst 5% of the dynamics; 1 when it cannot be computed."""
    both = ~(np.isnan(dynamics) | np.isnan(disagreement))
    is_worst = percentile(dynamics[both]) > 95
    worst, n = int(is_worst.sum()), int(both.sum())
    if worst == 0:
        return 1.0
    places = percentile(disagreement[both]) / 100 * n + 0.5  # mid-ranks from 1
    return float((places[is_worst].sum() - worst * (worst + 1) / 2) / (worst * (n - worst)))


def _notes(dynamics: list[str], head: list[str], sample: str) -> list[str]:
    if sample == "out-of-sample":
        return []
    if sample == "in-sample" and dynamics:
        return [
            "In-sample: the model was trained on these examples, so its training dynamics are used, not its final loss."
        ]
    way = "record the training (Recorder), or score examples that the model was not trained on"
    if head:
        return [
            "Semi-out-of-sample: a linear head that did not see the example judges it, on an embedding that may have; "
            f"a model that has memorised still hides some of what is hard: {way}."
        ]
    return optimism(sample, way)


def optimism(sample: str, way: str) -> list[str]:
    """The note on scores of a model that was, or may have been, trained on the examples; [] where it was not.

    way: what to do about it, in the imperative.
    """
    if sample == "out-of-sample":
        return []
    if sample == "in-sample":
        return [f"In-sample, optimistic: a model that has memorised an example hides how hard it was; {way}."]
    return [f"Not known whether the model was trained on these examples; if so, this is optimistic: {way}."]
