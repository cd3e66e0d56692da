"""A rule in words, for the chip that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Title = Callable[[str], str]
Named = Callable[[str, str], str]


def describe(rule: Mapping[str, Any] | None, title: Title = str, named: Named = lambda _column, value: value) -> str:
    """Describe a rule in one line: "difficulty 90 to 100 · label is Shirt"; "everything" without a rule.

    title: what a reader sees for a column; named(column, value): for one of its values.
    """
    parts = [_clause(clause, title, named) for clause in (rule or {}).get("all", [])]
    return " · ".join(parts) or "everything"


def _clause(clause: Mapping[str, Any], title: Title, named: Named) -> str:
    match clause:
        case {"not": inner}:
            return f"not ({_clause(inner, title, named)})"
        case {"column": column, "in": values}:
            return f"{title(column)} is {_any_of([named(column, _value(value)) for value in values])}"
        case {"column": column, "contains": text}:
            return f"{title(column)} contains “{text}”"
        case {"column": column, "matches": pattern}:
            return f"{title(column)} matches /{pattern}/"
        case {"search": text}:
            return f"search {text}" if text.startswith("/") else f"search “{text}”"
        case {"column": column, "word": word}:
            return f"{title(column)} has the word “{word}”"
        case {"column": column, "words": bounds}:
            return f"{title(column)} has {_range(bounds.get('min'), bounds.get('max')).removeprefix('is ')} words"
        case {"column": column}:
            return f"{title(column)} {_range(clause.get('min'), clause.get('max'))}"
        case {"polygon": {"x": x, "y": y}}:
            return f"lasso on {title(x)} and {title(y)}"
        case {"tag": []}:
            return "no tag"
        case {"tag": names}:
            return f"tagged {_any_of(names)}"
        case {"near": near}:
            other = " with another label" if near.get("other") else ""
            to = f"“{near['words']}”" if "words" in near else near["id"]
            return f"the {near['k']:,} nearest to {to}{other}"
        case {"rows": ids}:
            return f"{len(ids):,} chosen"
    return str(clause)


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "is known"
    if low is None:
        return f"up to {high:.6g}"
    if high is None:
        return f"from {low:.6g}"
    return f"is {low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _any_of(names: list[str]) -> str:
    if not names:
        return "nothing"
    shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _value(value: object) -> str:
    if value is None:
        return "missing"
    return str(value).lower() if isinstance(value, bool) else str(value)
