"""What is printed: lines on stderr, and progress bars with rate and time left."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

import hem_core.export
from hem_core import folder
from hem_core.cells import safe_cell

console = Console(stderr=True)

STAGES = {
    "world": "synthetic examples",
    "train": "training",
    "score": "scoring",
    "neighbours": "nearest neighbours",
    "head": "linear heads on the embeddings",
    "probes": "planted probes",
    "explain": "difficulty and reasons",
    "folds": "out-of-sample models",
    "words": "words that drive the loss",
    "slices": "weak slices",
    "thumbnails": "thumbnails",
    "proof": "linear probes",
    "curve": "trainings of the learning curve",
    "map": "map of the embedding (compiles first, up to a minute; the run can be opened already)",
}


_NUMBER = r"[+-]?\d[\d.,]*%?"
_NUMBERS = re.compile(rf"{_NUMBER}( \({_NUMBER} to {_NUMBER}\))?")


def say(line: str, *texts: object) -> None:
    """Print one line; `line` may contain markup, the texts that fill its {} are printed verbatim."""
    console.print(line.format(*(escape(str(text)) for text in texts)), highlight=False, soft_wrap=True)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under heads on stdout, cells verbatim; tab-separated where stdout is not a terminal."""
    out = Console()
    if not out.is_terminal:
        for row in (heads, *rows):
            line = "\t".join(_cell(" ".join(str(cell).split())) for cell in row)
            sys.stdout.write(f"{line}\n")
        return
    shown = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        is_number = all(str(row[place])[:1].isdigit() for row in rows)
        shown.add_column(head, justify="right" if is_number and place else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(escape(str(cell)) for cell in row))
    out.print(shown, highlight=False)


def _cell(text: str) -> str:
    """A cell of a table that may end up in a spreadsheet: a number stays a number, "+0.12 (-0.10 to +0.34)" too."""
    return text if _NUMBERS.fullmatch(text) else safe_cell(text)


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars, one per stage; plain lines where stderr is not a terminal."""
    if not console.is_terminal:
        yield _lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(_words(stage), total=total or None, completed=done, rate="")
            task = tasks[stage]
            speed = progress._tasks[task].speed
            progress.update(task, completed=done, total=total or None, rate=f"{speed:,.0f}/s" if speed else "")

        yield tell


def _words(stage: str) -> str:
    """A stage in words; the stage of an export is the name of its format."""
    if stage not in STAGES and stage in folder.names(hem_core.export):
        return getattr(folder.load(hem_core.export, stage), "PROGRESS", f"writing {stage}")
    return STAGES.get(stage, stage)


def _lines() -> Callable[[str, int, int], None]:
    seen: dict[str, tuple[int, int, float]] = {}

    def tell(stage: str, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 0
        last, first, started = seen.get(stage, (-1, done, time.monotonic()))
        seen[stage] = (tenth, first, started)
        if tenth == last:
            return
        rate = (done - first) / max(time.monotonic() - started, 1e-9)
        how_far = (
            f": {done:,} of {total:,}, {rate:,.0f}/s, {(total - done) / rate:.0f} s left" if total and rate else ""
        )
        say("{}", _words(stage) + how_far)

    return tell
