"""A data set of Hugging Face: hf://datasets/NAME[:SPLIT] of the Hub, or a folder that `save_to_disk` wrote."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core.errors import DataError

SAVED = ("dataset_info.json", "dataset_dict.json")
_HUB = re.compile(r"hf://datasets/(?P<name>[\w.-]+(?:/[\w.-]+)?)(?::(?P<split>[\w.\[\]%+-]+))?")


def accepts(source: Any) -> bool:
    if not isinstance(source, str | Path):
        return False
    return _HUB.fullmatch(str(source)) is not None or _is_saved(Path(source))


def read(source: str | Path, **columns: Any) -> pa.Table:
    """One example a row: text, features, or a column of pictures, by the features of the data set.

    Without a split all of them are read, and become the column `split`. The library's own cache and HF_TOKEN count.
    Raises DataError without the package `datasets`, and for a name that it does not find.
    """
    from hem_core import catalog

    return catalog.read(source, **columns)


def opened(source: str | Path, **_columns: Any) -> Any:
    """The Dataset or DatasetDict."""
    try:
        import datasets
    except ImportError as error:
        raise DataError(f"'{source}' is read by the package datasets: pip install datasets") from error
    found = _HUB.fullmatch(str(source))
    try:
        if found is None:
            return datasets.load_from_disk(str(source))
        return datasets.load_dataset(found["name"], split=found["split"])
    except Exception as error:  # of the Hub, the network, the files
        raise DataError(f"cannot load '{source}': {' '.join(str(error).split())[:200]}") from error


def _is_saved(folder: Path) -> bool:
    return folder.is_dir() and any((folder / name).is_file() for name in SAVED)
