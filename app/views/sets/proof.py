"""The part of Sets that proves a set: a button, how far it is, and what came out in a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import loaders, widgets, words
from app.views.sets import preview, proofs
from hem_core.errors import HemError
from hem_core.store.level import Level

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected

WHAT = (
    "On this run's embeddings linear probes are trained: on a random base, with as many random ones added, with "
    "this set added, and with the plain hardest added. Ten times, each time with other test data, which no arm "
    "trains on. It says what the set adds to the embeddings that there are; a retrained network is the real test."
)


def draw(home: Path, level: Level, key: str, n: int, made: Callable[[], "Selected"]) -> None:
    """The proof of a set of n examples, named `key`: asked for, running, or done."""
    why_not = proofs.why_not(level)
    if why_not:
        st.caption(words.plain(why_not[0].upper() + why_not[1:]))
        return
    found = proofs.state(home, key)
    if found["status"] != "done" and not loaders.workspace().is_writable():
        st.caption("No proof can be made: this workspace is read-only, and a proof is kept in it.")
        return
    if found["status"] == "none" and level.n <= proofs.QUICK and proofs.is_idle(home):
        proofs.start(home, level, key, made())
        found = proofs.state(home, key)
    if found["status"] == "running":
        _watch(home, key)
        return
    if found["status"] == "done":
        _said(found, n, level.name)
        return
    if found["status"] == "failed":
        widgets.failure(HemError(found["error"]))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Prove it", icon=":material/science:", key=f"prove {key}", help=WHAT):
            proofs.start(home, level, key, made())
            st.rerun()
        random = f"{n:,} random {words.one(level.name) if n == 1 else words.noun(level.name)}"
        st.caption(f"Is it worth more than {random}? Takes seconds to a minute.")


@st.fragment(run_every="1s")
def _watch(home: Path, key: str) -> None:
    found = proofs.state(home, key)
    if found["status"] != "running":
        st.rerun()
    done, total = int(found.get("done") or 0), int(found.get("total") or 0)
    stage = f"Proving: {done:,} of {total:,} probes" if total else "Proving: starting"
    st.progress(min(1.0, done / total) if total else 0.0, text=f"{stage}. You can leave this page.")


def _said(found: dict, n: int, level_name: str) -> None:
    sentence, gain = proofs.sentence(found, n, level_name), found["gain"]
    shows = st.success if gain["low"] > 0 else st.info
    icon = ":material/trending_up:" if gain["low"] > 0 else ":material/trending_flat:"
    shows(f"**{words.plain(sentence)}**", icon=icon)


def details(home: Path, key: str) -> None:
    """The accuracies behind the sentence, and what they rest on; or that nothing was proven yet."""
    found = proofs.state(home, key)
    if found["status"] != "done":
        st.caption("Nothing is proven of this set yet.")
        return
    st.markdown("**Accuracy of the probes** · with 95% intervals over the draws", help=WHAT)
    widgets.figure(preview.accuracies(pd.DataFrame(found["table"])), "set-proof", key="set_proof")
    rests = found["note"].partition("; ")[2]
    st.caption(
        words.plain(
            f"{rests[:1].upper()}{rests[1:]}. {proofs.added(found):,} of the set were added each time; the others were "
            "in the test or the base, or more than a probe takes. The gain is of draws in pairs, so it is known better "
            f"than each accuracy. Took {words.seconds(found['seconds'])}."
        )
    )
