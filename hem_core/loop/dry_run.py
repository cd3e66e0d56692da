"""What a loop would do and how long it would take, without training or writing into the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hem_core.loop.lab import Lab
from hem_core.loop.labels import Labels, opening
from hem_core.loop.loop import check_room, for_pool, place
from hem_core.loop.pool import SHARE, open_pool
from hem_core.loop.pool_choice import check
from hem_core.loop.settings import Settings
from hem_core.loop.timings import Timings
from hem_core.models import train_function
from hem_core.runs.options import Options


@dataclass(frozen=True)
class DryRun:
    """The planned trainings."""

    name: str
    arms: dict[str, int]
    """Arm -> how many trainings; "start" is shared by the others."""
    n_pool: int
    test: str
    n_done: int
    seconds_each: float | None
    """What the longest training so far took; None where none was timed."""

    @property
    def n_trainings(self) -> int:
        return sum(self.arms.values())

    @property
    def seconds_left(self) -> float | None:
        return None if self.seconds_each is None else self.seconds_each * max(0, self.n_trainings - self.n_done)


def dry_run(
    data: Any,
    *,
    train: str | Callable[..., Any],
    out: Path | str,
    settings: Settings,
    name: str | None = None,
    test: Any = None,
    test_share: float = SHARE,
    options: Options | None = None,
) -> DryRun:
    """Open the pool as `loop` does and count its trainings; parameters as there. Raises what `loop` raises."""
    function, workspace = train_function.load(train), Path(out)
    check(settings.policies, settings.policy_options)
    with TemporaryDirectory(prefix="hem-dry-run-") as scratch:
        pool = open_pool(data, function, Path(scratch), options or Options(), test=test, share=test_share)
        settings = for_pool(settings, pool)
        folder, _key, plan = place(workspace, name, pool, function, settings)
        pool, labels = opening(Path(scratch), workspace, pool) if workspace.is_dir() else (pool, Labels())
        lab = Lab(Path(scratch), workspace, pool, function, settings, labels, lambda *_: None)
        check_room(lab)
        rounds = {arm: settings.rounds for arm in ("mined", "random") if arm in settings.arms}
        arms = {"start": 1, **rounds, **({"all": 1} if "all" in settings.arms else {})}
        return DryRun(
            folder.name,
            {arm: n * settings.seeds for arm, n in arms.items()},
            len(lab.candidates),
            str(pool.test.words["what"]),
            _n_done(folder, settings) if plan else 0,
            Timings(folder).longest,
        )


def _n_done(folder: Path, settings: Settings) -> int:
    names = {f"seed_{seed}" for seed in settings.seed_list}
    return sum(path.name.partition("_round")[0] in names for path in folder.glob("arms/*/seed_*_round_*.npz"))
