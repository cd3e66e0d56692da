"""The columns that count for the headlines, and the warnings about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from hem_core.difficulty.memorised import agreement, is_by_heart, is_overconfident
from hem_core.errors import HemError

Sample = Literal["in-sample", "out-of-sample", "unknown"]

WORDS = {
    "loss": "loss",
    "margin": "margin",
    "aum_windowed": "windowed AUM",
    "confidence_mean_windowed": "windowed mean confidence",
    "confidence_mean": "mean confidence over the epochs",
    "aum": "AUM over all epochs",
    "neighbour_disagreement": "neighbour disagreement",
    "loss_oos": "loss of a cross-fitted linear head",
    "margin_oos": "margin of a cross-fitted linear head",
}
"""The columns that can count, in words."""
LOSS_TIMES, HEAD_TIMES = 5, 3
"""How often an out-of-sample loss, and that of a linear head, counts beside the neighbours once. With a loss three
times they cost .010 where 8% of 2,160 pictures are mixed, foreign or odd, with five times .003; flips gain .02 either
way. A head on an embedding that has seen the labels knows less."""


@dataclass(frozen=True)
class Members:
    """Names of the columns whose mean rank is the difficulty and the label suspicion, a name as often as it counts;
    `notes` are warnings."""

    difficulty: list[str]
    label_suspicion: list[str]
    notes: list[str]
    is_semi: bool
    """Whether a linear head on the model's own embedding replaces the model's loss."""


def members(
    known: Mapping[str, np.ndarray],
    *,
    sample: str,
    trusted_from: float = 0.7,
    neighbours_help: bool = True,
    has_memorised: bool | None = None,
) -> Members:
    """Which of the known columns count, each (N,), higher = harder, NaN: not known there.

    sample: "in-sample", "out-of-sample" or "unknown": was the model trained on these examples? neighbours_help: did
    they make flipped labels easier to find here? See `neighbours_help`; where not, they are left out, unless there are
    dynamics. has_memorised: whether the net memorised its training examples, None where it is not known; see
    `hem_core.dynamics.window`.
    - The final loss or margin counts out-of-sample, or where there are neither dynamics nor a linear head. In-sample
      it ruins a good ranking: on 8% flipped garments at 99% training accuracy .86 falls to .62 (AUPRC): a note warns.
    - Dynamics: AUM for suspicion, three times; AUM and mean confidence for difficulty; both of the epochs before
      anything was memorised and, where it is not known whether anything was, of all epochs too.
    - Neighbours join them for suspicion; in-sample they must also tell the examples with the worst 5% of dynamics from
      the rest with an AUROC of at least `trusted_from`: an embedding that has memorised its labels does not. For
      difficulty they count once beside the loss `LOSS_TIMES`, out-of-sample and beside a linear head, where there are
      no dynamics: a plain loss finds fewer flips, most of all where nets memorised (table below); where these are
      overconfident, as what memorised is, both count once.
    - A linear head, which did not see the example though its embedding did, stands in for the final loss in-sample
      where there are no dynamics: its margin and the neighbours have .90 and .88 at 99 and 100% training accuracy,
      where the final margin has .29 and .26 (6,000 garments, 10% flipped).
    - In-sample, with neither, the neighbours count three times, and the loss or margin once, where the model is right
      on more of its training labels than it can have understood: see `is_by_heart`.
    Measured out-of-sample, 5 folds, one or two seeds: AUPRC of 10% flips (mammography 1.4%; pair: to the look-alike),
    and after the bar of everything planted, a third of it mixed, odd or foreign pictures:

                                           adult mammography digits garments, stopped early | by heart | pair flips
        loss                                .672    .658      .978    .917 .868 | .786 .765 | .530 .649
        margin                              .672    .658      .982    .914 .844 | .786 .763 | .561 .639
        AUM, all epochs                     .710    .704      .981    .942 .861 | .795 .710 | .783 .719
        AUM, windowed                       .710    .704      .981    .942 .861 | .941 .860 | .759 .718
        mean confidence, windowed           .709    .701      .974    .941 .894 | .935 .885 | .698 .760
        loss, AUM, confidence: difficulty   .713    .712      .979    .947 .888 | .937 .878 | .705 .739
        the same and neighbours             .716    .709      .988    .947 .881 | .922 .860 | .740 .739
        margin, AUM × 3, neighbours:
        label suspicion                     .717    .709      .989    .946 .867 | .929 .859 | .768 .729
    The same without a recording, one seed; neighbours are not counted for the intents, where they do not help:

                                            adult digits garments, stopped early | by heart | 60 intents
        loss                                .680  .922   .914 .867 | .793 .765 | .764 .879
        loss × 5, neighbours                .702  .937   .927 .872 | .847 .801 | .705 .857
        loss, neighbours: if overconfident  .699  .956   .930 .863 | .873 .811 | .613 .813
    Raises HemError when `sample` is another word.
    """
    if sample not in get_args(Sample):
        raise HemError(f"sample '{sample}' is not known; there are: {', '.join(get_args(Sample))}")
    dynamics, conflict = _dynamics(known, has_memorised)
    is_out = sample == "out-of-sample"
    head = _first(known, "margin_oos", "loss_oos") if not is_out and not dynamics else []
    is_own = (is_out or not dynamics) and not head
    near = [name for name in ("neighbour_disagreement",) if name in known]
    if not dynamics and not neighbours_help:
        near = []
    notes = _notes(dynamics, head, sample)
    if near and dynamics and not is_out and agreement(known[dynamics[0]], known[near[0]]) < trusted_from:
        near = []
        notes.append(
            "The neighbours do not agree with the dynamics (the embedding has memorised), so they are not used."
        )
    hard = _first(known, "loss", "margin") * is_own + dynamics
    suspicious = _first(known, "margin", "loss") * is_own + head + conflict + near
    if sample == "in-sample" and is_own and is_by_heart(known):
        hard, suspicious = hard + 3 * near, suspicious + 2 * near
    elif not dynamics and (is_out or head):
        times = 1 if is_overconfident(known) else LOSS_TIMES
        hard = HEAD_TIMES * _first(known, "loss_oos", "margin_oos") if head else times * hard
        hard += near
    return Members(hard or list(known), suspicious or list(known), notes, bool(head))


def _dynamics(known: Mapping[str, np.ndarray], has_memorised: bool | None) -> tuple[list[str], list[str]]:
    """The dynamics that count for difficulty and for suspicion, a name once for each time that it counts."""
    aum, confidence = (
        _first(known, "aum_windowed", "aum"),
        _first(known, "confidence_mean_windowed", "confidence_mean"),
    )
    is_both = has_memorised is None and "confidence_mean_windowed" in known
    whole = [name for name in ("aum", "confidence_mean") if is_both and name in known and name not in aum]
    last = [name for name in whole if name == "aum"] or aum
    return aum + confidence + whole, 2 * aum + last if aum else confidence


def _first(known: Mapping[str, np.ndarray], *names: str) -> list[str]:
    return [name for name in names if name in known][:1]


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
