"""What stands before the start button of a retraining: what speaks against it, and the next step for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from app import loaders, state, words
from app.views.retrain import checks as retrain_checks
from app.views.retrain.checks import Check
from hem_core.retrain.groups_proposal import far_behind, proposal
from hem_core.store import sets
from hem_core.store.run import Run


def draw(home: Path, run: Run, chosen: str, manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Draw what speaks against it; returns whether it may be started: nothing does, or it was asked to start anyway."""
    name, version = sets.named(home, chosen)
    examples, _ = sets.load(home, name, version)
    left_out = retrain_checks.left_out_by_people(manifest)
    verdicts = loaders.all_verdicts(run.examples)
    recipe = retrain_checks.recipe_of(settings, examples, run, left_out)
    found = retrain_checks.checks(run, examples, verdicts, recipe)
    for place, check in enumerate(found):
        with st.container(border=True):
            st.warning(words.plain(check.sentence), icon=":material/front_hand:")
            _step(run, check, place, settings)
    is_list = bool(settings.get("question"))
    expectation = retrain_checks.expectation(run, examples, verdicts, recipe, is_list=is_list)
    if expectation and not any(check.step == "review" for check in found):
        st.info(words.plain(expectation), icon=":material/trending_flat:")
        if st.button("Review this set", icon=":material/rate_review:", key="retrain_review_set"):
            _review(tuple(examples["id"]))
    if not is_list:
        _proposal(run, recipe, settings)
    return st.checkbox("Start anyway; the report will say so", key=_key(chosen)) if found else True


def _proposal(run: Run, recipe: str, settings: Mapping[str, Any]) -> None:
    """A slice that is far behind, and the recipe for it."""
    proposed, found = proposal(run, recipe), far_behind(run)
    if proposed and found:
        st.info(words.plain(proposed), icon=":material/groups:")
        if st.button("Train for the worst group", icon=":material/tune:", key="retrain_groups"):
            _ask(settings, {"recipe": "groups", "group": found[0]})


def _ask(settings: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Draw the form again with other settings."""
    state.remember("retrain_asked", {**settings, **changed})
    state.remember("retrain_set", settings["set"])
    state.remember("retrain_form_turn", int(str(state.recall("retrain_form_turn", 0))) + 1)
    st.rerun()


def is_forced(chosen: str) -> bool:
    """Whether it is to be started in spite of what speaks against it."""
    return bool(state.widget(_key(chosen)))


def _key(chosen: str) -> str:
    return f"retrain_anyway {chosen}"


def _step(run: Run, check: Check, place: int, settings: Mapping[str, Any]) -> None:
    """The button, or the command, that takes a check away."""
    key = f"retrain_step_{place}"
    if check.step == "review" and st.button(check.button, icon=":material/rate_review:", type="primary", key=key):
        _review(check.ids)
    if check.step == "recipe" and st.button(check.button, icon=":material/tune:", type="primary", key=key):
        _ask(settings, {"recipe": "mix"})
    if check.step == "set" and st.button(check.button, icon=":material/inventory_2:", type="primary", key=key):
        state.remember("set_rule", {"all": [{"not": {"rows": list(check.ids)}}]})
        state.go("sets")
    if check.step == "score":
        source = str((run.info.get("data") or {}).get("source") or "DATA")
        st.code(
            f"hem score {source} --train mine:train --oos 5 --name {run.data} --out {run.folder}-oos",
            language="bash",
            wrap_lines=True,
        )


def _review(ids: tuple[str, ...]) -> None:
    state.set_rule({"all": [{"rows": list(ids)}]})
    state.set_selection(None)
    state.set_queue("filter")
    state.go("review")
