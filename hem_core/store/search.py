"""Search in the ids, file names, labels and texts of a level: words, "phrases" in quotes, or a /regular expression/.

Regular expressions are those of RE2, which DuckDB uses: linear in the length of the text, whatever the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hem_core.errors import DataError
from hem_core.store.database import cursor

LONGEST = 500
"""Characters of a search; a longer one is a mistake."""
MOST_WORDS = 20
LEFT_OUT = {
    "content_hash", "evidence", "marks", "predicted_in_sample", "predicted_oos", "reason", "split", "suggested_label",
}  # fmt: skip
"""Columns of text that say something about a row but are not of it; found by a filter of their own."""
_PATTERN = re.compile(r"/(.*)/(i?)", re.DOTALL)
_MISSING = re.compile(r"\(\?<?[=!]|\\[1-9]")
_TERM = re.compile(r'"([^"]+)"|(\S+)')


@dataclass(frozen=True)
class Search:
    """A search as it was understood: all of `words`, upper or lower case, or where there are none, `pattern`."""

    words: tuple[str, ...] = ()
    pattern: str = ""
    is_case_sensitive: bool = False


def parse(text: str) -> Search:
    """Read what a user typed: `lazy "brown fox"`, or `/fo+x$/`; `/fo+x$/i` ignores case.

    Raises DataError for an empty or overlong search, and for a regular expression that is not one.
    """
    if not text.strip() or len(text) > LONGEST:
        raise DataError(f"a search has 1 to {LONGEST} characters; this one has {len(text.strip()):,}")
    written = _PATTERN.fullmatch(text.strip())
    if written:
        pattern, ignore = written.groups()
        check_pattern(pattern)
        return Search(pattern=pattern, is_case_sensitive=not ignore)
    words = tuple(dict.fromkeys(phrase or word for phrase, word in _TERM.findall(text)))
    if len(words) > MOST_WORDS:
        raise DataError(f"a search has {MOST_WORDS} words at most; this one has {len(words)}")
    return Search(words=words)


@lru_cache(maxsize=256)
def check_pattern(pattern: str) -> None:
    """Raise DataError, with RE2's reason, for a text that is no regular expression."""
    import duckdb

    if not pattern:
        raise DataError("the regular expression between the slashes is empty")
    if len(pattern) > LONGEST:
        raise DataError(f"a regular expression has {LONGEST} characters at most; this one has {len(pattern):,}")
    try:
        cursor().execute("SELECT regexp_matches('', ?)", [pattern]).fetchone()
    except duckdb.Error as error:
        why = str(error).partition("Error: ")[2].strip() or str(error)
        more = ". Look-around and back-references do not exist here" if _MISSING.search(pattern) else ""
        raise DataError(f"/{pattern}/ is not a regular expression: {why}{more}") from error


def searched(columns: Mapping[str, str]) -> list[str]:
    """The columns that a search reads: those of text, ids, file names and labels; columns: name -> kind."""
    return [name for name, kind in columns.items() if kind in ("text", "category") and name not in LEFT_OUT]


def to_sql(search: Search, names: Sequence[str]) -> tuple[str, list[str]]:
    """The condition on quoted column names, and its parameters."""
    texts = [f"CAST({name} AS VARCHAR)" for name in names]
    if not texts:
        return "false", []
    if search.words:
        # A word holds no line break, so that none is found across two columns.
        whole = f"lower(concat_ws(chr(10), {', '.join(texts)}))"
        parts = [f"coalesce(contains({whole}, lower(?)), false)" for _word in search.words]
        return f"({' AND '.join(parts)})", list(search.words)
    parts = [matches(text, is_case_sensitive=search.is_case_sensitive) for text in texts]
    return f"({' OR '.join(parts)})", [search.pattern] * len(parts)


def matches(text: str, *, is_case_sensitive: bool = True) -> str:
    """SQL that says whether a pattern, its one parameter, occurs in an SQL expression; false where that is null."""
    return f"coalesce(regexp_matches({text}, ?, '{'c' if is_case_sensitive else 'i'}'), false)"


def found_in(search: Search, texts: Sequence[str | None]) -> list[list[str]]:
    """What of each text matches, as it is written there, each once; for marking it."""
    if search.words:
        return [_words_in(search.words, text or "") for text in texts]
    options = "c" if search.is_case_sensitive else "i"
    rows = cursor().execute(
        "SELECT list_distinct(regexp_extract_all(text, $pattern, 0, $options)) FROM "
        "(SELECT unnest($texts::VARCHAR[]) AS text, generate_subscripts($texts::VARCHAR[], 1) AS place) ORDER BY place",
        {"pattern": search.pattern, "texts": list(texts), "options": options},
    ).fetchall()  # fmt: skip
    return [[part for part in found or [] if part] for (found,) in rows]


def _words_in(words: Sequence[str], text: str) -> list[str]:
    lower, found = text.lower(), []
    for word in words:
        at = lower.find(word.lower())
        # The lower case of a few letters is longer than they are: then the word stands for itself.
        if at >= 0:
            found.append(text[at : at + len(word)] if len(lower) == len(text) else word)
    return found
