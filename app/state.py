"""One visitor's view: session state mirrored in the page's address."""

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import login
from app.access_pages import signed_by
from app.rule_fitting import without_places
from hem_core.store.level_names import EXAMPLES

if TYPE_CHECKING:
    from streamlit.navigation.page import Page as StreamlitPage

ADDRESS = (
    "run", "level", "rule", "selection", "view", "queue", "detection", "against", "cell", "retrain", "add", "history",
)  # fmt: skip
"""Names that stand in the URL, so that a copied address opens the same view."""

AUDIT = "audit"
"""The queue of Review with a random sample of each bin of difficulty, judged blind."""

DISPUTES = "disagreements"
"""The queue of Review with what people disagree on."""

LONGEST = 6_000
"""A longer value (a lasso of thousands of corners) stays in the session only."""

JUST = 10.0
"""Seconds for which an example that was opened from another page is kept beside the address."""


def sync() -> None:
    """Bring session and address together; once at the top of every script run.

    An address that the page did not write itself (opened, edited, gone back to) wins, also in what it lacks; an
    address that a page change has emptied, the run included, is written again.
    """
    is_emptied = "run" not in st.query_params
    for name in ADDRESS:
        text = st.query_params.get(name)
        if text is None and not is_emptied and _written(name):
            st.session_state[_key(name)] = ""
        elif text is not None and text != _written(name):
            st.session_state[_key(name)] = text
    _write(*ADDRESS)


def current_run() -> str | None:
    """Name of the run on screen, or None when none has been chosen yet."""
    return _get("run") or None


def set_current_run(name: str) -> None:
    """Show another run; a selection, a lasso on the embedding map and the queue of disagreements belong to their run
    and are dropped.

    The rest of the filter stays, as far as the new run has its columns and values: `scope.fit` sees to that. An example
    of Review stays where the new run is of the same data.
    """
    if name == current_run():
        return
    if current_run():
        _drop_places()
        remember("left_run", current_run())
    _set("run", name)


def current_level() -> str:
    """Name of the level whose rows are on screen: 'examples', or the parts of them that the run has."""
    return _get("level") or EXAMPLES


def set_current_level(name: str) -> None:
    """Show the rows of another level; as at the change of the run, a selection, a lasso on the map and the queue of
    disagreements are dropped, and the example of Review, which is no row of the other level."""
    if name == current_level():
        return
    _drop_places()
    drop_example()
    _set("level", "" if name == EXAMPLES else name)


def _drop_places() -> None:
    left = without_places(rule())
    remember("dropped", left.dropped)
    set_rule(left.rule)
    set_selection(None)
    for name in ("page", "zoom"):  # the browser side of Explore writes them
        st.query_params.pop(name, None)
    if queue() == DISPUTES:
        set_queue("mixed")


def take_dropped() -> tuple[str, ...]:
    """Why clauses of the filter were dropped when the run changed; returned once."""
    found = forget("dropped")
    return found if isinstance(found, tuple) else ()


def sent(component: str, name: str) -> dict[str, Any]:
    """What a component mounted under the key `component` sent last under a name; {} when nothing."""
    value = (st.session_state.get(component) or {}).get(name)
    return value if isinstance(value, dict) else {}


def rule() -> dict | None:
    """The filter of Explore as a rule, None = everything."""
    return _rule("rule")


def set_rule(rule: dict | None) -> None:
    """Filter by another rule; None or a rule without clauses takes the filter away."""
    _set("rule", _text(rule))


def selection() -> dict | None:
    """What is selected inside the filter (lasso, matrix cell, clicked tiles) as a rule, None = nothing."""
    return _rule("selection")


def set_selection(rule: dict | None) -> None:
    """Select by another rule; None or a rule without clauses deselects."""
    _set("selection", _text(rule))


def view() -> dict:
    """The settings of Explore: its kind of map, axes, colour, order; only those that differ from the defaults."""
    return _settings("view")


def set_view(view: dict) -> None:
    """Change the settings of Explore; {} restores the defaults."""
    _set_settings("view", view)


def detection() -> dict:
    """The settings of Detection: its thresholds, curves and attribute; only those that differ from the defaults."""
    return _settings("detection")


def set_detection(settings: dict) -> None:
    """Change the settings of Detection; {} restores the defaults."""
    _set_settings("detection", settings)


def history() -> dict:
    """The filters and the page of History; only those that differ from the defaults."""
    return _settings("history")


def set_history(settings: dict) -> None:
    """Change the filters or the page of History; {} restores the defaults."""
    _set_settings("history", settings)


def take_saved() -> str:
    """Name of the saved view in the address; returned once, and taken out of the address."""
    name = st.query_params.get("saved", "")
    st.query_params.pop("saved", None)
    return name


def documentation() -> str:
    """The page of the documentation that the address names; "" for the first one."""
    return st.query_params.get("doc", "")


def adding() -> dict:
    """What is to be added on Add data, as it was chosen so far."""
    return _settings("add")


def set_adding(settings: dict) -> None:
    """Change what is to be added; {} is an empty form."""
    _set_settings("add", settings)


def queue() -> str:
    """Which queue Review walks through: 'mixed', 'suspects', 'filter', 'selection', 'audit', 'disagreements', or
    'sample 80 90' (random examples whose label suspicion lies between two percentiles)."""
    return _get("queue") or "mixed"


def set_queue(name: str) -> None:
    """Walk through another queue in Review."""
    _set("queue", "" if name == "mixed" else name)


