"""The filters of History: drawn from the address and written back to it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast

import streamlit as st

from app import state, words
from hem_core.store.tag_pages import KINDS, Kind, Pages, Wanted

EVERYBODY = "Everybody"
TITLES = {"all": "All", "verdict": "Verdicts", "tag": "Tags", "bulk": "On many", "undo": "Reversals"}


def draw(pages: Pages, levels: list[str]) -> Wanted:
    """Draw the filters; what they ask for. levels: those whose actions can be told apart."""
    now = state.history()
    people = pages.people()
    wanted = _wanted(now, people, levels)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Person", [EVERYBODY, *people], key=state.put("history_who", wanted.who or EVERYBODY), width=170,
            on_change=_takes("history_who", "who", lambda who: "" if who == EVERYBODY else who),
        )  # fmt: skip
        st.segmented_control(
            "Kind", KINDS, format_func=TITLES.__getitem__, key=state.put("history_kind", wanted.kind),
            on_change=_takes("history_kind", "kind", lambda kind: "" if kind in (None, "all") else kind),
        )  # fmt: skip
        if len(levels) > 1:
            st.segmented_control(
                "Rows", levels, format_func=lambda name: words.noun(name).capitalize(),
                key=state.put("history_level", wanted.level or None),
                on_change=_takes("history_level", "level", lambda level: level or ""),
            )  # fmt: skip
        st.text_input(
            "Tag", key=state.put("history_text", wanted.text), placeholder="tag or new label", width=180,
            on_change=_takes("history_text", "text", str.strip),
        )  # fmt: skip
        st.date_input(
            "From … to", key=state.put("history_days", _days(now)), format="YYYY-MM-DD", width=230,
            on_change=_takes("history_days", "days", lambda days: [day.isoformat() for day in days]),
        )  # fmt: skip
        if set(now) - {"page"} and st.button("Clear filters", type="tertiary", key="history_clear"):
            state.set_history({})
            st.rerun()
    return wanted


def page_number() -> int:
    """The page on screen, from 0."""
    page = state.history().get("page", 0)
    return page if type(page) is int and page >= 0 else 0


def turn_to(page: int) -> None:
    """Show another page."""
    rest = {name: value for name, value in state.history().items() if name != "page"}
    state.set_history(rest | ({"page": page} if page else {}))


def _wanted(now: dict[str, Any], people: list[str], levels: list[str]) -> Wanted:
    """What the address asks for, as far as it can be asked."""
    days = _days(now)
    end = days[-1] + timedelta(days=1) if days else None
    return Wanted(
        who=now["who"] if now.get("who") in people else "",
        kind=cast(Kind, now["kind"]) if now.get("kind") in KINDS else "all",
        text=str(now.get("text", ""))[:200],
        from_ms=_ms(days[0]) if days else None,
        to_ms=_ms(end) if end is not None else None,
        level=now["level"] if now.get("level") in levels else "",
    )


def _days(now: dict[str, Any]) -> tuple[date, ...]:
    """None, the first, or the first and the last day."""
    try:
        return tuple(sorted(date.fromisoformat(day) for day in now.get("days", [])[:2]))
    except (TypeError, ValueError):
        return ()


def _ms(day: date) -> int:
    return round(datetime.combine(day, time.min).astimezone().timestamp() * 1000)


def _takes(key: str, name: str, read: Any) -> Any:
    """A callback that writes a widget's value to the address, and goes back to the first page."""

    def take(value: Any) -> None:
        now = {key: kept for key, kept in state.history().items() if key not in (name, "page")}
        found = read(value)
        state.set_history(now | ({name: found} if found else {}))

    return state.take(key, take)
