"""The five numbers that a run begins with, on Overview and in a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import loaders, widgets, words
from app.wire import columns
from hem_core.store import numbers

if TYPE_CHECKING:
    from app.views.overview.glance import Overview
    from hem_core.store.level import Level

ROWS_HELP = "The {} of the data set that this run has scores for. All other numbers here are of these."
REVIEWED_HELP = (
    "How many {} somebody judged one at a time, of all scored. A verdict on many at once (a lasso, a filter) and a "
    "free tag alone do not count."
)
HARD_HELP = (
    "How many {} have a reason other than 'easy' and 'unsure'. The badge beside the reasons says how far they can be "
    "trusted."
)
SUSPECT_HELP = (
    "Reason 'mislabelled' or 'suspect_label': the model, or the neighbours too, contradict the given label. To review, "
    "never an error by itself: on clean data half of all flags are fine."
)


@dataclass(frozen=True)
class Number:
    """A number with its words."""

    title: str
    value: str
    about: str
    """Its unit and what it is of."""
    why: str
    """What it means, in sentences."""


def five_numbers(level: Level, facts: Overview) -> list[Number]:
    """Rows, error rate, hard rows, suspected label errors and reviewed rows of a level."""
    failed = int(level.info.get("n_failed") or 0) if level.is_examples else 0
    noun = words.noun(level.name)
    left, reviewed = loaders.open_suspects(level), len(loaders.reviewed(level))
    in_bulk = len(loaders.all_verdicts(level).index.intersection(loaders.ids(level))) - reviewed
    found = [
        Number(noun.capitalize(), f"{level.n:,}", _of_what(level, failed), ROWS_HELP.format(noun)),
        _error_rate(level, facts),
    ]
    for title, number, unit, why in (
        ("Hard", facts.hard, "have a hard reason", HARD_HELP),
        ("Suspected label errors", facts.suspects, f"{left:,} left to review", SUSPECT_HELP),
        ("Reviewed", reviewed, f"{in_bulk:,} more in bulk" if in_bulk else "have a verdict", REVIEWED_HELP),
    ):
        share = words.percent(number / level.n if level.n else None)
        found.append(Number(title, f"{number:,}", f"{share} of {level.n:,}; {unit}", why.format(noun)))
    return found


def _error_rate(level: Level, facts: Overview) -> Number:
    """The error rate of the predictions that count; of which sample they are, where that is known."""
    sample_of_errors, in_sample = numbers.sample_of_errors(level), facts.in_sample_errors
    is_known = sample_of_errors in ("in-sample", "out-of-sample")
    title = f"Error rate, {sample_of_errors}" if is_known else "Error rate"
    about = f"{facts.errors:,} of {facts.judged:,} predicted wrong"
    about += f"; {in_sample:,} in-sample" if in_sample is not None else ""
    why = widgets.sample_of(level)[2]
    known = level.source.columns
    if "error" in known and ("is_correct" not in known or not level.is_examples):  # neither right nor wrong alone
        why += f" Error: {columns.meaning(level, 'error')}."
    return Number(title, words.percent(facts.error_rate), about, why)


def _of_what(level: Level, n_failed: int) -> str:
    if not level.is_examples:
        return f"of {words.count(int(level.info.get('n') or 0), 'example')}"
    return f"{n_failed:,} more could not be scored" if n_failed else "all were scored"
