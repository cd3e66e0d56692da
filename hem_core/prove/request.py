"""What `hem prove` was asked: a list, a question, and how to train and test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hem_core.engine.runners import DEFAULT as DEFAULT_RUNNER
from hem_core.errors import RunError
from hem_core.prove.lists import ListOptions
from hem_core.retrain.settings import QUESTIONS
from hem_core.runs.options import Options

WEIGHT = 2.0


@dataclass(frozen=True)
class Request:
    """One proof. Raises RunError for an unknown question, and without data or a run."""

    list: str
    """A file that `hem_core.prove.lists` reads; with a run also the name of a saved set, or an SQL condition."""
    train: str | Callable[..., Any]
    """package.module:train, or file.py:train, or the function."""
    data: Any = None
    """The training data, as for `hem_core.score`; None for those of `run`."""
    run: Path | None = None
    """The folder of a scored run, whose data these are, and in whose workspace everything is kept."""
    question: str = "drop"
    test: str | None = None
    tag: str | None = None
    """Only the entries with this tag or answer."""
    who: str | None = None
    """Only the answers of this person or source."""
    columns: ListOptions = field(default_factory=ListOptions)
    weight: float | None = None
    """How many times as heavy the examples of the list are; by default as its column `weight` says, else 2."""
    base: int | None = None
    """Examples of the base of the question `add`."""
    seeds: int = 5
    seed: int = 0
    name: str | None = None
    out: Path = Path("hem-prove")
    """The workspace for data that were never scored; made if need be."""
    device: str | None = None
    budget: float | None = None
    force: bool = False
    runner: str = DEFAULT_RUNNER
    """Where the trainings run, as in `hem_core.retrain.settings`."""
    options: Options = field(default_factory=Options)
    """How the data are read."""

    def __post_init__(self) -> None:
        if self.question not in QUESTIONS:
            raise RunError(f"no question '{self.question}'; there are: {', '.join(QUESTIONS)}")
        if self.data is None and self.run is None:
            raise RunError("name the training data with --data, or a scored run with --run")
        if self.run is not None and self.data is not None:
            raise RunError("--run names the data that it was scored on; leave out --data, or leave out --run")
        if self.run is not None and replace(self.options, device=None) != Options():
            raise RunError("--run reads its data as they were scored; leave out --task, the columns and the like")
        if self.weight is not None and (self.question != "weigh" or not 0 < self.weight < math.inf):
            raise RunError(f"--weight expects a number above 0, with the question weigh; got {self.weight:g}")
        if self.seeds < 2:
            raise RunError(
                f"--seeds expects 2 or more, since one training cannot tell a list from chance; got {self.seeds}"
            )
        if self.base is not None and self.question != "add":
            raise RunError("--base belongs to the question add; leave it out")
