"""Labels: which labels may be wrong, the estimated share of wrong ones, and what to review next."""

import base64

import numpy as np
import pandas as pd
import streamlit as st

from app import agreement, label_share, loaders, scope, state, widgets, words
from app.views.labels import label_quality
from app.views.labels.corrected import corrections
from app.wire import audits, contents
from hem_core.boxes.suggestion import suggestions
from hem_core.labels.label_errors import LabelErrors, estimate
from hem_core.store.answers import answers
from hem_core.store.level import Level
from hem_core.thresholds import SUSPECT

TITLE = "Labels"
PLACE = 40

SHOWN = 100
COLUMNS = ("label", "suggested_label", "predicted", "label_suspicion", "reason", "evidence", "suspicion_kind", "text")
ESTIMATE_HELP = (
    "The share of wrong labels in the whole set with its 95% interval: from the {0} that people judged "
    "one at a time, weighed by how suspected they were. Unreviewed {0} widen it."
)
AUDIT_HELP = (
    "The share of wrong labels in the whole set with its interval, from the audit: {0} drawn at random from each bin "
    "of difficulty and judged blind, weighed by the sizes of the bins. The queue Audit of Review has the bins."
)
SUSPECTS_HELP = (
    "Reason 'mislabelled' or 'suspect_label'. To be reviewed, not an error by itself: on clean data half of them are "
    "right."
)
REVIEWED_HELP = (
    "How many {} somebody gave a verdict one at a time, as on Overview. 'skip' and 'outlier' do not say "
    "whether the label is right; verdicts on many at once do not count."
)
AUDIT_BUTTON = "Measure the share of wrong labels: a random sample, judged blind, with a rule when to stop."
NONE_YET = (
    "Nobody has reviewed any {} of this run yet. Review some suspects and some random {} to estimate the share of "
    "wrong labels, with an interval."
)


def page() -> None:
    """Estimate, suspects, strata, and the classes that are mixed up."""
    level = scope.level()
    if "label_suspicion" not in level.source.columns:
        st.info(
            "This run has no label suspicion, because its data have no labels. Score data with labels.",
            icon=":material/info:",
        )
        return
    ids = loaders.ids(level)
    answered = answers(ids, loaders.verdicts(level))
    suspicion = loaders.columns(level, ("label_suspicion",))["label_suspicion"].to_numpy(float)
    found = label_quality.strata(suspicion, estimate(suspicion, answered))
    _numbers(level, loaders.label_errors(level), answered)
    _next_steps(level, found)
    _disagreements(level)
    corrections(level)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        _suspects(level)
    with right:
        _strata(level, found)
        _pairs(level, answered)


def _numbers(level: Level, estimated: LabelErrors, answered: np.ndarray) -> None:
    estimate_cell, suspects_cell, reviewed_cell = st.columns(3)
    rows = words.plain(words.noun(level.name))
    value, about = label_share.in_words(level, estimated)
    why = AUDIT_HELP if estimated.source == "audit" else ESTIMATE_HELP
    widgets.number_card(estimate_cell, label_share.title(estimated), value, about, why.format(rows))
    suspects = loaders.overview(level).suspects
    share = words.percent(suspects / level.n if level.n else None)
    about = f"{share} of {level.n:,}; {loaders.open_suspects(level):,} left to review"
    widgets.number_card(suspects_cell, "Suspects", f"{suspects:,}", about, SUSPECTS_HELP)
    reviewed, wrong = len(loaders.reviewed(level)), int(np.nansum(answered))
    about = (
        f"{estimated.n_reviewed:,} say whether the label is right; {wrong:,} called wrong" if reviewed else "none yet"
    )
    widgets.number_card(reviewed_cell, "Reviewed", f"{reviewed:,}", about, REVIEWED_HELP.format(rows))
    if estimated.note or not estimated.n_reviewed:
        st.caption(words.plain(estimated.note) if estimated.n_reviewed else NONE_YET.format(rows, rows))


