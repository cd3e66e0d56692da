"""A stream of Hugging Face, read once into a file of this machine that is mapped, so that its examples have places."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.errors import DataError

BATCH = 256


def spooled(stream: Any) -> Any:
    """The Dataset of an IterableDataset's examples, in the order in which it gives them.

    The rows pass through memory in batches of 256 into a file in the system's temporary folder (TMPDIR), as large as
    the data, which is gone when the program ends.
    Raises DataError for a stream without an example, and for one that fails.
    """
    from datasets import Dataset, DatasetInfo, Features
    from datasets.table import InMemoryTable

    name = type(stream).__name__
    batches = _batches(stream)
    try:
        first = next(batches, None)
        if first is None:
            raise DataError(f"the {name} has no examples")
        features = stream.features or Features.from_arrow_schema(first.schema)
        table, path = _mapped(first.schema, itertools.chain([first], batches))
    except DataError:
        raise
    except Exception as error:  # of the stream's own code, its files, the network
        words = " ".join(str(error).split())[:200]
        raise DataError(f"the {name} failed while it was read: {type(error).__name__}: {words}") from error
    whole, about = InMemoryTable(table.cast(features.arrow_schema)), DatasetInfo(features=features)
    return Dataset(whole, info=about, fingerprint=path.stem)  # without one the library would copy all to hash it


def _batches(stream: Any) -> Iterator[pa.Table]:
    for batch in stream.with_format("arrow").iter(batch_size=BATCH):
        yield batch if isinstance(batch, pa.Table) else pa.table(batch)


def _mapped(schema: pa.Schema, tables: Iterator[pa.Table]) -> tuple[pa.Table, Path]:
    """The tables as one, whose cells lie in a mapped file, and the name that this file had."""
    with tempfile.NamedTemporaryFile(prefix="hem-stream-", suffix=".arrow", delete=False) as file:
        path = Path(file.name)
        with pa.ipc.new_file(file, schema) as writer:
            for table in tables:
                writer.write_table(table.cast(schema))
    found = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    with contextlib.suppress(OSError):  # a system that cannot remove what is mapped
        path.unlink()
    return found, path
