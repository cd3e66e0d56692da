"""Pieces of the page: everything that comes from data is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd


def section(title: str, inner: str, about: str = "", *, is_long: bool = False) -> str:
    """A heading with its content; "" without content. is_long: it may go on overleaf."""
    if not inner:
        return ""
    note = f" <small>{escape(about)}</small>" if about else ""
    return f"<section{' class=long' if is_long else ''}><h2>{escape(title)}{note}</h2>{inner}</section>"


def two(left: str, right: str) -> str:
    """Two sections side by side; one alone takes the whole width."""
    return f'<div class="two">{left}{right}</div>' if left and right else left + right


def paragraph(text: object, look: str = "") -> str:
    """A sentence or more."""
    return f'<p class="{look}">{escape(str(text))}</p>' if text else ""


def listed(lines: Sequence[object]) -> str:
    """Notes in a box."""
    return f'<div class="notes">{"".join(paragraph(line) for line in lines)}</div>' if lines else ""


def facts(pairs: Mapping[str, object]) -> str:
    """Names and values in two columns."""
    inner = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in pairs.items())
    return f"<dl>{inner}</dl>" if inner else ""


def table(found: pd.DataFrame, texts: Sequence[str]) -> str:
    """A table whose cells are printed as they are; texts: the columns that stand on the left of their cells."""
    looks = {name: ' class="text"' if name in texts else "" for name in found.columns}
    head = "".join(f"<th{looks[name]}>{escape(str(name))}</th>" for name in found.columns)
    rows = [
        "".join(f"<td{looks[name]}>{escape(str(value))}</td>" for name, value in zip(found.columns, row, strict=True))
        for row in found.itertuples(index=False, name=None)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
