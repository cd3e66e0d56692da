"""The sample of an audit: which rows of a level it draws, in which order, and what people have found in them so far."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hem_core.labels import audit
from hem_core.labels.audit import Bin, Share
from hem_core.labels.label_errors import LabelErrors
from hem_core.store.answers import answers

if TYPE_CHECKING:
    import pandas as pd

    from hem_core.store.level import Level

EDGES = (0, 50, 75, 90, 97, 100)
"""Percentiles of difficulty between the bins: small bins where wrong labels gather."""
BY = ("difficulty", "loss", "label_suspicion")
"""The bins are of the first of these that a level has; one bin where it has none."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What an audit of a level draws from: the same for the same rows, difficulty and seed, in any process."""

    key: str
    """Stands for the bins and the order; verdicts of the audit carry it in the tag log."""
    by: str
    """The column of the bins; "" for a single bin."""
    bin_of: np.ndarray
    """(N,) the bin of each row."""
    order: tuple[np.ndarray, ...]
    """Of each bin, its rows in the order in which they are drawn."""
    ranges: tuple[tuple[float, float], ...]
    """Of each bin, lowest and highest difficulty; NaN for the rows without one."""


@dataclass(frozen=True, eq=False)
class Audit:
    """An audit as far as it has come."""

    frame: Frame
    bins: tuple[Bin, ...]
    confidence: float
    done: np.ndarray
    """Rows that it drew and somebody judged, in the order of the level."""
    n_open: int
    """How many of them got a verdict that does not say whether the label is right, such as a skip."""
    is_judged: np.ndarray
    """(N,) bool: rows with any verdict on them alone."""

    @property
    def share(self) -> Share:
        """The share of wrong labels in all rows."""
        return audit.total(self.bins, self.confidence)

    @property
    def n_drawn(self) -> int:
        """Rows that it drew and whose verdict says whether the label is right."""
        return sum(one.drawn for one in self.bins)

    @property
    def is_pilot_done(self) -> bool:
        """Whether each bin has the reviews from which its rate can be told."""
        return all(one.drawn >= min(audit.PILOT, one.n - one.known) for one in self.bins)

    def is_enough(self, half: float) -> bool:
        """Whether the interval of the total is ± `half` (0 .. 1) or narrower, so that the audit can stop."""
        return self.n_drawn > 0 and self.is_pilot_done and self.share.half <= half

    def rows(self, most: int) -> list[int]:
        """The next rows to review, at most `most`, each where it narrows the interval of the total most."""
        wanted = audit.next_bins(self.bins, most, self.confidence)
        sources = [iter(order[~self.is_judged[order]].tolist()) for order in self.frame.order]
        found = (next(sources[at], None) for at in wanted)
        return [row for row in found if row is not None]

    def label_errors(self) -> LabelErrors:
        """The estimate in the form in which all pages show it."""
        share = self.share
        n_reviewed = self.n_drawn + sum(one.known for one in self.bins)
        n = sum(one.n for one in self.bins)
        return LabelErrors(share.share, share.low, share.high, n_reviewed, n, (), "", source="audit")


def frame(level: Level, seed: int = 0) -> Frame:
    """The bins of a level and the order in which an audit draws from each, by a hash of id and seed."""
    from pandas.core.util.hashing import hash_array

    by = next((name for name in BY if name in level.source.columns), "")
    table = level.table(["id", *([by] if by else [])])
    values = table[by].to_numpy(float) if by else np.zeros(level.n)
    bin_of = _bins(values)
    salt = hashlib.blake2b(f"audit {seed}".encode(), digest_size=8).hexdigest()
    drawn = hash_array(table["id"].to_numpy(object), hash_key=salt, categorize=False)
    shuffled = np.argsort(drawn, kind="stable")
    order = tuple(shuffled[bin_of[shuffled] == at] for at in range(int(bin_of.max(initial=-1)) + 1))
    digest = hashlib.blake2b(bin_of.tobytes(), digest_size=8, salt=str(seed).encode()[:16])
    digest.update(level.digest.encode())
    ranges = tuple((float(values[rows].min()), float(values[rows].max())) for rows in order)
    return Frame(digest.hexdigest(), by, bin_of, order, ranges)


def standing(
    found: Frame, ids: pd.Index, verdicts: pd.DataFrame, drawn: Collection[str], confidence: float = audit.CONFIDENCE
) -> Audit:
    """How far an audit has come.

    ids (N,): of the level's rows; verdicts: those on single rows, with the id as the index and `tag`; drawn: ids whose
    verdict was given in this audit, `TagLog.audited`.
    """
    judged = ids.get_indexer(verdicts.index)
    rows = np.unique(judged[judged >= 0])
    answered = answers(ids[rows], verdicts)
    is_drawn = ids[rows].isin(list(drawn))
    is_judged = np.zeros(len(ids), bool)
    is_judged[rows] = True
    bins, place = [], found.bin_of[rows]
    for at, ((low, high), members) in enumerate(zip(found.ranges, found.order, strict=True)):
        here = (place == at) & ~np.isnan(answered)
        by_audit, otherwise = answered[here & is_drawn], answered[here & ~is_drawn]
        counts = {"drawn": len(by_audit), "known": len(otherwise)}
        wrong = {"wrong": int(by_audit.sum()), "known_wrong": int(otherwise.sum())}
        bins.append(Bin(low, high, len(members), **counts, **wrong))
    n_open = int((np.isnan(answered) & is_drawn).sum())
    return Audit(found, tuple(bins), confidence, rows[is_drawn], n_open, is_judged)


def _bins(values: np.ndarray) -> np.ndarray:
    """(N,) the bin of each value, from 0 without gaps; equal values share one, and so do those that are not known."""
    is_known = ~np.isnan(values)
    bin_of = np.full(len(values), len(EDGES), np.int64)
    if is_known.any():
        edges = np.percentile(values[is_known], EDGES[1:-1])
        bin_of[is_known] = np.searchsorted(edges, values[is_known], side="left")
    return np.unique(bin_of, return_inverse=True)[1].astype(np.int8)
