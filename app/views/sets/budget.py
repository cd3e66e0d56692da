"""How many examples a set gets, and the chain of policies that picks them."""

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import words
from hem_core.selection import options
from hem_core.store.level import Level

USUAL = 500
SEVERAL = 500
"""Of more candidates than this that nobody chose by hand, some are picked unless all are asked for."""
NUMBERS = ("number", "bool")


@dataclass(frozen=True)
class Budget:
    """What is asked of `hem_core.sets.select`; n None = all of the candidates, no policy."""

    n: int | None
    policies: tuple[str, ...] = ()
    options: str = "{}"
    """JSON: policy -> {option: value}, those that differ from the usual."""


def choose(level: Level, candidates: int, *, is_hand_made: bool) -> Budget | None:
    """Draw how many and by which policies; None when no policy is chosen.

    is_hand_made: somebody reviewed, tagged or filtered the candidates, so all of them are wanted unless told.
    """
    from hem_core.sets.select import default_for

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        how = st.segmented_control(
            "How many",
            ["all", "some"],
            default="all" if is_hand_made or candidates <= SEVERAL else "some",
            format_func={"all": f"All {candidates:,}", "some": "Fewer"}.__getitem__,
            required=True,
            key=f"set_how {is_hand_made} {candidates}",
        )
        if how == "all" or candidates < 2:
            return Budget(None)
        n = st.number_input(
            f"of {candidates:,} candidates",
            min_value=1,
            max_value=max(candidates, level.n),
            value=min(USUAL, max(1, candidates // 2)),
            step=max(1, 10 ** (len(str(candidates)) - 3)),
            key=f"set_n {candidates}",
            width=150,
        )
        known, usual = options.names(), default_for(level)
        chain = st.multiselect(
            "Picked by, one after the other",
            known,
            default=list(usual),
            format_func=named,
            placeholder="Choose a policy",
            key=f"set_policies {' '.join(usual)}",
            help="\n".join(f"- **{named(name)}**: {words.plain(options.meaning(name))}" for name in known),
            width="stretch",
        )
        with st.popover("Options", icon=":material/tune:", disabled=not chain):
            wanted = _options(level, chain)
    if not chain:
        st.caption("Choose a policy, or all of them.")
        return None
    return Budget(_at_most(int(n), candidates), tuple(chain), json.dumps(wanted, sort_keys=True))


def _at_most(n: int, candidates: int) -> int:
    """How many of the n that were asked for there are; where that is fewer, a warning names what to do."""
    if n > candidates:
        st.warning(f"All {candidates:,} are used. For more, choose another source above.")
    return min(n, candidates)


def named(name: str) -> str:
    """A name of the code as people read it: `per class`."""
    return name.replace("_", " ")


def _options(level: Level, chain: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Draw the options of the chosen policies; those that differ from the usual."""
    found: dict[str, dict[str, Any]] = {}
    for place, policy in enumerate(chain, 1):
        st.markdown(f"**{place} · {named(policy)}** – {words.plain(options.meaning(policy))}", help=_details(policy))
        parameters = options.options(policy)
        cells = st.columns(max(3, len(parameters)), vertical_alignment="bottom")
        for cell, (name, usual) in zip(cells, parameters.items(), strict=False):
            with cell:
                value = _control(level, policy, name, usual)
            if value != usual and value is not None:
                found.setdefault(policy, {})[name] = value
    st.caption(
        "In every chain: at most 3 of one group of near-duplicates, nothing that people ruled out, and "
        "suspected labels never weigh more than 1."
    )
    return found


def _details(policy: str) -> str:
    return words.plain(inspect.getdoc(options.policy(policy)[0]) or "")


def _control(level: Level, policy: str, name: str, usual: Any) -> Any:
    key, label = f"set_option {policy} {name}", named(name)
    meaning = words.plain(options.option_meaning(policy, name)) or None
    if isinstance(usual, bool):
        return st.toggle(label, value=usual, key=key, help=meaning)
    if isinstance(usual, int | float):
        step = 1 if isinstance(usual, int) else 0.05
        return st.number_input(label, value=usual, step=step, key=key, help=meaning)
    columns = [column for column, type_ in level.columns().items() if type_ in NUMBERS]
    if name == "by" and (not usual or usual in columns):
        known = [usual, *(column for column in columns if column != usual)]
        return st.selectbox(label, known, format_func=lambda column: column or "the usual", key=key, help=meaning)
    return st.text_input(label, value=str(usual), key=key, help=meaning)
