"""Exporting a saved set: which formats, how far it is, where it lies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

import hem_core.export
from app import loaders, widgets, words
from app.views.sets import exports
from app.wire import contents
from hem_core import folder as registry
from hem_core.errors import HemError
from hem_core.export._holds import annotations_of
from hem_core.paths import check_path


def draw(home: Path, name: str, version: int, run: str) -> None:
    """The formats that work for a version of a set, the others with the reason, and the button.

    run: the name of the run that the set was made from.
    """
    data = _folder_of_pictures(name, version) if _has_pictures(run) else ""
    try:
        if data:
            check_path(data, "The folder of the pictures")
        unfit = loaders.unfit_formats(home, name, version, data)
    except HemError as error:
        widgets.failure(error)
        return
    known = [format for format in registry.names(hem_core.export) if format not in unfit]
    first = usual(run, known)
    formats = st.pills("Export as", known, selection_mode="multi", default=first, key=f"formats {name} {version}")
    if unfit:
        st.pills("Not for this set", list(unfit), disabled=True, key=f"unfit {name} {version}")
        for reason in dict.fromkeys(unfit.values()):
            same = ", ".join(format for format, why in unfit.items() if why == reason)
            st.caption(words.plain(f"{same}: {reason}"))
    if not formats:
        st.caption("Choose a format.")
        return
    target = exports.place(home, name, version, formats)
    _progress(home, name, version, tuple(formats), target, data)


def _has_pictures(run: str) -> bool:
    """Whether the rows of a run are pictures; also where the run is not there to say so."""
    try:
        return contents.has_pictures(loaders.run(run).examples)
    except HemError:
        return True


def _folder_of_pictures(name: str, version: int) -> str:
    return st.text_input(
        "Folder of the pictures",
        placeholder="only if they were moved since they were scored",
        key=f"export_data {name} {version}",
        help="A folder on the machine on which the app runs.",
    ).strip()


def usual(run: str, known: Sequence[str]) -> list[str]:
    """The format that is chosen first: of a set of annotated boxes the format of the annotations, otherwise parquet.

    known: the formats that work. Where nothing writes the annotations' own format, the first that writes some.
    """
    try:
        source = (loaders.run(run).info.get("data") or {}).get("annotations") or {}
    except HemError:  # the run has been deleted
        source = {}
    written = {name: annotations_of(registry.load(hem_core.export, name)) for name in known} if source else {}
    own = [name for name, format in written.items() if format == source.get("format")]
    others = [name for name, format in written.items() if format]
    return [*own, *others, *(name for name in known if name == "parquet")][:1]


@st.fragment(run_every="1s")
def _watch(home: Path, target: Path) -> None:
    found = exports.state(home, target)
    if found["status"] != "running":
        st.rerun()
    st.progress(_share(found), text=words.plain(_stage(found)))


def _share(found: dict[str, Any]) -> float:
    done, total = int(found.get("done") or 0), int(found.get("total") or 0)
    return min(1.0, done / total) if total else 0.0


def _stage(found: dict[str, Any]) -> str:
    done, total = int(found.get("done") or 0), int(found.get("total") or 0)
    return f"{found.get('stage', 'starting')}: {done:,} of {total:,}" if total else "starting"


def _progress(home: Path, name: str, version: int, formats: tuple[str, ...], target: Path, data: str) -> None:
    found = exports.state(home, target)
    if found["status"] == "running":
        _watch(home, target)
        return
    if found["status"] == "done":
        size = exports.size_bytes(target)
        kept = "" if home in target.parents else "; this workspace is read-only, and the folder goes with the server"
        st.caption(f"Exported, {words.size(size)}, in this folder{kept}:")
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
        exports.start(home, name, version, formats, data)
        st.rerun()
