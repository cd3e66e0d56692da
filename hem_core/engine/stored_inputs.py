"""The examples of a run, read again as they were when scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.engine.batch import Batch, Inputs, Values
from hem_core.engine.extra import rows_of
from hem_core.engine.inputs import open_inputs
from hem_core.media import medium
from hem_core.store.run import Run


@dataclass(frozen=True, eq=False)
class StoredInputs:
    """N examples in the order of the run's catalog, of which any can be read."""

    catalog: pa.Table
    facts: dict[str, Any]
    """`medium`, `is_picture`, `features`."""
    inputs: Inputs

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Id -> row of the catalog."""
        return {id: row for row, id in enumerate(self.catalog["id"].to_pylist())}

    @property
    def is_picture(self) -> bool:
        return medium(self.facts["medium"]).is_picture(self.facts)

    def batches(self, rows: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """Batches of some rows, ascending; nothing else is read."""
        ordered = sorted(rows)
        for start in range(0, len(ordered), batch_size):
            yield self.read(ordered[start : start + batch_size])

    def chosen(self, rows: np.ndarray) -> Chosen:
        """Some rows (n,), each once, as a data set of their own, in this order."""
        return Chosen(self, rows)

    def read(self, rows: list[int]) -> Batch:
        """These rows, ascending."""
        return self.inputs.read(rows)


class Chosen:
    """Some of the examples by their position among the chosen; see `engine/batch.py`'s Inputs."""

    is_quick = False

    def __init__(self, stored: StoredInputs, rows: np.ndarray) -> None:
        self._stored, self._rows = stored, rows

    def fingerprint(self) -> str:
        return self._stored.inputs.fingerprint()

    def read(self, indices: Sequence[int]) -> Batch:
        rows = self._rows[np.asarray(indices)]
        batch = self._stored.read(sorted(rows.tolist()))
        place = {row: k for k, row in enumerate(batch.indices)}
        good = [(index, place[row]) for index, row in zip(indices, rows.tolist(), strict=True) if row in place]
        at = np.array([k for _index, k in good], dtype=np.int64)
        reasons, back = dict(batch.failures), dict(zip(rows.tolist(), indices, strict=True))
        failures = sorted((back[row], reason) for row, reason in reasons.items())
        values = rows_of(batch.values, at)
        return Batch(values, [index for index, _k in good], [batch.hashes[k] for k in at], failures)

    def picture(self, index: int) -> np.ndarray | None:
        return self._stored.inputs.picture(int(self._rows[index]))

    def spoil(
        self, values: Values, kinds: Sequence[str], partners: Values, *, pool: Values, is_picture: bool, seed: int
    ) -> Values:
        return self._stored.inputs.spoil(values, kinds, partners, pool=pool, is_picture=is_picture, seed=seed)


def stored_inputs(run: Run, *, channels: int | None = None) -> StoredInputs:
    """Open what a run was made from: its catalog, and the files that this names.

    channels: 1 or 3 of image files; by default as many as the run's model took.
    Raises DataError when the files are gone, and for a torch Dataset or predictions, of which no file tells.
    """
    parameters = run.info.get("parameters", {})
    of_run = medium(run.info["data"]["medium"])
    catalog, root = pq.read_table(run.folder / "catalog.parquet"), run.root or Path()
    facts = of_run.reopen(catalog, {"is_picture": False, **run.info["data"]}, root, run.name)
    n_channels = channels or parameters.get("channels") or 3
    inputs = open_inputs(catalog, facts, root=root, dataset=None, channels=n_channels, resize=parameters.get("resize"))
    assert inputs is not None  # `reopen` has refused what has none
    return StoredInputs(catalog, facts, inputs)