def example() -> tuple[str | None, int | None]:
    """The example that the address names: its id, or its place in blind review. (None, None) when there is none.

    The browser side of Review writes it while stepping through the queue; other pages have none. One that another page
    has just opened counts although the address lacks it: the browser may ask for the page again before it has heard of
    the address.
    """
    place = st.query_params.get("place", "")
    id, number = st.query_params.get("example"), int(place) if place.isdecimal() and len(place) < 19 else None
    if id is None and number is None:
        match recall("opened"):
            case (str(opened), float(until)) if time.monotonic() < until:
                id = opened
    return id, number


def open_example(id: str) -> None:
    """Have Review open an example. The browser side puts it into the address, with no entry of the history, so that one
    press of Back leads to the page that it was opened from."""
    drop_example()
    remember("opened", (id, time.monotonic() + JUST))


def drop_example() -> None:
    """Have Review open no example in particular."""
    for name in ("place", "example"):
        st.query_params.pop(name, None)
    forget("opened")


def against() -> str | None:
    """Name of the run that Compare takes as "before", or None when none has been chosen yet."""
    return _get("against") or None


def set_against(name: str) -> None:
    """Compare with another run."""
    _set("against", name)


def cell() -> str | None:
    """The part of the comparison on screen: one of retrain.flow.FLOWS, or 'all'; None = not chosen yet."""
    return _get("cell") or None


def set_cell(name: str) -> None:
    """Show another part of the comparison."""
    _set("cell", name)


def retrain() -> str | None:
    """Name of the retraining that Retrain shows, or None when nobody has chosen one yet."""
    return _get("retrain") or None


def set_retrain(name: str) -> None:
    """Show another retraining; '' is the form for a new one."""
    _set("retrain", name)


def person() -> str:
    """The reviewer's name: that of the login where one is configured, "" before they log in; elsewhere the one stored
    in this browser, otherwise $HEM_PERSON; "" when neither is set.

    Never the name of the server's account: reviewers who come through a tunnel would all sign as its owner.
    """
    if login.is_configured():
        return login.name()
    return signed_by(dict(st.context.cookies.to_dict()))


def put(key: str, value: object) -> str:
    """Give a widget its value before it is drawn; returns its key."""
    st.session_state[key] = value
    return key


def take(key: str, setter: Callable[[Any], None]) -> Callable[[], None]:
    """A callback that hands a widget's new value to a setter of this file, before the page is drawn."""
    return lambda: setter(st.session_state[key])


def widget(key: str) -> object:
    """The value of a widget that is on the page, by its key; None before it was drawn."""
    return st.session_state.get(key)


def set_pages(pages: "Mapping[str, StreamlitPage]") -> None:
    """Keep the pages by name, so that `go` finds them."""
    st.session_state["hem_pages"] = dict(pages)


def go(name: str) -> None:
    """Show another page; filter, selection and run go along."""
    pages = st.session_state.get("hem_pages", {})
    remember("went_to", name)
    if name in pages:
        # With the address as it is: to be emptied and written anew would be entries of the browser's history.
        st.switch_page(pages[name], query_params={name: _written(name) or "" for name in ADDRESS if _written(name)})


def show_matches(rule: dict, page: str = "explore") -> None:
    """Show what a rule matches on another page: it becomes the filter, and nothing is selected in it."""
    set_rule(rule)
    set_selection(None)
    go(page)


def remember(name: str, value: object) -> None:
    """Keep something for this session only (not in the address)."""
    st.session_state[f"hem_kept_{name}"] = value


def recall(name: str, default: object = None) -> object:
    """What `remember` kept, or `default`."""
    return st.session_state.get(f"hem_kept_{name}", default)


def forget(name: str) -> object:
    """Take out and return what `remember` kept: for messages that are shown once."""
    return st.session_state.pop(f"hem_kept_{name}", None)


def session_id() -> str:
    """An id of this browser session, for the token of the byte routes; 'none' outside of a server."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else "none"


def page_token() -> str:
    """The token with which the page on screen asks the byte routes; where people log in it holds who they are."""
    from app.wire.door import token

    return token(session_id(), login.name())


def is_served() -> bool:
    """Whether a visitor is there; nobody is where the script is only imported."""
    return session_id() != "none"


def _settings(name: str) -> dict:
    try:
        found = json.loads(_get(name) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _set_settings(name: str, settings: dict) -> None:
    _set(name, json.dumps(settings, separators=(",", ":"), ensure_ascii=False) if settings else "")


def _rule(name: str) -> dict | None:
    try:
        rule = json.loads(_get(name) or "null")
    except (ValueError, RecursionError):
        return None
    is_rule = isinstance(rule, dict) and isinstance(rule.get("all"), list) and rule["all"]
    return rule if is_rule else None


def fits(rule: dict) -> bool:
    """Whether the address can hold a rule, so that it survives a reload."""
    return 0 < len(_text(rule)) <= LONGEST


def _text(rule: dict | None) -> str:
    return json.dumps(rule, separators=(",", ":"), ensure_ascii=False) if rule and rule.get("all") else ""


def _get(name: str) -> str:
    return st.session_state.get(_key(name), "")


def _set(name: str, text: str) -> None:
    st.session_state[_key(name)] = text
    _write(name)


def _write(*names: str) -> None:
    """Put values into the address, all with one change: each change is an entry of the browser's history."""
    short = {name: text if len(text := _get(name)) <= LONGEST else "" for name in names}
    before = st.query_params.to_dict()
    after = {name: text for name, text in (before | short).items() if text or name not in short}
    if after != before:
        st.query_params.from_dict(after)
    for name, text in short.items():
        st.session_state[f"{_key(name)}_written"] = text


def _written(name: str) -> str | None:
    return st.session_state.get(f"{_key(name)}_written")


def _key(name: str) -> str:
    return f"hem_{name}"
