"""Sets: choose, compare with a random set, prove, save a version, export."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app import bars, loaders, scope, state, theme, trust, widgets, words
from app.views.sets import budget as set_budget
from app.views.sets import preview, proofs, saved_sets, to_review
from app.views.sets import proof as set_proof
from app.views.sets import source as set_source
from app.views.sets.source import Candidates
from hem_core.errors import HemError
from hem_core.selection.verdicts_applied import EXCLUSIONS, composition, curate, held_out, is_corrected
from hem_core.sets.box_corrections import counted, in_words
from hem_core.sets.of_parts import examples_of
from hem_core.store import sets
from hem_core.store.level import Level

TITLE = "Sets"
PLACE = 60

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected

SHOWN = 100
LARGEST = 25


def page() -> None:
    """A new set on the left, the saved ones on the right."""
    level = scope.level()
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("New set", anchor=False)
        _new(level)
    with right:
        saved_sets.draw(loaders.run(level.run))


def _new(level: Level) -> None:
    source = set_source.choose(level)
    if source is None:
        return
    rule = json.dumps(source.rule, sort_keys=True)
    matching = loaders.candidates(level, rule)
    ruled_out = curate(matching.loc[matching["verdict"] != "", :]).ruled_out
    leave_out = _leave_out(ruled_out)
    has_held_out = _has_held_out(level, matching)
    n = len(curate(matching, leave_out=leave_out, has_held_out=has_held_out).examples)
    if not n:
        _save_row(level, source, None, "")
        st.info(
            f"No {words.one(level.name)} is left. Widen the choice, or keep more of what was ruled out.",
            icon=":material/info:",
        )
        return
    budget = set_budget.choose(level, n, is_hand_made=source.is_hand_made)
    if budget is None:
        return
    asked = {"rule": source.rule, "leave_out": leave_out, "n": budget.n, "policies": budget.policies}
    if has_held_out:
        asked["has_held_out"] = True
    request = json.dumps({**asked, "options": json.loads(budget.options)}, sort_keys=True)
    try:
        made = loaders.selected(level, request)
    except HemError as error:
        widgets.failure(error)
        return
    _save_row(level, source, made, request)
    _look(level, made, request)


def _leave_out(ruled_out: dict[str, int]) -> list[str]:
    """The verdicts that keep examples out: all of them unless switched off."""
    occurring = {tag: n for tag, n in ruled_out.items() if n}
    if not occurring:
        return list(EXCLUSIONS)
    kept = st.pills(
        "Leave out",
        list(occurring),
        selection_mode="multi",
        default=list(occurring),
        format_func=lambda tag: f"{EXCLUSIONS[tag]} · {occurring[tag]:,}",
        key="set_leave_out",
        help="People ruled these out in Review. Switch one off to keep them in.",
    )
    return [*kept, *[tag for tag in EXCLUSIONS if tag not in occurring]]


def _has_held_out(level: Level, matching: pd.DataFrame) -> bool:
    """Whether examples that are kept for testing may be in the set; asked only where there are any."""
    n = int((held_out(matching) != "").sum())
    if not n:
        return False
    return st.toggle(
        f"Also choose among {words.counted(n, level.name)} of the test and validation splits",
        key="set_has_held_out",
        help="They stay out of sets: a model that is trained on them can no longer be tested on them.",
    )


# --- saving --------------------------------------------------------------------------------------------------


def _save_row(level: Level, source: Candidates, made: "Selected | None", request: str) -> None:
    n = len(made.examples) if made else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", value="hard", max_chars=64, key="set_name", help="Letters, digits, space, '.', '_' and '-'."
        ).strip()
        version = max(sets.versions(loaders.folder(), name), default=0) + 1 if name and "/" not in name else 1
        label = f"Save {words.counted(n, level.name)} as version {version}"
        if made:
            to_review.draw(level, source.rule, made)
        if st.button(label, type="primary", icon=":material/save:", disabled=not n or not name) and made:
            _store(level, name, source, made, request)
    sentence = state.forget("set_saved")
    if sentence:
        st.success(words.plain(sentence), icon=":material/check:")


def _store(level: Level, name: str, source: Candidates, made: "Selected", request: str) -> None:
    from app.views.sets.chosen import chosen
    from hem_core.sets.select import save

    home = loaders.folder()
    try:
        looked = loaders.preview(level, request)
        key = loaders.proof_key(level, request)
        proof = proofs.proven(home, key)
        if json.loads(request)["n"] is None:
            made = chosen(level, json.loads(request), loaders.corrections(level), is_whole=True)
        made = replace(made, settings={**made.settings, "in_words": _in_words(made, source), "proof_key": key})
        target = save(home, name, level, made, made_by=state.person(), preview=looked, proof=proof)
    except HemError as error:
        widgets.failure(error)
        return
    state.remember("set_saved", f"Saved {name} {target.name}: {words.counted(len(made.examples), level.name)}.")
    st.rerun()


def _in_words(made: "Selected", source: Candidates) -> str:
    policies = made.settings["policies"]
    if not policies:
        return source.words
    return f"{len(made.examples):,} of {source.words}, by {', then '.join(map(set_budget.named, policies))}"


# --- looking -------------------------------------------------------------------------------------------------


def _look(level: Level, made: "Selected", request: str) -> None:
    _numbers(level, made.examples)
    home, key, rows = loaders.folder(), loaders.proof_key(level, request), words.noun(level.name).capitalize()
    set_proof.draw(home, level, key, len(made.examples), lambda: loaders.among_all(level, request))
    against, proof, classes, out, weights = st.tabs(
        ["Against random", "Proof", "Classes and reasons", f"Left out · {len(made.left_out):,}", f"{rows} and weights"]
    )
    with against:
        _against(level, request, is_picked=json.loads(request)["n"] is not None)
    with proof:
        set_proof.details(home, key)
    with classes:
        _classes(level, made.examples)
    with out:
        _left_out(made)
    with weights:
        _weights(level, made.examples)


def _numbers(level: Level, examples: pd.DataFrame) -> None:
    n, reviewed = len(examples), len(set(loaders.reviewed(level)).intersection(examples["id"].tolist()))
    cells = st.columns(4)
    cells[0].metric(
        words.noun(level.name).capitalize(),
        f"{n:,}",
        help=f"{words.percent(n / max(1, level.n))} of {level.n:,} in the level.",
        border=True,
        height="stretch",
    )
    difficulty = examples["difficulty"].mean() if "difficulty" in examples.columns else None
    cells[1].metric(
        "Mean difficulty",
        "–" if difficulty is None else f"{difficulty:.1f}",
        help="Percentile over the whole run, 0 to 100; the whole run has 50.",
        border=True,
        height="stretch",
    )
    cells[2].metric(
        "Reviewed",
        words.percent(reviewed / n),
        help=f"{reviewed:,} of {n:,} one at a time.",
        border=True,
        height="stretch",
    )
    title, value, about = _corrected(level, examples)
    cells[3].metric(title, value, help=about, border=True, height="stretch")


def _corrected(level: Level, examples: pd.DataFrame) -> tuple[str, str, str]:
    """What people corrected in a set: title, number, help."""
    decided = loaders.box_decisions(level)
    if decided is None:
        about = "Label called wrong in Review, with a new one; the given one is kept in label_before."
        return "Corrected labels", f"{np.count_nonzero(is_corrected(examples)):,}", about
    images = examples if level.is_examples else examples_of(examples, loaders.run(level.run), level.name)
    found = counted(decided, set(images["id"].astype(str)))
    about = (
        f"In the images of this set: {in_words(found)}. An export contains the corrected boxes; disputed ones as given."
    )
    return "Corrected boxes", f"{found['boxes']:,}", about


def _against(level: Level, request: str, *, is_picked: bool) -> None:
    found = loaders.preview(level, request)
    has_curve = is_picked and len(found.curve) > 1 and bool(found.curve["mean_difficulty"].notna().to_numpy().any())
    n = int(found.table["n"].iloc[0])
    help_text = preview.HELP.format(words.plain(words.noun(level.name)))
    st.markdown(f"**This set** · compared with {n:,} random and the {n:,} hardest of {level.n:,}", help=help_text)
    st.table(preview.readable(found, len(level.classes)).map(words.plain), border="horizontal")
    if has_curve:
        st.markdown("**Difficulty** · as the set grows")
        widgets.figure(preview.curve(found), "set-curve", key="set_curve")


def _classes(level: Level, examples: pd.DataFrame) -> None:
    if "label" not in level.source.columns or not level.classes:
        st.caption("This run has no classes to compare.")
        _reasons(level, examples, is_grey=trust.trust(level.info).is_grey)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown(f"**Classes** · {words.counted(len(examples), level.name)} compared with all {level.n:,}")
        table = composition(examples, loaders.columns(level, ("label",)), level.classes)
        if len(table) > LARGEST:
            table = table.sort_values("n", ascending=False).head(LARGEST)
            st.caption(f"The {LARGEST} largest of {len(level.classes):,}.")
        widgets.figure(bars.shares(table, rows=words.noun(level.name)), "set-classes", key="set_classes")
    with right:
        _reasons(level, examples, is_grey=trust.trust(level.info).is_grey)


def _reasons(level: Level, examples: pd.DataFrame, *, is_grey: bool) -> None:
    if "reason" not in examples.columns:
        return
    found = examples["reason"].value_counts()
    order = theme.in_order(found.index)
    st.markdown(f"**Why** · reasons of {words.counted(len(examples), level.name)}")
    chart = bars.reasons(
        found.reindex(order), height=60 + 34 * len(order), is_grey=is_grey, rows=words.noun(level.name)
    )
    widgets.figure(chart, "set-reasons", key="set_reasons")


def _left_out(made: "Selected") -> None:
    n = len(made.examples) + len(made.left_out)
    st.markdown(f"**Left out** · {len(made.left_out):,} of {words.count(n, 'candidate')}, each for one reason")
    if not made.counts:
        st.caption("Nothing: nobody ruled any of them out.")
        return
    widgets.facts({why[0].upper() + why[1:]: f"{n:,}" for why, n in made.counts.items()})


def _weights(level: Level, examples: pd.DataFrame) -> None:
    weight = examples["weight"].to_numpy(float)
    st.markdown(
        f"**Weights** · {weight.min():.2f} to {weight.max():.2f}, mean {weight.mean():.2f}",
        help="How often a row is drawn in training, compared with an ordinary one: the square root of its loss over "
        "the median loss, 1 at least and 4 at most. Suspected labels that nobody has reviewed weigh 1.",
    )
    names = ("rank", "id", "label", "weight", "verdict", "difficulty", "reason")
    shown = examples.head(SHOWN)[[name for name in names if name in examples.columns]]
    number = st.column_config.NumberColumn
    st.dataframe(
        shown,
        hide_index=True,
        height=380,
        column_config={
            "rank": number("rank", help="1 = picked first.", width="small"),
            "weight": number("weight", format="%.2f", width="small"),
            "difficulty": number("difficulty", format="%.1f", width="small"),
        },
    )
    if len(examples) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(examples):,}; the saved set has them all.")