def _next_steps(level: Level, found: pd.DataFrame) -> None:
    suspects = loaders.open_suspects(level)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = f"Review {words.count(suspects, 'suspect')}" if suspects else "Review"
        if st.button(title, type="primary", icon=":material/rate_review:"):
            state.set_queue("suspects" if suspects else "mixed")
            state.go("review")
        if audits.is_possible(level) and st.button("Audit", icon=":material/fact_check:", help=AUDIT_BUTTON):
            state.set_queue(state.AUDIT)
            state.go("review")
        if found["doubt"].to_numpy().max(initial=0) > 0:
            worst = found.iloc[int(found["doubt"].to_numpy().argmax())]
            low, high = np.floor(10 * worst["min"]) / 10, np.ceil(10 * worst["max"]) / 10
            title = f"Narrow the estimate: random {words.noun(level.name)} at suspicion {low:g} to {high:g}"
            if st.button(title, icon=":material/casino:"):
                state.set_queue(f"sample {low:g} {high:g}")
                state.go("review")
            reviewed, n = int(worst["reviewed"]), int(worst["n"])
            st.caption(f"{reviewed:,} of {n:,} reviewed there: the widest part of the interval")


def _disagreements(level: Level) -> None:
    """On how many rows people disagree, the way to them, and how much they agree; nothing before two judged one."""
    found = loaders.disagreements(level)
    if not found.agreements:
        return
    n = len(found.disputed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if n and st.button(f"Review {words.count(n, 'disagreement')}", icon=":material/group:", key="disagreements"):
            state.set_queue(state.DISPUTES)
            state.go("review")
        agreed = agreement.sentence(found.agreements)
        st.caption(words.plain(agreed if n else f"No disagreements: {agreed}"), help=agreement.HELP)


def _suspects(level: Level) -> None:
    st.markdown(
        "**Most suspected labels** · to review",
        help="Ranked by label suspicion: the conflict between label and evidence. Tick one to open it in Review.",
    )
    names = [name for name in ("id", *COLUMNS) if name in level.source.columns]
    table = level.query(columns=names, order="label_suspicion", limit=SHOWN)
    row = widgets.ticked_row(
        _readable(level, table), "suspect_table", height=620, row_height=44, column_config=_config(level)
    )  # fmt: skip
    st.caption(
        f"The {len(table):,} most suspected of {level.n:,}. A suspect is not an error until somebody has confirmed it."
    )
    if row is not None:
        state.remember("review_id", str(table["id"].iloc[row]))
        state.set_queue("suspects" if loaders.overview(level).suspects else "mixed")
        state.go("review")


def _readable(level: Level, table: pd.DataFrame) -> pd.DataFrame:
    """The suspects as shown."""
    judged = loaders.verdicts(level)
    verdicts = judged.reindex(table["id"])
    shown = pd.DataFrame({"given": table["label"].fillna("–"), "suggested": _suggested(table).fillna("–")})
    look = contents.medium(level).look
    if look == "words":
        shown.insert(0, "text", contents.texts(level, table["row"].tolist(), 160))
    elif look == "picture":
        shown.insert(0, "picture", [_address(contents.thumbnail(level, int(row))) for row in table["row"]])
    values = zip(verdicts["tag"], verdicts["value"], verdicts["who"], strict=True)
    shown["verdict"] = [_verdict(tag, value, who) for tag, value, who in values]
    return pd.concat([shown, table[[name for name in ("label_suspicion", "evidence", "id") if name in table]]], axis=1)


def _suggested(table: pd.DataFrame) -> pd.Series:
    """The suggested labels; of suspect boxes what to do with them."""
    if "suggested_label" in table.columns:
        return table.loc[:, "suggested_label"]
    if not {"suspicion_kind", "predicted", "reason"} <= set(table.columns):
        return pd.Series(None, index=table.index, dtype="object")
    found = suggestions(table["suspicion_kind"], table["label"], table["predicted"])
    is_suspect = table["reason"].isin(SUSPECT)
    return pd.Series(found, index=table.index, dtype="object").where(is_suspect)


def _verdict(tag: object, value: object, who: object) -> str:
    if not isinstance(tag, str):
        return "to review"
    return f"{tag} → {value} ({who})" if value else f"{tag} ({who})"


def _address(thumbnail: bytes | None) -> str | None:
    return f"data:image/webp;base64,{base64.b64encode(thumbnail).decode()}" if thumbnail else None


def _config(level: Level) -> dict:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "picture": st.column_config.ImageColumn("", width=52),
        "text": text("text", width="medium"),
        "id": text("id", width="small"),
        "given": text("given", help="The given label."),
        "suggested": text("suggested", help="What the evidence suggests."),
        "label_suspicion": number("suspicion", format="%.1f", width="small", help=_made(level)),
        "evidence": text("evidence", width="large"),
        "verdict": text("verdict", help=f"The verdict on this {words.one(level.name)}."),
    }


