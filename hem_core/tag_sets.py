"""A set of tags as one text: names joined by a separator, those whose presence is not known with a mark before them."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SEPARATORS = ("|", ";", ",")
"""What may stand between the names of a joined text."""
PLAIN = "|"
"""The separator of sets that came as lists, as columns or as numbers."""
NONE = "(none)"
"""The text of a set without a name."""
UNKNOWN = "?"
"""Before a name: whether the example has this tag is not known."""
ESCAPE = "\\"


@dataclass(frozen=True)
class TagSet:
    """The names that an example has, and those of which nobody said whether it has them; all others it has not."""

    given: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def joined(tags: TagSet, glue: str = PLAIN) -> str:
    r"""The text of a set: `beach|urban`, `beach|?urban`, `(none)`; `split` reads it back.

    glue: a separator, with blanks around it or without. In a name the separator and a leading mark get a backslash.
    """
    separator = glue.strip()
    parts = [_escaped(name, separator) for name in tags.given]
    parts += [UNKNOWN + _escaped(name, separator) for name in tags.unknown]
    return glue.join(parts) if parts else NONE


def split(text: str, separator: str = PLAIN) -> TagSet:
    """The set in a text that `joined` made; blanks around a name do not count."""
    if text.strip() in ("", NONE):
        return TagSet()
    given, unknown = [], []
    for part in _parts(text, separator):
        name = part.strip()
        if name.startswith(UNKNOWN) and len(name) > 1:
            unknown.append(_plain(name[1:]))
        elif name:
            given.append(_plain(name))
    return TagSet(_once(given), _once(unknown))


def split_plainly(text: str, separator: str) -> TagSet:
    """The set in a text that a person or another program joined: nothing in it is a mark or an escape but `(none)`."""
    if text.strip() == NONE:
        return TagSet()
    return TagSet(_once(part.strip() for part in text.split(separator) if part.strip()))


def joined_by(labels: Iterable[str]) -> str:
    """The separator, | or ;, by which the labels look like sets of tags that were joined; "" where they do not.

    They do where there are more different labels than names in them, and each name is in two different labels or more.
    """
    distinct = set(labels)
    for separator in (PLAIN, ";"):
        sets = {text: split_plainly(text, separator).given for text in distinct if text.strip()}
        counts = Counter(name for names in sets.values() for name in names)
        if counts and len(sets) > len(counts) and min(counts.values()) > 1:
            return separator
    return ""


def listed(text: str) -> list[str] | None:
    """The names in a text that is a list, as JSON or Python write it; None for any other text."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list) and not any(isinstance(each, list | dict) or each is None for each in found):
            return [str(each) for each in found]
    return None


def _escaped(name: str, separator: str) -> str:
    found = name.replace(ESCAPE, ESCAPE * 2).replace(separator, ESCAPE + separator)
    return ESCAPE + found if found.startswith(UNKNOWN) or found == NONE else found


def _parts(text: str, separator: str) -> list[str]:
    """The text cut at the separators that have no escape before them."""
    if ESCAPE not in text:
        return text.split(separator)
    parts, is_escaped = [""], False
    for letter in text:
        if letter == separator and not is_escaped:
            parts.append("")
        else:
            parts[-1] += letter
        is_escaped = letter == ESCAPE and not is_escaped
    return parts


def _plain(name: str) -> str:
    """A name without its escapes."""
    if ESCAPE not in name:
        return name
    found, is_escaped = "", False
    for letter in name:
        is_escaped = letter == ESCAPE and not is_escaped
        found += "" if is_escaped else letter
    return found


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
