"""The results as Markdown: means over draws, ± the standard deviation of the seeds' means."""

from __future__ import annotations

import pandas as pd

from benchmarks._measures import table
from benchmarks.public import methods, noise
from benchmarks.public._measures import MEASURES
from hem_core import folder

OURS = "hem_label_suspicion"
"""What HEM shows as suspect labels; a peer is whatever is not HEM's."""
DRAW = ["set", "noise", "rate", "seed"]
Cells = dict[str, dict[str, list[float]]]


def tables(results: pd.DataFrame) -> str:
    """Every table, over the draws that all methods have; a sentence where there are none. results: rows of the CSVs."""
    whole = _complete(results)
    if whole.empty:
        return "No draw has a result of every method yet."
    auprc = _wide(whole, "auprc")
    order = _by_seed(_ranks(auprc)).mean().sort_values().index.tolist()
    parts = [
        _facts(whole),
        "AUPRC, the best of each column in bold; the methods in the order of their mean rank:",
        table("method", _by_noise_and_rate(auprc, order), best="column"),
        "Mean rank by AUPRC, 1 = best, equal ones share it:",
        table("method", _by_noise_and_rate(_ranks(auprc), order), best="lowest", digits=1),
        "Other measures:",
        table("method", _others(whole, order), best="column"),
        "AUPRC by data set:",
        table("method", _by(auprc, "set", order), best="column"),
        *_decisions(_wide(whole, "f1"), order),
        *_wins(auprc),
    ]
    return "\n\n".join(parts)


def _complete(results: pd.DataFrame) -> pd.DataFrame:
    """The rows of those sets, noise models and rates that have every method in every seed."""
    n_rows = results["method"].nunique() * results["seed"].nunique()
    sizes = results.groupby(DRAW[:3])["method"].transform("size")
    return results[sizes == n_rows]


def _wide(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A row a draw, a column a method that has the measure."""
    return rows.pivot(index=DRAW, columns="method", values=measure).dropna(axis=1)


def _ranks(auprc: pd.DataFrame) -> pd.DataFrame:
    return auprc.rank(axis=1, ascending=False)


def _by_seed(wide: pd.DataFrame) -> pd.DataFrame:
    """A row a seed: the mean of its draws."""
    return wide.groupby(level="seed").mean()


def _by(wide: pd.DataFrame, level: str, order: list[str]) -> Cells:
    """Title of a method -> each value of the level -> one mean a seed."""
    means = {value: _by_seed(part) for value, part in wide.groupby(level=level)}
    return {_title(name): {_said(level, value): m[name].tolist() for value, m in means.items()} for name in order}


def _by_noise_and_rate(wide: pd.DataFrame, order: list[str]) -> Cells:
    whole, kinds, rates = _by_seed(wide), _by(wide, "noise", order), _by(wide, "rate", order)
    return {_title(name): {"all": whole[name].tolist()} | kinds[_title(name)] | rates[_title(name)] for name in order}


def _others(rows: pd.DataFrame, order: list[str]) -> Cells:
    wide = {said: _by_seed(_wide(rows, name)) for name, said in MEASURES.items() if name != "auprc"}
    return {
        _title(name): {said: means[name].tolist() for said, means in wide.items() if name in means} for name in order
    }


def _decisions(f1: pd.DataFrame, order: list[str]) -> list[str]:
    """Two tables of the methods that decide; [] where none does."""
    deciding = [name for name in order if name in f1]
    by_kind, by_set = _by_noise_and_rate(f1, deciding), _by(f1, "set", deciding)
    words = "F1 of the decision, of the methods that decide; then by data set:"
    return [words, table("method", by_kind, best="column"), table("method", by_set, best="column")] if deciding else []


def _wins(auprc: pd.DataFrame) -> list[str]:
    """A sentence and a table: each set and noise model where the best peer has more than HEM's label suspicion."""
    peers = [name for name in auprc if not str(name).startswith("hem_")]
    if OURS not in auprc or not peers:
        return []
    lost, n = {}, 0
    for (name, kind), part in auprc.groupby(level=["set", "noise"]):
        means, n = _by_seed(part), n + 1
        best = means[peers].mean().idxmax()
        behind = means[OURS] - means[best]
        if behind.mean() < 0:
            where = f"{name}, {_said('noise', kind)}: {_title(best)}"
            lost[where] = {"peer": means[best].tolist(), "HEM": means[OURS].tolist(), "HEM − peer": behind.tolist()}
    said = f"In {len(lost)} of {n} pairs of data set and noise model the best of {len(peers)} peers has a higher AUPRC"
    said += f" than {_title(OURS)}; which peer that is was chosen after the fact, pair by pair."
    return [said, table("pair, and the best peer", lost, best="")] if lost else [said]


def _facts(rows: pd.DataFrame) -> str:
    seeds, libraries = sorted(set(rows["seed"])), sorted(set(rows["library"].dropna()) - {""})
    parts = [
        f"Data sets: {rows['set'].nunique()}",
        f"noise models: {rows['noise'].nunique()}",
        f"draws: {rows.groupby(DRAW).ngroups:,}, seeds {seeds[0]} to {seeds[-1]}",
        *libraries,
    ]
    return f"{'; '.join(parts)}. Means ± standard deviation of the seeds' means."


def _title(name: str) -> str:
    return folder.load(methods, name).TITLE


def _said(level: str, value: object) -> str:
    if level == "noise":
        return folder.load(noise, str(value)).TITLE
    return f"{value:.0%} wrong" if level == "rate" else str(value)
