"""Rows of a table: features of numbers and categories, shown next to those of the neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hem_core.media._contract import Medium, Part, Source
from hem_core.media._feature_rows import FeatureRows, TableRows

if TYPE_CHECKING:
    import pandas as pd


def _open(source: Source) -> TableRows:
    return TableRows(FeatureRows(source.catalog, source.facts["features"]))


def _spoil(
    values: pd.DataFrame,
    kinds: Sequence[str],
    partners: pd.DataFrame,
    *,
    pool: pd.DataFrame,
    is_picture: bool,
    seed: int,
) -> pd.DataFrame:
    from hem_core.media._corrupt_row import corrupt

    return corrupt(values, kinds, partners, table=pool, seed=seed)


def _read_back(examples: pd.DataFrame, data: Mapping[str, Any], features: Mapping[str, str]) -> TableRows | None:
    if not features:
        return None
    kinds = {feature["name"]: feature["kind"] for feature in data["features"]}
    named = examples.loc[:, list(features.values())].set_axis(list(features), axis=1)
    listed = [{"name": name, "kind": kinds[name]} for name in features]
    return TableRows(FeatureRows(pa.Table.from_pandas(named, preserve_index=False), listed))


def _as_data(part: Part) -> tuple[pa.Table, dict[str, Any]]:
    return part.table, {"feature_columns": [feature["name"] for feature in part.facts["features"]]}


MEDIUM = Medium(
    open=_open,
    look="features",
    batch_size=1024,
    spoil=_spoil,
    without_embeddings="let the model return a mapping with logits and embeddings",
    read_back=_read_back,
    as_data=_as_data,
)
