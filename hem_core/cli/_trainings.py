"""Options that the commands which train share."""

from __future__ import annotations

from typing import Annotated

import typer

Device = Annotated[
    str | None, typer.Option(help="cpu, cuda, cuda:1, for training and prediction. Default: CUDA if there is one.")
]
Budget = Annotated[
    str | None, typer.Option(help="Time such as 30m or 1h30m: start no training that would not end within it.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Train nothing; show the arms, the number of trainings and the time they take."),
]
