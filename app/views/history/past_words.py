"""An action of the log in words, and what reversing it would change; nothing here draws."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from app import words
from app.wire.tag_words import WORDS
from hem_core.store.rule_text import describe
from hem_core.store.tag_pages import Action
from hem_core.store.tag_reversal import Reversal

LONGEST = 60
"""Characters of an id or a value that are shown."""


def what(action: Action) -> str:
    """What was done: `“label wrong → cat”`, `removed “night”`, `cleared all tags`, `reversed “hard, keep”`."""
    if action.done is None:
        return deed(action)
    return f"{'restored' if action.action == 'redo' else 'reversed'}: {deed(action.done)}"


def deed(action: Action) -> str:
    """What an action that is no undo did."""
    if action.action == "clear":
        return "cleared all tags"
    value = f" → {_short(action.value)}" if action.value else ""
    quoted = f"“{_title(action.tag)}{value}”"
    return f"removed {quoted}" if action.action == "remove" else quoted


def about(action: Action) -> str:
    """The rows that it is about: the id of one, else how many."""
    return _short(action.ids[0]) if len(action.ids) == 1 else words.counted(len(action.ids), action.level)


def chosen_by(action: Action) -> str:
    """How many rows were chosen: `by a filter: difficulty from 90`; "" for one."""
    done = action.done or action
    try:
        rule = json.loads(done.rule or "null")
    except ValueError:
        rule = None
    if isinstance(rule, dict) and "imported" in rule:
        return f"imported from {rule['imported']}"
    if isinstance(rule, dict) and rule.get("all"):
        return f"by a filter: {describe(rule)}"
    return "chosen one by one" if len(action.ids) > 1 else ""


def consequence(action: Action, found: Reversal) -> str:
    """What a reversal would change, in sentences."""
    if found.is_undone:
        return "Somebody has reversed it already. Nothing would change."
    if not found.n_changed:
        rows = "The row was" if found.n == 1 else f"All {words.counted(found.n, action.level)} were"
        return f"{rows} tagged again later, and that stays: nothing would change but this list."
    first = f"{_effect(action, found)}."
    if not found.n_left:
        return first
    them, stay = ("row was", "stays as it is") if found.n_left == 1 else ("rows were", "stay as they are")
    return f"{first} {found.n_left:,} {them} tagged again later and {stay}."


def markup(action: Action, *, is_here: bool, picture: str | None) -> str:
    """An action as HTML: a line with what and how many, struck where it is undone, and a line with who and when."""
    line = f"<b>{escape(what(action))}</b> · {escape(about(action))}"
    how = f'<div class="hem-past-how">{escape(chosen_by(action))}</div>' if chosen_by(action) else ""
    marks = "".join(f"<em>{escape(mark)}</em>" for mark in _marks(action, is_here=is_here))
    image = f'<img src="{picture}" alt="">' if picture else ""
    is_undone = ' class="is-undone"' if action.undone_by else ""
    return (
        f'<div class="hem-past">{image}<div><div{is_undone}>{line}</div>{how}'
        f"<small>{escape(action.who)} · {escape(moment(action.at_ms))}{marks}</small></div></div>"
    )


def moment(at_ms: int) -> str:
    """When, in local time."""
    from datetime import UTC, datetime

    return words.moment(datetime.fromtimestamp(at_ms / 1000, UTC).isoformat())


def _marks(action: Action, *, is_here: bool) -> list[str]:
    undone = f"reversed by {action.undone_by}" if action.undone_by else ""
    done = action.done
    whose = f"what {done.who} did {moment(done.at_ms)}" if done is not None else ""
    return [mark for mark in (whose, undone, "this window" if is_here else "") if mark]


def _effect(action: Action, found: Reversal) -> str:
    done = action.done or action
    is_taken_back = action.action != "undo"
    n = about(action) if found.n == 1 else f"{found.n_changed:,} of {words.counted(found.n, action.level)}"
    if done.action == "add" and is_taken_back:
        again = "an earlier tag again" if found.n == 1 else "an earlier one again"
        regained = f", {'which gets' if found.n == 1 else f'{found.n_regained:,} of which get'} {again}"
        return f"Takes {deed(done)} off {n}{regained if found.n_regained else ''}"
    if done.action == "add":
        return f"Gives {deed(done)} to {n} again"
    return f"Gives the tags back to {n}" if is_taken_back else f"Takes the tags off {n} again"


def _title(tag: str) -> str:
    return WORDS.get(tag, tag)


def _short(text: Any) -> str:
    text = str(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
