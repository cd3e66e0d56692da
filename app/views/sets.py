"""Sets: choose, look, save a version, export."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

import hem_core.export
from app import bars, exports, loaders, scope, state, theme, trust, widgets, words
from hem_core import folder as registry
from hem_core.errors import HemError
from hem_core.selection.curate import EXCLUSIONS, Curated, composition, curate, is_corrected
from hem_core.store import sets
from hem_core.store.rule_text import describe
from hem_core.store.run import Run
from hem_core.store.tag_fold import VERDICTS
from hem_core.store.tagged import with_tags

SOURCES = {
    "chosen": "Chosen in Explore",
    "selection": "Selection of Explore",
    "filter": "Filter of Explore",
    "tags": "Tagged",
    "difficulty": "Hardest",
    "everything": "Everything",
}
SHOWN_VERSIONS = 50
LOOKED_AT = ("id", "label", "difficulty", "reason")


def page() -> None:
    """A new set on the left, the saved ones on the right."""
    run = loaders.run(state.current_run() or "")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _new(run)
    with right:
        _saved()


# --- a new set -----------------------------------------------------------------------------------------------


def _new(run: Run) -> None:
    st.subheader("New set", anchor=False)
    rule = _choose(run)
    if rule is None:
        return
    tagged = _tagged(run, rule, [name for name in LOOKED_AT if name in run.source.columns])
    leave_out = _leave_out(curate(tagged).ruled_out)
    made = curate(tagged, leave_out=leave_out)
    _save(run, rule, len(made.examples), leave_out)
    _look(run, made, len(tagged))


def _tagged(run: Run, rule: dict, columns: list[str] | None = None) -> pd.DataFrame:
    tags = loaders.tags().state(run.data)
    return with_tags(run.query(rule, tags=tags, columns=columns).drop(columns="row"), tags)


def _choose(run: Run) -> dict | None:
    """The rule that the set is made from; None when nothing is chosen yet."""
    tags = loaders.tags().state(run.data)["tag"].value_counts()
    rules = scope.explored(run)
    others = [*(["tags"] if len(tags) else []), *(["difficulty"] if "difficulty" in run.source.columns else [])]
    known = [name for name in SOURCES if name in rules or name in others or name == "everything"]
    source = st.segmented_control(
        "From",
        known,
        default=_usual(known, tags),
        format_func=SOURCES.__getitem__,
        required=True,
        key=f"set_source {' '.join(rules)}",
    )
    if source in rules:
        st.caption(words.plain(describe(rules[source])))
        return rules[source]
    if source == "tags":
        names = [*[tag for tag in VERDICTS if tag in tags.index], *sorted(set(tags.index) - set(VERDICTS))]
        picked = st.pills(
            "Examples with any of these tags",
            names,
            selection_mode="multi",
            default=[tag for tag in names if tag == "hard"] or names[:1],
            format_func=lambda tag: f"{words.plain(tag)} · {tags[tag]:,}",
            key="set_tags",
        )
        return {"all": [{"tag": list(picked)}]} if picked else _ask("Choose a tag.")
    if source == "difficulty":
        low, high = st.slider("Difficulty, percentile (100 = hardest)", 0, 100, (90, 100), key="set_difficulty")
        return {"all": [{"column": "difficulty", "min": low, "max": high}]}
    return {"all": []}


def _usual(known: list[str], tags: pd.Series) -> str:
    wanted = ["chosen", "selection", "filter", *(["tags"] if "hard" in tags.index else []), "difficulty", "everything"]
    return next(name for name in wanted if name in known)


def _ask(sentence: str) -> None:
    st.caption(sentence)


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


def _save(run: Run, rule: dict, n: int, leave_out: list[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", value="hard", max_chars=64, key="set_name", help="Letters, digits, space, '.', '_' and '-'."
        ).strip()
        version = max(sets.versions(loaders.folder(), name), default=0) + 1 if name and "/" not in name else 1
        label = f"Save {words.count(n, 'example')} as version {version}"
        if st.button(label, type="primary", icon=":material/save:", disabled=not n or not name):
            _store(run, name, rule, leave_out)
    said = state.forget("set_saved")
    if said:
        st.success(words.plain(said), icon=":material/check:")


def _store(run: Run, name: str, rule: dict, leave_out: list[str]) -> None:
    made = curate(_tagged(run, rule), leave_out=leave_out)
    excluded = made.excluded["why"].value_counts().to_dict()
    made_from = {key: run.info.get(key) for key in ("sample", "headline", "parameters", "model", "data")}
    manifest = {
        "run": run.name,
        "run_fingerprint": run.fingerprint,
        **made_from,
        "made_by": state.person(),
        "rule": rule,
        "rule_in_words": describe(rule),
        "leave_out": leave_out,
        "excluded": {str(tag): int(n) for tag, n in excluded.items()},
        "corrected_labels": int(np.count_nonzero(is_corrected(made.examples))),
        "tag_revision": loaders.tags().revision(run.data),
    }
    try:
        target = sets.save(loaders.folder(), name, made.examples, manifest)
    except HemError as error:
        widgets.failure(error)
        return
    state.remember("set_saved", f"Saved {name} {target.name}: {words.count(len(made.examples), 'example')}.")
    st.rerun()


def _look(run: Run, made: Curated, chosen: int) -> None:
    examples, n = made.examples, len(made.examples)
    if not n:
        st.info("No example is left. Widen the choice, or keep more of what was ruled out.", icon=":material/info:")
        return
    reviewed = np.count_nonzero(examples["verdict"] != "")
    cells = st.columns(4)
    cells[0].metric("Examples", f"{n:,}", help=f"{words.percent(n / run.n)} of {run.n:,} in the run.", border=True)
    difficulty = examples["difficulty"].mean() if "difficulty" in examples.columns else None
    cells[1].metric(
        "Mean difficulty",
        "–" if difficulty is None else f"{difficulty:.1f}",
        help="Percentile over the whole run, 0 to 100; the whole run has 50.",
        border=True,
    )
    cells[2].metric("Reviewed", words.percent(reviewed / n), help=f"{reviewed:,} of {n:,} have a verdict.", border=True)
    cells[3].metric(
        "Corrected labels",
        f"{np.count_nonzero(is_corrected(examples)):,}",
        help="Label called wrong in Review, with a new one; the given one is kept in label_before.",
        border=True,
    )
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown(f"**Classes** · {words.count(n, 'example')} beside all {run.n:,}")
        whole = loaders.columns(run.name, ("label",))
        table = composition(examples, whole, run.classes)
        if len(table) > 25:
            table = table.sort_values("n", ascending=False).head(25)
            st.caption(f"The 25 largest of {len(run.classes):,}.")
        widgets.figure(bars.shares(table), "set-classes", key="set_classes")
    with right:
        _reasons(examples, is_grey=trust.trust(run.info).is_grey)
        _excluded(made, chosen)


def _reasons(examples: pd.DataFrame, *, is_grey: bool) -> None:
    if "reason" not in examples.columns:
        return
    found = examples["reason"].value_counts()
    order = [name for name in theme.REASONS if name in found.index]
    st.markdown(f"**Why** · reasons of {words.count(len(examples), 'example')}")
    chart = bars.reasons(found.reindex(order), height=60 + 34 * len(order), is_grey=is_grey)
    widgets.figure(chart, "set-reasons", key="set_reasons")


def _excluded(made: Curated, chosen: int) -> None:
    counts = made.excluded["why"].value_counts()
    st.markdown(f"**Left out** · {len(made.excluded):,} of {chosen:,} chosen")
    if not len(counts):
        st.caption("Nothing: nobody ruled any of them out.")
        return
    widgets.facts({EXCLUSIONS[str(tag)]: f"{n:,}" for tag, n in counts.items()})


# --- saved sets ----------------------------------------------------------------------------------------------


def _saved() -> None:
    st.subheader("Saved sets", anchor=False)
    home = loaders.folder()
    known = [(name, version) for name in sets.names(home) for version in reversed(sets.versions(home, name))]
    if not known:
        st.caption("None yet. A saved set is a new version each time: nothing is overwritten.")
        return
    described = [_describe(home, name, version) for name, version in known]
    order = sorted(range(len(known)), key=lambda k: described[k].get("created", ""), reverse=True)[:SHOWN_VERSIONS]
    for place, k in enumerate(order):
        _one(home, *known[k], described[k], is_newest=place == 0)
    if len(known) > SHOWN_VERSIONS:
        st.caption(f"The newest {SHOWN_VERSIONS} of {len(known):,}.")


def _describe(home: Path, name: str, version: int) -> dict:
    return loaders.manifest(home / "sets" / name / f"v{version}" / "manifest.json")


def _one(home: Path, name: str, version: int, manifest: dict, *, is_newest: bool) -> None:
    title = f"{name} v{version} · {words.count(int(manifest.get('n') or 0), 'example')}"
    key = f"{name} {version}"
    with st.expander(words.plain(title), expanded=is_newest, key=f"set {key}"):
        excluded = sum(manifest.get("excluded", {}).values())
        widgets.facts(
            {
                "Made from": str(manifest.get("rule_in_words") or "–"),
                "Run": f"{manifest.get('run', '–')}, {manifest.get('sample', 'unknown')}",
                "Left out": f"{excluded:,}",
                "Corrected labels": f"{manifest.get('corrected_labels', 0):,}",
                "Saved": f"{words.moment(manifest.get('created'))} by {manifest.get('made_by', '–')}",
            }
        )
        _export(home, name, version, manifest)


def _export(home: Path, name: str, version: int, manifest: dict) -> None:
    known = registry.names(hem_core.export)
    formats = st.pills("Export as", known, selection_mode="multi", default=["parquet"], key=f"formats {name} {version}")
    if not formats:
        st.caption("Choose a format.")
        return
    target = exports.place(home, name, version, formats)
    _progress(home, name, version, tuple(formats), target)


@st.fragment(run_every="1s")
def _watch(target: Path) -> None:
    found = exports.state(target)
    if found["status"] != "running":
        st.rerun()
    done, total = int(found.get("done") or 0), int(found.get("total") or 0)
    stage = f"{found.get('stage', 'starting')}: {done:,} of {total:,}" if total else "starting"
    st.progress(done / total if total else 0.0, text=words.plain(stage))


def _progress(home: Path, name: str, version: int, formats: tuple[str, ...], target: Path) -> None:
    found = exports.state(target)
    if found["status"] == "running":
        _watch(target)
        return
    if found["status"] == "done":
        size = exports.size_bytes(target)
        st.caption(f"Exported, {size / 1e6:,.1f} MB, in this folder:")
        st.code(str(target), language=None, wrap_lines=True)
        if size <= exports.MAX_ZIP_BYTES:
            st.download_button(
                "Download as zip",
                lambda: exports.zipped(target),
                file_name=f"{target.name}.zip",
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                key=f"zip {name} {version}",
            )
        return
    if found["status"] == "failed":
        widgets.failure(HemError(found["error"]))
    if st.button("Export", icon=":material/output:", key=f"export {name} {version}"):
        exports.start(home, name, version, formats)
        st.rerun()
