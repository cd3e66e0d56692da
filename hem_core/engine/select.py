"""Choose a set out of a run, look at it, prove it, save it: one call each; without torch, so the app calls it too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hem_core.selection.curate import EXCLUSIONS
from hem_core.store.run import Run

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = ("margin", "per_class")
"""The chain of policies that is taken unless another one is asked for."""


@dataclass(frozen=True, eq=False)
class Selected:
    """A chosen set; `examples` and `left_out` together are the candidates."""

    examples: pd.DataFrame
    """The run's columns and `row`, `verdict`, `tags`, `reviewer`, `label` (corrected), `label_before`, `weight`
    (1 .. 4), `rank` (1 = picked first) and `picked_by`; in order of `rank`."""
    left_out: pd.DataFrame
    """`id` and `why`, words, of every candidate that was not chosen."""
    counts: dict[str, int]
    """The words of `left_out` -> how many, the most first."""
    settings: dict[str, Any]
    """JSON: what was asked for; `select` with the same gives the same."""


@dataclass(frozen=True, eq=False)
class Preview:
    """The set beside a random set and the plain hardest, all of the same size."""

    table: pd.DataFrame
    """Index "chosen", "random", "top"; columns n, mean_difficulty, n_classes, rarest_class, rarest_class_share,
    coverage, expected_label_errors, n_suspects, n_duplicates, n_corrected; NaN = not known."""
    curve: pd.DataFrame
    """n and mean_difficulty of the first n chosen, by rank, at most 200 points."""
    classes: pd.DataFrame
    """label, n, share, n_whole, share_whole; one row a class."""


@dataclass(frozen=True, eq=False)
class Proof:
    """What a linear probe on the embeddings gains from the set."""

    table: pd.DataFrame
    """arm ("base", "base + random", "base + chosen", "base + top"), n (training rows), accuracy, low, high (0 .. 1)."""
    gain: dict[str, float]
    """mean, low, high: base + chosen minus base + random in points, 95% interval over the paired seeds."""
    seconds: float
    n_test: int
    note: str
    """One sentence: what the gain says, "no gain shown" among it, and what it rests on."""


def select(
    run: Run,
    *,
    n: int,
    policies: Sequence[str] = DEFAULT,
    rule: Mapping[str, Any] | None = None,
    where: str | None = None,
    tags: pd.DataFrame | None = None,
    leave_out: Collection[str] = tuple(EXCLUSIONS),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
) -> Selected:
    """Choose n of the examples that match a rule and a typed condition, by a chain of policies.

    rule and where: as in Run.query; tags: the tag state, by default that of the run's workspace; leave_out: verdicts
    that keep an example out; options: policy -> {option: value}, see selection/options.py.
    Raises HemError: nothing matches, no such policy, no such option, or a column or embeddings that a policy needs.
    """
    raise NotImplementedError


def preview(run: Run, selected: Selected, *, seed: int = 0) -> Preview:
    """What the set is made of, beside a random set and the hardest of the same size."""
    raise NotImplementedError


def proof(
    run: Run,
    selected: Selected,
    *,
    seeds: int = 5,
    progress: Callable[[str, int, int], None] | None = None,
) -> Proof:
    """Is the set worth more than a random one of its size? Linear probes on the run's embeddings say so in seconds.

    progress is called with ("proof", probes trained, of how many).
    Raises RunError when the run has no embeddings, no classes, or too few labelled rows.
    """
    raise NotImplementedError


def save(
    workspace: Path | str,
    name: str,
    run: Run,
    selected: Selected,
    *,
    made_by: str,
    preview: Preview | None = None,
    proof: Proof | None = None,
) -> Path:
    """Keep the set as the next version of `name`, with what was left out; the manifest says how it was made.

    Returns the folder sets/<name>/v<k>. Raises DataError for a name that cannot be a folder, or an empty set.
    """
    raise NotImplementedError
