"""Arms of an experiment over the same seeds, and what each differs from the control by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import t as student

Arms = Mapping[str, Mapping[str, Sequence[float]]]
"""Arm -> measure -> one number a seed, the seeds in the same order everywhere."""
FORCED = "forced"
"""Key of a seed's result that holds arm -> the refusals that --force overrode."""


def interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """Mean of paired differences, one a seed, two at least, and the ends of its 95% interval by Student's t."""
    values = np.asarray(differences, np.float64)
    mean, error = float(values.mean()), float(values.std(ddof=1) / len(values) ** 0.5)
    half = float(student.ppf(0.975, len(values) - 1)) * error
    return mean, mean - half, mean + half


def over_seeds(found: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[Any]]]:
    """Arm -> measure -> one number a seed, from one result a seed: {arm: {measure: number}, "forced": …}."""
    arms = [arm for arm in found[0] if arm != FORCED]
    return {arm: {key: [each[arm][key] for each in found] for key in found[0][arm]} for arm in arms}


def count(seeds: range) -> str:
    """ "5 seeds (100 to 104)"."""
    return f"{len(seeds)} seeds ({seeds[0]} to {seeds[-1]})"


def forced(found: Sequence[Mapping[str, Any]]) -> str:
    """A sentence on the arms that ran only because the benchmark said --force; empty where none did."""
    counts: dict[str, list[str]] = {}
    for each in found:
        for arm, refusals in each.get(FORCED, {}).items():
            counts.setdefault(arm, []).extend(refusals[:1])
    listed = "; ".join(
        f"{arm}, in {len(lines)} of {len(found)} seeds ({lines[0].partition(':')[0]})"
        for arm, lines in counts.items() if lines
    )  # fmt: skip
    return f" Refused by default and run with --force: {listed}." if listed else " Nothing was forced."


def paired(
    title: str, arms: Arms, control: str, *, alone: Collection[str] = (), percent: bool = True, best: str = "highest"
) -> str:
    """Markdown: mean ± sd of each measure, and beside it the paired difference to the control with its 95% interval.

    percent: the numbers are shares, printed as per cent and the differences in points. A difference whose interval
    holds no 0 is in bold, whichever way it points. alone: measures without a difference beside them. best:
    the "highest" or the "lowest" is in italics, or "" for none.
    """
    measures = list(dict.fromkeys(name for row in arms.values() for name in row))
    heads = [head for name in measures for head in (name, *([] if name in alone else [f"− {control}"]))]
    lines = [f"| {title} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for arm, row in arms.items():
        cells: list[str] = []
        for name in measures:
            if name not in row:
                cells += [""] if name in alone else ["", ""]
                continue
            others = [float(np.mean(each[name])) for each in arms.values() if name in each]
            extreme = {"highest": max, "lowest": min}.get(best)
            is_best = extreme is not None and float(np.mean(row[name])) == extreme(others)
            cells.append(_cell(row[name], percent, is_best))
            if name not in alone:
                cells.append("" if arm == control else _difference(row[name], arms[control][name], percent))
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: Sequence[float], percent: bool, is_best: bool) -> str:
    factor, digits = (100, 1) if percent else (1, 2)
    spread = f" ± {np.std(values, ddof=1) * factor:.{digits}f}" if len(values) > 1 else ""
    text = f"{np.mean(values) * factor:.{digits}f}"
    return (f"*{text}*" if is_best else text) + spread


def _difference(values: Sequence[float], control: Sequence[float], percent: bool) -> str:
    factor, digits = (100, 1) if percent else (1, 2)
    mean, low, high = (part * factor for part in interval(np.subtract(values, control).tolist()))
    text = f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"
    return f"**{text}**" if low > 0 or high < 0 else text
