"""Which classes are hard: one row a class."""

from collections.abc import Sequence

import pandas as pd

from hem_core.difficulty.wilson import wilson


def classes(table: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Support, error, share of hard and worst confusion of each class.

    table: one row an example with `label`, `predicted`, `is_correct`, and where known `reason`, `difficulty`.
    Returns, in the order of class_names: `label`; `support` (examples given that label); `errors`;
    `error`, `error_low`, `error_high` (share in 0 .. 1 with its 95% Wilson interval; NaN without support);
    `hard` and `hard_share` (reason other than 'easy'); `difficulty` (mean, 0 .. 100);
    `confused_with` (the class most often predicted instead, ties by name; None without errors), `confused`.
    """
    known = table.loc[table["label"].notna(), :]
    wrong = known.loc[~known["is_correct"].astype(bool), :]
    rows = pd.DataFrame(index=pd.Index(list(class_names), name="label"))
    rows["support"] = _count(known, rows.index)
    rows["errors"] = _count(wrong, rows.index)
    rows["error"] = (rows["errors"] / rows["support"]).where(rows["support"] > 0)
    rows["error_low"], rows["error_high"] = wilson(rows["errors"], rows["support"])
    if "reason" in known.columns:
        rows["hard"] = _count(known.loc[known["reason"] != "easy", :], rows.index)
        rows["hard_share"] = (rows["hard"] / rows["support"]).where(rows["support"] > 0)
    if "difficulty" in known.columns:
        means = known.groupby("label", observed=True)["difficulty"].mean()
        rows["difficulty"] = means.reindex(rows.index)
    worst = _worst_confusions(wrong).reindex(rows.index)
    rows["confused_with"] = worst["predicted"].astype("object").where(worst["n"].notna(), None)
    rows["confused"] = worst["n"].fillna(0).astype(int)
    return rows.reset_index()


def _count(table: pd.DataFrame, labels: pd.Index) -> pd.Series:
    return table["label"].value_counts().reindex(labels, fill_value=0).astype(int)


def _worst_confusions(wrong: pd.DataFrame) -> pd.DataFrame:
    pairs = wrong.groupby(["label", "predicted"], observed=True, as_index=False).agg(n=("label", "size"))
    pairs = pairs.sort_values(["n", "predicted"], ascending=[False, True])
    return pairs.drop_duplicates("label").set_index("label")
