"""The weak slices of a run, found once when it is finished: slices.parquet, and the cluster of every row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.errors import RunError
from hem_core.runs.described_by import NO_DESCRIPTION
from hem_core.slices.find import Slices, find
from hem_core.store.atomic import write_table
from hem_core.store.damage import check
from hem_core.store.run import open_run


def weak_slices(catalog: pa.Table, rows: np.ndarray, embeddings: np.ndarray | None, errors: np.ndarray) -> Slices:
    """Slices by classes, the user's own columns and clusters of the embeddings.

    catalog: as it is stored; rows (n,): the positions in it that were scored; errors (n,): 1 wrong, 0 right.
    """
    fields = [each for each in catalog.schema if each.name not in NO_DESCRIPTION]
    names = [each.name for each in fields if not pa.types.is_nested(each.type)]
    metadata: Any = catalog.select(names).take(pa.array(rows)).to_pandas()
    return find(embeddings, metadata, errors)


def write(found: Slices, path: Path) -> None:
    """One row a slice, its rule as JSON text; how many were tested and what counts as an error in the metadata."""
    table = found.table.drop(columns=["rows"]).assign(rule=[json.dumps(rule) for rule in found.table["rule"]])
    facts = {"hem.measure": found.measure, "hem.n_tested": str(found.n_tested)}
    write_table(path, pa.Table.from_pandas(table, preserve_index=False), metadata=facts)


def read(folder: Path | str) -> pd.DataFrame:
    """The slices of a run, the most worth looking at first, `rule` parsed; attrs: `measure`, and `n_tested`, 0 where
    the file does not say it.

    Raises RunError when none were looked for.
    """
    run = open_run(folder)
    path = run.folder / "slices.parquet"
    if not path.exists():
        raise RunError(f"the run {run.folder} was made before slices were looked for: score it again with --overwrite")
    check(path)
    table = pd.read_parquet(path)
    facts = pq.read_schema(path).metadata or {}
    measured = table.assign(rule=[json.loads(rule) for rule in table["rule"]])
    measure, n_tested = facts.get(b"hem.measure", b"share of wrong predictions"), facts.get(b"hem.n_tested", b"0")
    measured.attrs = {"measure": measure.decode(), "n_tested": int(n_tested)}
    return measured
