"""What an export does with the pictures: which examples have one, and what to do where none has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import hem_core.export
from hem_core import folder as registry
from hem_core.errors import DataError
from hem_core.export._holds import has_pictures
from hem_core.sets.pictures import PartPictures, Pictures

if TYPE_CHECKING:
    import pandas as pd


def with_pictures(
    examples: pd.DataFrame, pictures: Pictures | PartPictures | None, formats: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The examples whose picture can be exported, and of the others id -> why not; all of them where no format of
    these writes pictures. Nothing has been written yet.

    Raises DataError, saying where it looked and what to pass, when none of the pictures is there.
    """
    modules = [registry.load(hem_core.export, name) for name in formats]
    if pictures is None or not len(examples) or not any(has_pictures(module) for module in modules):
        return examples, {}
    lacking = pictures.lacking(examples)
    if len(lacking) == len(examples):
        raise DataError(
            f"none of the {len(examples):,} pictures can be read: {next(iter(lacking.values()))}; if they were moved, "
            "say where they are now (hem export … --data FOLDER), or score them again from there; parquet, csv and "
            "jsonl need no pictures"
        )
    return examples.loc[~examples["id"].astype(str).isin(list(lacking)), :].reset_index(drop=True), lacking
