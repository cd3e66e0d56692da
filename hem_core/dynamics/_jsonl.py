"""The files of dataset-cartography: `dynamics_epoch_N.jsonl`, one example a line (Swayamdipta et al. 2020)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from hem_core.dynamics._assemble import Piece, measures
from hem_core.errors import DataError


def epoch_paths(folder: Path) -> dict[int, Path]:
    """Epoch number to file, ascending; in the folder itself or in its `training_dynamics`."""
    path_of = {}
    for path in [*folder.glob("dynamics_epoch_*.jsonl"), *folder.glob("training_dynamics/dynamics_epoch_*.jsonl")]:
        match = re.fullmatch(r"dynamics_epoch_(\d+)\.jsonl", path.name)
        if match:
            path_of[int(match[1])] = path
    return dict(sorted(path_of.items()))


def pieces(folder: Path) -> Iterator[Piece]:
    """One piece an epoch.

    Raises DataError, naming file and line, for a line that is not `{"guid", "logits_epoch_N", "gold"}`.
    """
    for epoch, path in epoch_paths(folder).items():
        with path.open(encoding="utf-8") as lines:
            rows = [_parsed(line, epoch, f"{path.name} line {n}") for n, line in enumerate(lines, 1) if line.strip()]
        widths = {len(logits) for _, logits, _ in rows}
        if len(widths) > 1:
            raise DataError(f"{path.name}: every line must have the same number of logits; there are {sorted(widths)}")
        ids = pa.array([guid for guid, _, _ in rows], pa.string())
        logits = np.array([logits for _, logits, _ in rows], np.float32).reshape(len(rows), max(widths, default=2))
        golds = [gold for _, _, gold in rows]
        yield Piece(epoch, ids, measures(logits, np.array(golds, np.int64)), golds)


def _parsed(line: str, epoch: int, where: str) -> tuple[str, list[float], int]:
    key = f"logits_epoch_{epoch}"
    try:
        entry = json.loads(line)
        guid, logits, gold = str(entry["guid"]), [float(value) for value in entry[key]], int(entry["gold"])
    except (ValueError, KeyError, TypeError) as error:
        wanted = f'{{"guid": …, "{key}": [K numbers], "gold": class index}}'
        raise DataError(f"{where}: expected {wanted}; got {line.strip()[:80]}") from error
    if len(logits) < 2 or not 0 <= gold < len(logits) or not all(map(math.isfinite, logits)):
        raise DataError(f"{where}: example '{guid}' needs 2 or more finite logits and a gold in [0, {len(logits)})")
    return guid, logits, gold
