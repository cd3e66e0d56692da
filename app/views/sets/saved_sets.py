"""The saved sets: what they were made from, what they are worth, export, retrain, and labels that come back."""

from pathlib import Path
from typing import Any

import streamlit as st

from app import loaders, state, widgets, words
from app.views.sets import export_box, import_box, proofs
from hem_core.selection.verdicts_applied import EXCLUSIONS
from hem_core.sets.box_corrections import in_words
from hem_core.store import sets
from hem_core.store.level_names import EXAMPLES
from hem_core.store.run import Run

SHOWN_VERSIONS = 50
REASONS = 3


def draw(run: Run) -> None:
    """The newest versions, the very newest open."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Saved sets", anchor=False)
        import_box.draw(run)
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


def _describe(home: Path, name: str, version: int) -> dict[str, Any]:
    return loaders.manifest(home / "sets" / name / f"v{version}" / "manifest.json")


def _one(home: Path, name: str, version: int, manifest: dict[str, Any], *, is_newest: bool) -> None:
    n = int(manifest.get("n") or 0)
    title = f"{name} v{version} · {words.counted(n, str(manifest.get('level') or EXAMPLES))}"
    box = st.expander(words.plain(title), expanded=is_newest, key=f"set {name} {version}", on_change="rerun")
    if not box.open:
        return
    with box:
        widgets.facts(facts(manifest, n))
        if st.button(
            "Retrain with this set",
            icon=":material/model_training:",
            key=f"retrain {name} {version}",
            help="Trains with it, with random examples instead, and without: a page of its own.",
        ):
            state.remember("retrain_set", f"{name} v{version}")
            state.go("retrain")
        export_box.draw(home, name, version, str(manifest.get("run") or ""))


def facts(manifest: dict[str, Any], n: int) -> dict[str, str]:
    """What a manifest says, in words; also one of an earlier HEM, which knew no policies and no proof."""
    made_by = str(manifest.get("made_by") or "")
    excluded = manifest.get("left_out") or manifest.get("excluded") or {}
    return {
        "Made from": str(manifest.get("rule_in_words") or "–"),
        "Run": f"{manifest.get('run', '–')}, {_sample(manifest)}",
        **({"Level": str(manifest["level"])} if "level" in manifest else {}),
        "Left out": _left_out(excluded),
        **_corrected(manifest),
        "Proof": _proof(manifest, n),
        "Saved": words.moment(manifest.get("created")) + (f" by {made_by}" if made_by else ""),
    }


def _sample(manifest: dict[str, Any]) -> str:
    sample = str(manifest.get("sample") or "unknown")
    return widgets.SAMPLES[sample][0] if sample == "unknown" else sample


def _corrected(manifest: dict[str, Any]) -> dict[str, str]:
    corrections = manifest.get("corrections")
    if corrections is None:
        return {"Corrected labels": f"{manifest.get('corrected_labels', 0):,}"}
    disputed = list(corrections.get("disputed") or ())
    named = f" ({', '.join(disputed[:REASONS])}{', …' if len(disputed) > REASONS else ''})" if disputed else ""
    return {"Corrections": in_words(corrections) + named}


def _left_out(counts: dict[str, int]) -> str:
    """How many and why, the three most frequent reasons."""
    total, most = sum(counts.values()), sorted(counts.items(), key=lambda item: -item[1])[:REASONS]
    reasons = [f"{n:,} {EXCLUSIONS.get(why, why)}" for why, n in most]
    rest = total - sum(n for _, n in most)
    listed = ", ".join([*reasons, *([f"{rest:,} others"] if rest else [])])
    return f"{total:,}: {listed}" if reasons else f"{total:,}"


def _proof(manifest: dict[str, Any], n: int) -> str:
    """The proof that was saved with it, else one of the same set that was made since."""
    proof = manifest.get("proof")
    if proof:
        return proofs.sentence(proof, n)
    later = proofs.state(loaders.folder(), str((manifest.get("selection") or {}).get("proof_key")))
    if later["status"] == "done":
        return proofs.sentence(later, n)
    return "running" if later["status"] == "running" else "none"
