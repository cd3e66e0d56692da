"""A list of ids or file names from elsewhere, dropped or pasted: it becomes a set, and the form asks what was asked."""

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from app import loaders, state, widgets, words
from app.views.retrain import retrains
from hem_core.errors import HemError
from hem_core.store.run import Run

LARGEST_MB = 100
TYPES = ["txt", "csv", "tsv", "json", "jsonl", "parquet", "npy"]
QUESTIONS = {
    "drop": "Leave them out",
    "relabel": "Correct their labels",
    "weigh": "Up-weight them",
    "add": "Add them to a base",
}


def draw() -> dict[str, Any] | None:
    """The button that opens the box; settings for the form once a list was matched with the data."""
    run = _run()
    if run is None:
        return None
    turn = int(str(state.recall("list_turn", 0)))
    with st.popover("Prove a list", icon=":material/playlist_add_check:", key=f"list_box {turn}"):
        place = st.container()
        st.caption(
            "Examples that another tool, a rule or a person chose: is a model better when they are acted on? The list "
            f"becomes a set of {words.plain(run.data)}."
        )
        question = st.radio(
            "What to do with them",
            list(QUESTIONS),
            format_func=QUESTIONS.__getitem__,
            key=f"list_question {turn}",
            horizontal=True,
        )
        file = st.file_uploader(
            "A file with ids or file names, or an export of FiftyOne, LightlyStudio or Label Studio",
            type=TYPES,
            max_upload_size=LARGEST_MB,
            key=f"list_file {turn}",
        )
        pasted = st.text_area("Or paste them, one a line", height=100, key=f"list_pasted {turn}")
        left, right = st.columns(2)
        with left:
            tag = _text("Only with this tag or choice", f"list_tag {turn}")
        with right:
            who = _text("Only the answers of", f"list_who {turn}")
        label_column = _text("Column of the corrected labels", f"list_labels {turn}") if question == "relabel" else None
        force = st.toggle("Go on with those that fit", key=f"list_force {turn}")
        is_there = file is not None or bool(pasted.strip())
        if not st.button("Make a set", type="primary", disabled=not is_there, key="list_match"):
            return None
        content = (file.name, file.getvalue()) if file else ("pasted.txt", pasted.encode())
        with place:  # a refusal stands where it is seen
            return _matched(run, content, str(question), label_column, {"tag": tag, "who": who, "force": force})


def _text(title: str, key: str) -> str | None:
    return st.text_input(title, key=key).strip() or None


def _run() -> Run | None:
    """The run that is open, else the newest complete one."""
    complete = [run for run in loaders.workspace().runs() if run.is_complete]
    current = next((run for run in complete if run.name == state.current_run()), None)
    return current or next(iter(complete), None)


def _matched(
    run: Run, content: tuple[str, bytes], question: str, label_column: str | None, more: dict[str, Any]
) -> dict[str, Any] | None:
    from hem_core.prove.list_set import set_of_list
    from hem_core.prove.lists import ListOptions
    from hem_core.prove.request import Request
    from hem_core.retrain.settings import ARMS_OF_QUESTION
    from hem_core.retrain.settings import QUESTIONS as RECIPES

    with tempfile.TemporaryDirectory(prefix="hem-") as folder:
        path = Path(folder) / Path(content[0]).name
        path.write_bytes(content[1])
        asked = Request(
            str(path), "", run=run.folder, question=question, columns=ListOptions(None, label_column), **more
        )
        try:
            found = set_of_list(loaders.folder(), run, asked)
        except HemError as error:
            widgets.failure(HemError(retrains.in_app_words(str(error).replace(str(path), content[0]))))
            return None
    about = found.manifest["list"]
    entries = words.count(about["n_entries"], "entry of the list is", "entries of the list are")
    sentence = f"{about['n_matched']:,} of {entries} examples of {run.data}; {about['n']:,} take part."
    state.remember("list_matched", " ".join([sentence, *about["notes"]]))
    state.remember("list_turn", int(str(state.recall("list_turn", 0))) + 1)
    return {"set": found.title, "recipe": RECIPES[question], "arms": list(ARMS_OF_QUESTION[question])}


def matched_sentence() -> None:
    """What became of the list, once."""
    sentence = state.forget("list_matched")
    if sentence:
        st.success(words.plain(str(sentence)), icon=":material/check:")
