"""One data set in one condition with one seed: the run that a user would have, and what each action then gives."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from _advise_arms import arms_of, measured, reviewed, weakest
from _advise_worlds import CELLS, WORLDS, Condition, Sample, sample
from _store import Store

import hem_core
from hem_core.advise.measure import measure
from hem_core.store.run import Run, open_run


@dataclass(frozen=True, eq=False)
class Cell:
    """What is drawn when it is first needed; the run's folder is kept, for the advice."""

    data: Path
    store: Store
    source: str
    name: str
    seed: int

    @property
    def condition(self) -> Condition:
        return CELLS[self.source][self.name]

    @property
    def words(self) -> str:
        """ "digits-15--wrong-100"."""
        each = "".join(letter if letter.isalnum() else "-" for letter in self.name)
        return f"{self.source}-{each}-{self.seed}"

    @property
    def folder(self) -> Path:
        return self.store.folder / "runs" / self.words

    @cached_property
    def drawn(self) -> Sample:
        return sample(WORLDS[self.source](self.data, self.seed), self.condition, self.seed)

    def realised(self) -> dict[str, Any]:
        """`measures`: action -> measure -> 0 .. 1, beside `facts` of the run."""
        return self.store.get(self.words, lambda: _realised(self))

    def run(self) -> Run:
        """`hem score --train … --oos 5`, all else by default but the map."""
        self.store.get(f"{self.words}-run", lambda: _scored(self))
        return open_run(self.folder / "run")

    def measured_curve(self) -> None:
        """`hem advise --curve --changes`: trainings in the folds, stored in the run's folder."""
        self.store.get(f"{self.words}-curve", lambda: _measured(self))


def _scored(cell: Cell) -> dict[str, Any]:
    shutil.rmtree(cell.folder, ignore_errors=True)
    cell.folder.mkdir(parents=True)
    path = cell.folder / "data.parquet"
    columns = {f"f{place:03d}": values for place, values in enumerate(cell.drawn.inputs.T)}
    ids = [f"{row:05d}" for row in range(len(cell.drawn.given))]
    pd.DataFrame({"id": ids, "label": [f"c{label:02d}" for label in cell.drawn.given], **columns}).to_parquet(path)
    train = f"_advise_train:epochs_{cell.condition.epochs}"
    options: dict[str, Any] = {"feature_columns": "*", "label_column": "label"}
    run = hem_core.score(
        None, path, out=cell.folder / "run", train=train, oos=5, has_map=False, seed=cell.seed, columns=options
    )
    return run.info["oos"]


def _measured(cell: Cell) -> None:
    train = f"_advise_train:unrecorded_{cell.condition.epochs}"
    measure(cell.run(), train=train, has_changes=True, data=str(cell.folder / "data.parquet"))


def _realised(cell: Cell) -> dict[str, Any]:
    drawn, run = cell.drawn, cell.run()
    table = run.table().sort_values("index", ignore_index=True)
    arms = arms_of(drawn, cell.condition, table, cell.seed)
    facts = {
        "n": len(drawn.given),
        "accuracy by folds": run.info["oos"]["accuracy"],
        "wrong labels": float((drawn.given != drawn.right).mean()),
        "wrong labels found": int((reviewed(drawn, table) != drawn.given).sum()),
        "weakest classes": weakest(drawn, table).tolist(),
    }
    return {"measures": {action: measured(arm, drawn, cell.seed) for action, arm in arms.items()}, "facts": facts}
