"""The result of an action on tags, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.words import counted
from hem_core.store.verdicts import ALL

if TYPE_CHECKING:
    from hem_core.tasks import Choice

WORDS = {verdict.name: verdict.words for verdict in ALL}


def offered() -> list[dict[str, str]]:
    """The verdicts that the app offers, in the order of their keys, as the browser side reads them."""
    return [
        {"name": verdict.name, "words": verdict.words, "meaning": verdict.meaning, "key": verdict.key}
        for verdict in ALL
        if verdict.key
    ]


def offered_on_many(choices: Sequence[Choice]) -> list[dict[str, str]]:
    """What Explore offers on many rows at once, as it reads them: the choices of a task whose rows people correct, else
    the verdicts of examples. `title` is what the button says."""
    if choices:
        return [{"name": one.tag, "title": capital(one.words), "meaning": one.meaning} for one in choices]
    return [{"name": one["name"], "title": capital(one["name"]), "meaning": one["meaning"]} for one in offered()]


def without(n: int, what: str, level: str) -> str:
    """That some rows lack what a verdict is about: `Left out: 3 boxes where nothing is predicted.`"""
    return f"Left out: {counted(n, level)} where nothing is {what}." if n else ""


def capital(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def undone(entry: Mapping[str, Any] | None, person: str, *, level: str, has_window: bool) -> str:
    """What an undo did: `Undone: “hard” on 20 examples. bob has said something else of 3 of them since …`.

    entry: what TagLog.undo returns; level: the name of the level whose rows its ids are.
    """
    if entry is None:
        return "Nothing to undo in this window." if has_window else f"Nothing to undo for {person}."
    sentence = f"{'Redone' if entry['action'] == 'redo' else 'Undone'}: {_action(entry)} {_where(entry['ids'], level)}."
    since: Mapping[str, int] = entry["others_since"]
    if not since:
        return sentence
    n = sum(since.values())
    them = "it" if entry["n"] == 1 else f"{n:,} of them"
    return f"{sentence} {_people(since, person)} said something else about {them} since; that stays."


def replaced(others: Mapping[str, int], n: int, person: str) -> str:
    """Whose word an action on n rows replaced; "" where there was none.

    others: what TagLog.replaced returns.
    """
    if not others:
        return ""
    whose = _people(others, person)
    what = "a tag" if n == 1 else f"tags on {sum(others.values()):,} of them"
    return f"This replaced {what} by {whose}; undo brings that back."


def _action(entry: Mapping[str, Any]) -> str:
    if entry["undone_action"] == "clear":
        return "clearing the tags"
    value = f" → {entry['value']}" if entry["value"] else ""
    return f"“{entry['tag']}{value}”" if entry["undone_action"] == "add" else f"removing “{entry['tag']}”"


def _where(ids: Sequence[str], level: str) -> str:
    return f"on {ids[0]}" if len(ids) == 1 else f"on {counted(len(ids), level)}"


def _people(others: Mapping[str, int], person: str) -> str:
    names = [name if name != person else "you in another window" for name in sorted(others)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
