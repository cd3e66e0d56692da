"""The fields of a file or folder: a path on this machine, or a file that is dropped on the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import loaders, state, words
from app.views.add_data import request
from hem_core.catalog import image_folder
from hem_core.errors import HemError
from hem_core.store.uploads import keep_upload, unpacked

SUGGESTED = 12


def draw(name: str, title: str, placeholder: str, *, help: str, drop: str = "") -> None:
    """A text field for a path, and beside it a place to drop a file. drop: its title; "" for a folder."""
    if not drop:
        _path(name, title, placeholder, help)
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _path(name, title, placeholder, help)
    with right:
        _upload(name, drop)


def _path(name: str, title: str, placeholder: str, help: str) -> None:
    typed = request.chosen(name)
    st.text_input(title, placeholder=placeholder, help=help, **request.field(name, typed))
    found = suggestions(request.absolute(typed)) if typed else []
    if found:
        st.pills(
            "There are",
            found,
            format_func=lambda path: words.plain(Path(path).name + ("/" if Path(path).is_dir() else "")),
            key=state.put(f"add_near_{name}", None),
            on_change=state.take(f"add_near_{name}", request.taker(name)),
        )


def suggestions(path: str) -> list[str]:
    """What a path that leads to nothing may have meant: the entries of its nearest folder that begin alike."""
    place = Path(path)
    try:
        if place.exists():
            return []
        home = next(above for above in place.parents if above.is_dir())
        begin = place.relative_to(home).parts[0].casefold()
        inside = [each for each in sorted(home.iterdir()) if not each.name.startswith(".")]
    except (OSError, ValueError, StopIteration):
        return []
    alike = [each for each in inside if each.name.casefold().startswith(begin)] or [
        each for each in inside if begin[:3] and each.name.casefold().startswith(begin[:3])
    ]
    return [str(each) for each in alike[:SUGGESTED]]


def _upload(name: str, title: str) -> None:
    turn = int(str(state.recall(f"add_turn_{name}", 0)))
    file = st.file_uploader(title, key=f"add_file_{name} {turn}")
    refusal = state.forget(f"add_refusal_{name}")
    if refusal:
        st.error(words.plain(refusal), icon=":material/error:")
    if file is None:
        return
    try:
        kept = keep_upload(loaders.folder(), file.name, file)
        given = unpacked(kept)
        pictures = image_folder.around(given) if name == "data" and given.is_file() and given != kept else None
        request.choose(name, str(pictures or given))
        if pictures:
            request.choose("predictions", str(given))
    except HemError as error:
        state.remember(f"add_refusal_{name}", str(error))
    state.remember(f"add_turn_{name}", turn + 1)  # another uploader: what it held is on the disk now
    st.rerun()
