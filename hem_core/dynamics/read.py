"""Read training dynamics, whichever tool logged them."""

from __future__ import annotations

from pathlib import Path

from hem_core.dynamics import _folder, _jsonl, _parquet
from hem_core.dynamics._assemble import Piece, assemble, floats, measured
from hem_core.dynamics.table import FORMAT_VERSION, LOSS, ROUNDS, Dynamics, read_parquet
from hem_core.errors import DataError


def read(path: str | Path) -> Dynamics:
    """The training dynamics at a path.

    path: a Recorder's folder; a folder that holds a `dynamics.parquet`; a folder of `dynamics_epoch_N.jsonl` lines
    `{"guid", "logits_epoch_N", "gold"}` as dataset-cartography writes them; or a Parquet file in one of the forms:
    lists (`id`, lists `confidence`, `margin`, `is_correct`, `loss`: what HEM writes), wide (`id`, `confidence_0`,
    `confidence_1`, … and so on), long (`id`, `epoch`, and `confidence`, `margin`, `is_correct` or `logits`, `target`).
    Of the three measures those that the file lacks are NaN. Labels that were logged with the ids (`gold`, `target`,
    `label`) are kept, so that `hem_core.dynamics.match` can tell whether the ids still mean the same examples.
    Returns Dynamics, epochs ascending; ids in the file's order for lists and wide, else sorted. Where an id occurs
    twice in an epoch, the last one counts.
    Raises DataError when there is nothing of that form, listing the expected forms.
    """
    path = Path(path)
    if path.is_file():
        return _parquet.read(path)
    if path.is_dir():
        if _folder.recorded(path):
            return assemble(_recorded(path))
        if (path / "dynamics.parquet").is_file():
            return _parquet.read(path / "dynamics.parquet")
        if _jsonl.epoch_paths(path):
            return assemble(_jsonl.pieces(path))
    raise DataError(
        f"no training dynamics at '{path}'; expected a Parquet file, a Recorder's folder, or a folder with "
        "dynamics.parquet or dynamics_epoch_0.jsonl, …"
    )


def _recorded(folder: Path) -> list[Piece]:
    pieces = []
    for file in _folder.recorded(folder):
        table = read_parquet(file.path)
        own = table.schema.metadata or {}
        version = own.get(b"hem_format_version")
        if version != FORMAT_VERSION:
            raise DataError(
                f"'{file.path}' has format version {version!r}; this HEM reads {FORMAT_VERSION!r}: update it"
            )
        targets = table["target"].fill_null(-1).to_numpy() if "target" in table.column_names else None
        hashes = table["content_hash"].to_pylist() if "content_hash" in table.column_names else None
        losses = floats(table[LOSS]) if LOSS in table.column_names else None
        ids, is_round = table["id"].combine_chunks(), ROUNDS in own
        pieces.append(Piece(file.epoch, ids, measured(table), targets, hashes, losses, is_round))
    return pieces
