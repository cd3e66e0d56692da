"""What is measured, and how it is printed. Positive is always what was planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import average_precision_score


def auprc(kind: np.ndarray, wanted: str, values: np.ndarray) -> float:
    """Area under the precision-recall curve of the rows of one kind against the regular ones; other kinds are left out.

    kind (N,) strings; values (N,), higher = harder; what is not known (NaN) ranks lowest. Returns 0 .. 1.
    """
    use = (kind == wanted) | (kind == "regular")
    return float(average_precision_score(kind[use] == wanted, _known(values)[use]))


def base_rate(kind: np.ndarray, wanted: str) -> float:
    """Share of that kind among it and the regular rows: the AUPRC of a random order."""
    return float((kind == wanted).sum() / np.isin(kind, [wanted, "regular"]).sum())


def calibration_error(probs: np.ndarray, is_true: np.ndarray, *, bins: int = 10) -> float:
    """Expected calibration error in 0 .. 1: |mean probability - share true| over bins of equal width.

    probs (N,) in 0 .. 1; is_true (N,) 0/1 or probabilities. Reference: Guo et al. 2017, arXiv:1706.04599.
    """
    bin = np.minimum((probs * bins).astype(int), bins - 1)
    gaps = np.bincount(bin, weights=probs - is_true, minlength=bins)
    return float(np.abs(gaps).sum() / len(probs))


def table(
    title: str,
    rows: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    best: str = "row",
    digits: int = 3,
    is_range: bool = False,
) -> str:
    """Markdown: mean ± sd of each cell's seeds (or lowest – highest), the best in each row or column in bold.

    rows: row -> column -> one number a seed; a column "base rate" is printed and never the best. best: "row",
    "column", "lowest" (of a column) or "".
    """
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = [_cell(row.get(column), digits, _is_best(rows, name, column, best), is_range) for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _is_best(rows: Mapping[str, Mapping[str, Sequence[float]]], name: str, column: str, best: str) -> bool:
    if column not in rows[name] or "base rate" in (name, column) or not best:
        return False
    if best == "lowest":
        return float(np.mean(rows[name][column])) <= min(
            float(np.mean(row[column])) for row in rows.values() if column in row
        )
    if best == "row":
        others = [cell for other, cell in rows[name].items() if other != "base rate"]
    else:
        others = [row[column] for other, row in rows.items() if column in row and other != "base rate"]
    return round(float(np.mean(rows[name][column])), 3) >= max(round(float(np.mean(other)), 3) for other in others)


def _cell(values: Sequence[float] | None, digits: int, is_best: bool, is_range: bool) -> str:
    if values is None or not len(values):
        return ""
    mean = f"{np.mean(values):.{digits}f}"
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 and np.std(values) > 0 else ""
    if spread and is_range:
        spread = f" ({np.min(values):.{digits}f}–{np.max(values):.{digits}f})"
    return f"**{mean}**{spread}" if is_best else mean + spread


def _known(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    lowest = np.nanmin(values) if not np.isnan(values).all() else 0.0
    return np.nan_to_num(values, nan=lowest - 1, posinf=np.finfo(np.float64).max / 2)
