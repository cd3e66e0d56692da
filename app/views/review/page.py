"""Review: one example at a time, by keys; the page itself lives in browser/review/review.js."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import agreement, loaders, rule_words, scope, state, widgets, words
from app.browser.review.component import review
from app.state import AUDIT, DISPUTES
from app.views.review import audit_panel, blind
from app.views.review.queue import LONGEST, SUSPECTS, Queue, queue_of, stratum
from app.wire import audits, code, desk
from hem_core.errors import HemError
from hem_core.store.level import Level

TITLE = "Review"
PLACE = 50

TITLES = {
    "mixed": "Mixed queue",
    "suspects": "Suspects",
    "filter": "Filter of Explore",
    "selection": "Selection of Explore",
    AUDIT: "Audit",
    DISPUTES: "Disagreements",
}
MIXED_HELP = (
    "Half suspected label errors, three in ten rare or among the hardest, two in ten at random: "
    "the random ones measure what the rest is worth. Two reviewers get different {}."
)


NOT_BLIND = "This queue shows what others said, so nothing in it can be judged blind."


def page() -> None:
    """The queue to walk through, and the desk."""
    if not state.person():
        widgets.ask_name()
        return
    level = scope.level()
    rules = _rules(level)
    titles = _titles(level, rules)
    chosen = state.queue() if state.queue() in titles else "mixed"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.segmented_control(
            "Queue",
            list(titles),
            format_func=lambda name: titles[name],
            key=state.put("queue_choice", chosen),
            on_change=state.take("queue_choice", lambda name: state.set_queue(name or chosen)),
            label_visibility="collapsed",
            required=True,
            help=MIXED_HELP.format(words.plain(words.noun(level.name))),
        )
        st.caption(words.plain(_scope(level, chosen, rules)), help=agreement.HELP if chosen == DISPUTES else None)
    if chosen == AUDIT:
        audit_panel.panel(level)
    _desk(level.run, level.name, chosen, rules.get(chosen), _wanted(level))


def _rules(level: Level) -> dict[str, dict]:
    """The rule of each queue that has one."""
    rules = {name: rule for name, rule in scope.explored(level).items() if name in TITLES}
    if "reason" in level.source.columns:
        rules["suspects"] = SUSPECTS
    sampled = stratum(state.queue()) if "label_suspicion" in level.source.columns else None
    if sampled:
        rules[state.queue()] = {"all": [{"column": "label_suspicion", "min": sampled[0], "max": sampled[1]}]}
    return rules


def _titles(level: Level, rules: dict[str, dict]) -> dict[str, str]:
    """The queues that there are, with their titles; that of the disagreements once there is one, or it is asked for."""
    n = len(loaders.disagreements(level).disputed)
    is_offered = {AUDIT: audits.is_possible(level), DISPUTES: n > 0 or state.queue() == DISPUTES}
    is_there = {"mixed", *rules, *(name for name, is_so in is_offered.items() if is_so)}
    titles = {name: title for name, title in TITLES.items() if name in is_there}
    if "selection" in titles and state.recall("set_rule") == rules["selection"]:
        titles["selection"] = "This set"
    if DISPUTES in titles:
        titles[DISPUTES] += f" ({n:,})"
    return titles | {name: "Random at a suspicion" for name in rules if name not in TITLES}


def _wanted(level: Level) -> dict[str, Any] | None:
    """The example in the address, or the one that another page opened: row, place, and the id that named it.

    None when there is none.
    """
    left, opened = state.forget("left_run"), state.forget("review_id")
    if isinstance(opened, str):
        state.open_example(opened)
    elif isinstance(left, str) and not _is_of_data(left, level.data):
        state.drop_example()
    id, place = state.example()
    places = loaders.places(level)
    row = None
    if id is not None:
        row = int(loaders.row_of(level).get_indexer([id])[0])
        if row < 0:
            st.toast(words.plain(f"Run {level.run} has no {words.one(level.name)} {id}."), icon=":material/search_off:")
    elif place is not None and place < level.n:
        row = int(np.flatnonzero(places == place)[0])
    return {"id": id, "row": row, "place": int(places[row])} if row is not None and row >= 0 else None


def _is_of_data(run: str, data: str) -> bool:
    try:
        return loaders.run(run).data == data
    except HemError:  # it has been deleted meanwhile
        return False


@st.fragment(run_every="15s")
def _desk(run: str, name: str, queue: str, rule: dict | None, wanted: dict[str, Any] | None) -> None:
    level, person = loaders.level(run, name), state.person()
    revision = loaders.tags_of(level).revision(level.data)
    judged = loaders.verdicts(level)
    found = queue_of(level, queue, rule, person, judged)
    review(
        {
            "code": code.address(),
            "key": f"{level.run} {level.name} {level.fingerprint} {queue} {person} {rule}",
            **desk.of_level(level),
            "token": state.page_token(),
            "person": person,
            "rows": found.rows["row"].tolist(),
            "n": found.n,
            "n_done_beyond": found.n_done_beyond,
            "places": loaders.places(level)[found.rows["row"].to_numpy()].tolist(),
            "not_blind": blind.warning(rule, level.classes),
            "drawn": found.rows["drawn_as"].tolist(),
            "wanted": wanted,
            "revision": revision,
            "verdicts": _by_row(judged, found.rows),
            **({"is_dispute": True, "no_blind": NOT_BLIND} if queue == DISPUTES else {}),
            **({"audit": audits.standing(level)} if queue == AUDIT else {}),
            "empty": _why_empty(level, queue),
            "done": _what_is_done(level, queue, found),
        },
        key="review",
        on_leave=_take_leave,
    )
    page = state.forget("review_goes_to")
    if isinstance(page, str):
        state.go(page)


def _take_leave() -> None:
    state.remember("review_goes_to", state.sent("review", "leave").get("page"))


def _why_empty(level: Level, queue: str) -> str:
    one = words.one(level.name)
    if not level.n:
        return f"This run has no {words.noun(level.name)}."
    if queue == "mixed":
        return f"Others have judged every {one} that would be yours. A filter of Explore can be reviewed all the same."
    if queue == AUDIT:
        return audits.end(level)
    if stratum(queue):
        low, high = queue.split()[1:]
        return f"No {one} has a label suspicion between {low} and {high}. Choose another stratum on Labels."
    why = {
        DISPUTES: f"People agree on every {one} that two or more of them have judged.",
        "suspects": f"No {one} of this run has a reason that puts its label under suspicion.",
        "filter": f"No {one} matches the filter of Explore. Change it there.",
        "selection": f"No {one} is selected in Explore. Draw another selection there.",
    }
    return f"{why[queue]} Or take the mixed queue."


def _what_is_done(level: Level, queue: str, found: Queue) -> str:
    one, many, n = words.one(level.name), words.noun(level.name), len(found.rows) + found.n_done_beyond
    if found.n is None or found.n > n:
        return f"These {n:,} {many} have a verdict. The next ones follow within seconds."
    if queue == AUDIT:
        return audits.end(level)
    if queue == DISPUTES:
        all_of_them = f"You gave a verdict on {'the one' if n == 1 else 'each'} of them, or somebody else settled it."
        return f"{all_of_them} ← goes back; another queue is above."
    all_of_it = f"The one {one} in it has a verdict." if n == 1 else f"All {n:,} {many} in it have a verdict."
    if queue == "mixed" and n < level.n:
        all_of_it += f" The other {many} of this run were judged by others, or are in the queues of other reviewers."
    return f"{all_of_it} ← goes back through them; another queue can be chosen above."


def _scope(level: Level, queue: str, rules: dict[str, dict]) -> str:
    if queue == DISPUTES:
        agreed = agreement.sentence(loaders.disagreements(level).agreements)
        return f"the oldest dispute first · {agreed}" if agreed else "nobody has judged what another person judged"
    if queue == AUDIT:
        return audits.scope(level)
    if queue not in rules:
        return f"suspects 50%, rare 30%, random 20% of {words.rows(level)}; signed {state.person()}"
    n = len(level.rows(rules[queue], tags=loaders.tags_of(level).state(level.data)))
    rule = rule_words.in_words(rules[queue], level)
    if stratum(queue):
        return f"{rule} · {min(n, LONGEST):,} at random of {n:,}, to measure how many are wrong there"
    most = "most suspected" if queue == "suspects" else "hardest"
    return f"{rule} · {n:,} of {words.rows(level)}, {most} first"


def _by_row(judged: pd.DataFrame, found: pd.DataFrame) -> dict[str, dict[str, str]]:
    columns = [judged[name].tolist() for name in ("tag", "value", "who")]
    known = {
        id: {"tag": tag, "value": value, "who": who} for id, tag, value, who in zip(judged.index, *columns, strict=True)
    }
    pairs = zip(found["row"].tolist(), found["id"].tolist(), strict=True)
    return {str(row): known[id] for row, id in pairs if id in known}
