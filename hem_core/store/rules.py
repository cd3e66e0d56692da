"""Rules: the stored form of a filter, a lasso, a matrix cell or a saved set.

A rule is JSON: {"all": [clause, …]}; it matches a row when every clause does. The clauses:
    {"column": c, "min": a, "max": b}           a number between, both ends included; either may be null
    {"column": c, "in": [values]}               one of these texts, booleans or numbers; null matches null
    {"column": c, "contains": text}             the text occurs, upper or lower case
    {"column": c, "matches": pattern}           a regular expression (RE2) matches somewhere in the text
    {"search": text}                            words, "phrases" or a /regular expression/ in the row's texts, ids,
                                                file names and labels; see store/search.py
    {"column": c, "word": text}                 the same as a whole word
    {"column": c, "words": {"min": a, "max": b}}              a text of so many words
    {"polygon": {"x": c, "y": c, "points": [[x, y], …]}}      inside the lasso (even-odd)
    {"tag": [names]}                            has one of these tags; [] = has no tag at all
    {"rows": [ids]}                             one of these ids
    {"near": {"id": id, "k": k}}                the k nearest of a row in the embedding, itself the first of them; with
                                                "other": true, of those with another label
    {"near": {"words": text, "k": k}}           the k pictures nearest to words, where a text–image model embedded them
    {"not": clause}                             what the clause leaves; a missing value is never matched, so
                                                "not" matches it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hem_core.errors import DataError
from hem_core.store import search
from hem_core.store.rule_text import describe

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

__all__ = ["Condition", "columns_of", "describe", "needs_tags", "to_sql", "validate"]

MOST_NOTS = 20
"""How deep 'not' may be nested."""
MOST_CLAUSES = 200
MOST_BOUND = 100
"""Values of 'in' that are bound one by one; more are joined as a table."""

Rule = Mapping[str, Any]
Inside = Callable[[str, str, list[list[float]]], "np.ndarray"]
Near = Callable[[Mapping[str, Any]], "np.ndarray"]
MOST_NEAR = 100_000
"""The largest k of a near clause."""
MOST_WORDS = 500
"""Characters of the words of a near clause."""
LETTER = r"\pL\pN_"
"""Of a word, as a class of a regular expression; an apostrophe between two letters is a part of it too."""
TEXT_KEYS = ("contains", "matches", "word", "words")
"""What a clause can ask of a column of texts."""
A_WORD = f"[{LETTER}]+(?:['’][{LETTER}]+)*"


@dataclass
class Condition:
    """A rule as SQL: an expression over columns `id`, `row` and the named ones, the parameters in the
    order of their `?`, and the small tables that the expression reads by name."""

    sql: str = "true"
    parameters: list[Any] = field(default_factory=list)
    relations: dict[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True)
class Lookups:
    """What clauses need beyond the columns."""

    tags: pd.DataFrame | None = None
    inside: Inside | None = None
    near: Near | None = None


def validate(rule: Rule | None, columns: Mapping[str, str]) -> None:
    """Check that a rule has the form above and names columns that exist.

    columns maps a name to 'number', 'category', 'bool' or 'text'.
    Raises DataError naming the clause and what there is.
    """
    if len(clauses(rule)) > MOST_CLAUSES:
        raise DataError(
            f"a rule has {MOST_CLAUSES} clauses at most; this one has {len(clauses(rule)):,}: combine some of them"
        )
    for clause in clauses(rule):
        _check(clause, columns)


def to_sql(
    rule: Rule | None,
    columns: Mapping[str, str],
    *,
    tags: pd.DataFrame | None = None,
    inside: Inside | None = None,
    near: Near | None = None,
) -> Condition:
    """Turn a rule into a condition for DuckDB; names are checked, values are bound.

    tags: the tag state (columns id, tag), needed by a tag clause. inside(x, y, points) gives the row
    numbers within a polygon, needed by a polygon clause; near(what it holds) those of a near clause.
    Raises DataError when the rule is not valid or something it wants is not given.
    """
    validate(rule, columns)
    condition, lookups = Condition(), Lookups(tags, inside, near)
    parts = [_sql(clause, columns, condition, lookups) for clause in clauses(rule)]
    condition.sql = " AND ".join(parts) or "true"
    return condition


def columns_of(rule: Rule | None, columns: Mapping[str, str] | None = None) -> set[str]:
    """The column names that a rule reads; `id` where it names examples. columns: as `validate` takes them, for a search
    in all of them."""
    names: set[str] = set()
    for clause in map(positive, clauses(rule)):
        if "search" in clause:
            names |= set(search.searched(columns or {}))
        elif "column" in clause:
            names.add(clause["column"])
        elif "polygon" in clause:
            names |= {clause["polygon"]["x"], clause["polygon"]["y"]}
        else:
            names.add("id")
    return names


def needs_tags(rule: Rule | None) -> bool:
    """Whether the rule has a tag clause, so that the tag state is needed."""
    return any("tag" in positive(clause) for clause in clauses(rule))


def clauses(rule: Rule | None) -> list[Rule]:
    """The clauses of a rule; none where there is no rule. Raises DataError when it has another form."""
    if rule is None or rule == {}:
        return []
    if not isinstance(rule, Mapping) or set(rule) != {"all"} or not isinstance(rule["all"], list):
        raise DataError(f'a rule is {{"all": [clauses]}}; this one is {_short(rule)}')
    return rule["all"]


def positive(clause: Rule) -> Rule:
    """A clause without the `not` around it, however many there are."""
    while "not" in clause:
        clause = clause["not"]
    return clause


def _check(clause: Any, columns: Mapping[str, str], depth: int = 0) -> None:
    match clause:
        case {"not": inner, **rest} if not rest:
            if depth == MOST_NOTS:
                raise DataError(f"a clause holds more than {MOST_NOTS} 'not' inside each other; two of them cancel out")
            _check(inner, columns, depth + 1)
        case {"column": str(name), "in": list(values), **rest} if not rest:
            _check_values(name, values, _type_of(name, columns), clause)
        case (
            {"column": str(), "contains": _, **rest}
            | {"column": str(), "matches": _, **rest}
            | {"column": str(), "word": _, **rest}
        ) if not rest:
            _check_of_text(clause, columns)
        case {"column": str(), "words": {**bounds}, **rest} if not rest and set(bounds) <= {"min", "max"}:
            _check_of_text(clause, columns)
        case {"search": str(text), **rest} if not rest:
            if not _is_text(text):
                raise DataError(f"the search has a lone surrogate, which is not a character: {text!r}")
            search.parse(text)
        case {"column": str(name), **bounds} if bounds and set(bounds) <= {"min", "max"}:
            if _type_of(name, columns) != "number":
                raise DataError(f"column '{name}' holds no numbers; min and max need them: use in, or contains")
            if not all(bound is None or _is_number(bound) for bound in bounds.values()):
                raise DataError(f"min and max of column '{name}' are numbers or null; this clause is {_short(clause)}")
        case {"polygon": {"x": str(x), "y": str(y), "points": list(points)}, **rest} if not rest:
            for name in (x, y):
                if _type_of(name, columns) != "number":
                    raise DataError(f"column '{name}' holds no numbers; a polygon needs two columns of them")
            if len(points) < 3 or not all(_is_point(point) for point in points):
                raise DataError(f"a polygon has three points [x, y] or more; this one has {_short(points)}")
        case {"near": {"k": int(), **sought}} if len(clause) == 1 and _is_sought(sought):
            _check_near(clause["near"])
        case {"tag": list(names)} | {"rows": list(names)} if len(clause) == 1:
            if not all(_is_text(name) for name in names):
                raise DataError(f"tags and rows are lists of texts; this clause is {_short(clause)}")
        case _:
            raise DataError(
                f"no clause has the form {_short(clause)}; a clause has 'column' with min/max, "
                "in, contains, matches, word or words, or 'search', 'polygon', 'tag', 'rows', 'near', 'not'"
            )


def _check_of_text(clause: Rule, columns: Mapping[str, str]) -> None:
    """Check a clause with `contains`, `matches`, `word` or `words`."""
    name, what = clause["column"], next(key for key in TEXT_KEYS if key in clause)
    wanted = clause[what]
    if what == "words":
        if not all(bound is None or _is_number(bound) for bound in wanted.values()):
            raise DataError(f"min and max of the words are numbers or null; this clause is {_short(clause)}")
    elif not isinstance(wanted, str) or (what == "word" and not wanted.strip()):
        raise DataError(
            f"'{what}' of column '{name}' is a {'word' if what == 'word' else 'text'}; got {_short(clause)}"
        )
    elif not _is_text(wanted):
        raise DataError(f"'{what}' of column '{name}' has a lone surrogate, which is not a character: {wanted!r}")
    if _type_of(name, columns) not in ("category", "text"):
        raise DataError(f"column '{name}' holds no text, so '{what}' does not apply: use min and max, or in")
    if what == "matches":
        search.check_pattern(wanted)


def _is_sought(sought: Mapping[str, Any]) -> bool:
    """Whether a near clause has, beside k, the id of a row or words, in texts."""
    names = set(sought)
    is_known = names == {"words"} or (names <= {"id", "other"} and "id" in names)
    return is_known and isinstance(sought.get("id", sought.get("words")), str)


def _check_near(near: Mapping[str, Any]) -> None:
    words = near.get("words", "-")
    if not words.strip() or len(words) > MOST_WORDS or not _is_text(words):
        raise DataError(f"near names words, 1 to {MOST_WORDS} characters; got {_short(near)}")
    if not _is_text(near.get("id", "")) or isinstance(near["k"], bool) or not 1 <= near["k"] <= MOST_NEAR:
        raise DataError(f"near names an id and k, a whole number of 1 to {MOST_NEAR:,}; got {_short(near)}")
    if not isinstance(near.get("other", False), bool):
        raise DataError(f"'other' of near is true or false; got {_short(near)}")


def _check_values(name: str, values: list[Any], type_: str, clause: Rule) -> None:
    wanted: tuple[str, Callable[[Any], bool]] = {
        "number": ("numbers", _is_number),
        "bool": ("true and false", lambda value: isinstance(value, bool)),
    }.get(type_, ("texts", _is_text))
    if not all(value is None or wanted[1](value) for value in values):
        raise DataError(f"column '{name}' holds {wanted[0]}; this clause is {_short(clause)}")


def _type_of(name: str, columns: Mapping[str, str]) -> str:
    if name not in columns:
        raise DataError(f"no column '{name}'; there are: {', '.join(sorted(columns))}")
    return columns[name]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value if isinstance(value, float) else -(2**63) <= value < 2**63


def _is_text(value: object) -> bool:
    """Is it text that can be stored: no half of a surrogate pair?"""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_point(point: object) -> bool:
    return isinstance(point, list | tuple) and len(point) == 2 and all(_is_number(part) for part in point)


def _sql(clause: Rule, columns: Mapping[str, str], condition: Condition, lookups: Lookups) -> str:
    match clause:
        case {"not": inner}:
            return f"(NOT {_sql(inner, columns, condition, lookups)})"
        case {"column": name, "in": values}:
            return _one_of(quote(name), columns[name], values, condition)
        case {"column": name, "contains": text}:
            condition.parameters.append(text)
            return f"coalesce(contains(lower({quote(name)}), lower(?)), false)"
        case {"column": name, "matches": pattern}:
            condition.parameters.append(pattern)
            return search.matches(f"CAST({quote(name)} AS VARCHAR)")
        case {"search": text}:
            sql, parameters = search.to_sql(search.parse(text), [quote(name) for name in search.searched(columns)])
            condition.parameters += parameters
            return sql
        case {"column": name, "word": word}:
            condition.parameters.append(_pattern(word))
            return f"coalesce(regexp_matches(lower({quote(name)}), ?), false)"
        case {"column": name, "words": bounds}:
            a_word = A_WORD.replace("'", "''")
            return _between(f"len(regexp_extract_all({quote(name)}, '{a_word}'))", bounds, condition)
        case {"column": name}:
            return _between(quote(name), clause, condition)
        case {"rows": ids}:
            return f"(id IN (SELECT id FROM {_relation(condition, 'id', ids)}))"
    return _looked_up(clause, condition, lookups)


def _looked_up(clause: Rule, condition: Condition, lookups: Lookups) -> str:
    """The clauses that need more than the columns."""
    match clause:
        case {"polygon": {"x": x, "y": y, "points": points}}:
            if lookups.inside is None:
                raise DataError("a polygon clause needs the coordinates: pass inside=(x, y, points) -> row numbers")
            return f"(row IN (SELECT row FROM {_relation(condition, 'row', lookups.inside(x, y, points))}))"
        case {"near": near}:
            if lookups.near is None:
                raise DataError("a near clause needs the embedding: pass near=(clause) -> row numbers")
            return f"(row IN (SELECT row FROM {_relation(condition, 'row', lookups.near(near))}))"
        case {"tag": names}:
            if lookups.tags is None:
                raise DataError("the rule asks for tags: pass tags=, the state of the tag log")
            chosen = lookups.tags.loc[lookups.tags["tag"].isin(names), "id"] if names else lookups.tags["id"]
            ids = list(dict.fromkeys(chosen))
            tagged = f"id IN (SELECT id FROM {_relation(condition, 'id', ids)})"
            return f"({tagged})" if names else f"(NOT {tagged})"
    raise AssertionError(clause)


def _pattern(word: str) -> str:
    """A regular expression that finds a word in a lower-case text: nothing around it that would belong to it."""
    import re

    before = f"(?:^|[^{LETTER}'’]|(?:^|[^{LETTER}'’])['’]|['’]['’])"
    after = f"(?:$|[^{LETTER}'’]|['’](?:$|[^{LETTER}'’])|['’]['’])"
    return before + re.escape(word.lower()) + after


def _one_of(column: str, type_: str, values: list[Any], condition: Condition) -> str:
    given = list(dict.fromkeys(value for value in values if value is not None))
    if len(given) > MOST_BOUND:
        # DuckDB's planner takes seconds over thousands of parameters.
        sql = f"coalesce({column} IN (SELECT value FROM {_relation(condition, 'value', given, type_)}), false)"
    else:
        condition.parameters += given
        sql = f"coalesce({column} IN ({', '.join('?' for _ in given)}), false)" if given else "false"
    return f"({sql} OR {column} IS NULL)" if None in values else f"({sql})"


def _between(column: str, bounds: Mapping[str, Any], condition: Condition) -> str:
    parts = [known_number(column)]
    for sign, bound in ((">=", bounds.get("min")), ("<=", bounds.get("max"))):
        if bound is not None:
            condition.parameters.append(float(bound))
            parts.append(f"{column} {sign} ?::DOUBLE")
    return f"coalesce({' AND '.join(parts)}, false)"


def _relation(condition: Condition, column: str, values: Sequence[Any] | np.ndarray, type_: str = "") -> str:
    import pyarrow as pa

    name = f"hem_{column}_{len(condition.relations)}"
    if column == "row":
        array = pa.array(values, pa.int64())
    elif type_ == "number":
        array = pa.array(values, pa.int64() if all(isinstance(value, int) for value in values) else pa.float64())
    else:
        array = pa.array(values, pa.string())
    condition.relations[name] = pa.table({column: array})
    return name


def known_number(column: str) -> str:
    """SQL that is false for NaN, which DuckDB sorts above infinity and which is in no range here."""
    # Not isnan(): Parquet's statistics leave NaN out, and DuckDB trusts them and answers false at once.
    return f"(isfinite({column}::DOUBLE) OR isinf({column}::DOUBLE))"


def quote(name: str) -> str:
    """A column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