def _made(level: Level) -> str:
    return words.plain((level.info.get("headline") or {}).get("label_suspicion") or "origin not recorded")


def _strata(level: Level, found: pd.DataFrame) -> None:
    rows = words.plain(words.noun(level.name))
    st.markdown(
        "**By suspicion** · how often the label was wrong",
        help=f"Percentiles of label suspicion, cut where the share of reviewed {rows} changes. The interval is of the "
        f"share of wrong labels there, reviewed or not; reviewing where it is widest, counted in {rows}, narrows the "
        "estimate most.",
    )
    shown = pd.DataFrame(
        {
            "suspicion": [
                f"{low:.1f} – {high:.1f}" if low == low else "not known"
                for low, high in zip(found["min"], found["max"], strict=True)
            ],
            "interval": [
                f"{100 * low:.1f} – {100 * high:.1f}%" for low, high in zip(found["low"], found["high"], strict=True)
            ],
            "n": found["n"],
            "reviewed": found["reviewed"],
            "wrong": found["wrong"],
        }
    )
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    about = f"Share of wrong labels in all {rows} of this line, reviewed or not, with 95% confidence."
    st.dataframe(
        shown,
        hide_index=True,
        height="content",
        column_config={
            "suspicion": text("suspicion", width=88),
            "interval": text("95% interval", width=96, help=about),
            "n": number(words.noun(level.name), format="localized", width=64),
            "reviewed": number("reviewed", format="localized", width=64),
            "wrong": number("wrong", format="localized", width=52, help="Called wrong by a person."),
        },
    )


def _pairs(level: Level, answered: np.ndarray) -> None:
    if not {"reason", "suggested_label"} <= set(level.source.columns):
        return
    columns = loaders.columns(level, ("label", "suggested_label", "reason"))
    is_suspect = columns["reason"].isin(SUSPECT).to_numpy()
    found = label_quality.pairs(columns.loc[is_suspect, :], answered[is_suspect]).head(200)
    st.markdown(
        f"**Given → suggested** · {words.count(int(is_suspect.sum()), 'suspect')} by class",
        help="The given labels of the suspects and the labels that the evidence suggests. Tick a line to explore them.",
    )
    if found.empty:
        st.caption("No suspect has a suggested label.")
        return
    number = st.column_config.NumberColumn
    row = widgets.ticked_row(
        found.rename(columns={"label": "given", "suggested_label": "suggested", "n": "suspects"}),
        "pair_table",
        most_in_full=8,
        height=300,
        column_config={
            "suspects": number("suspects", format="localized"),
            "reviewed": number("reviewed", format="localized"),
            "wrong": number("wrong", format="localized", help="Called wrong by a person."),
        },
    )
    if row is not None:
        pair = found.iloc[row]
        _explore(label=[str(pair["label"])], suggested_label=[str(pair["suggested_label"])], reason=list(SUSPECT))


def _explore(**values: list[str]) -> None:
    state.show_matches({"all": [{"column": name, "in": some} for name, some in values.items()]})
