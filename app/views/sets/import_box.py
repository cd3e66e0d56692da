"""Labels that somebody gave in another tool, brought back as verdicts."""

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app import loaders, state, widgets, words
from hem_core.errors import HemError
from hem_core.store.run import Run

if TYPE_CHECKING:
    from hem_core.labels.import_boxes import ImportedBoxes
    from hem_core.labels.import_labels import ImportedLabels

LARGEST_MB = 100


def is_possible() -> bool:
    """Whether this HEM can import labels."""
    return importlib.util.find_spec("hem_core.labels.import_labels") is not None


def draw(run: Run) -> None:
    """A button that opens the uploader; what came in is shown once."""
    if not is_possible():
        return
    with st.popover("Import labels", icon=":material/upload_file:"):
        turn = int(str(state.recall("import_turn", 0)))
        file = st.file_uploader(
            "Answers as Label Studio exports them, or a CSV, JSON Lines or Parquet file with id and label",
            type=["json", "jsonl", "csv", "tsv", "txt", "parquet"],
            max_upload_size=LARGEST_MB,
            key=f"import_file {turn}",
        )
        if st.button("Import", type="primary", disabled=file is None, key="import_labels") and file:
            _take(run, file.name, file.getvalue())
        sentence = state.forget("imported")
        if sentence:
            st.success(words.plain(sentence), icon=":material/check:")
        st.caption(
            words.plain(
                f"Each answer becomes a verdict on an example of {run.data}: 'right' where the label is the given "
                "one, 'mislabelled' with the new one where it is another class. Boxes that were moved, relabelled, "
                "drawn or deleted become the verdicts of Review. The same file twice adds nothing."
            )
        )


def summary(found: "ImportedLabels") -> str:
    """What an import did, in sentences."""
    from hem_core.labels.import_labels import CHANGE, KEEP, SKIP

    kept, changed, skipped = (found.counts.get(tag, 0) for tag in (KEEP, CHANGE, SKIP))
    sentences = [
        f"{words.count(found.n_answers, 'answer')} read: {kept:,} keep the label, {changed:,} change it, "
        f"{skipped:,} skipped it"
    ]
    if found.n_known:
        sentences.append(f"{found.n_known:,} had been imported before")
    if found.n_without_id:
        sentences.append(f"{words.count(found.n_without_id, 'entry', 'entries')} without an id skipped")
    for none, nouns in (
        (found.unanswered, "without an answer"),
        (found.unknown_ids, "that this run does not have"),
        (list(found.unknown_labels), "with a label that is no class"),
        (list(found.disagreements), "on which people are at odds"),
    ):
        if none:
            sentences.append(f"{words.count(len(none), 'example')} {nouns}, such as {none[0]}")
    return " ".join([". ".join(sentences) + ".", *found.notes])


def summary_of_boxes(found: "ImportedBoxes") -> str:
    """What an import of boxes did, in sentences."""
    sentences = [found.words]
    for listed, nouns in ((found.unanswered, "without an answer"), (found.unknown_ids, "that this run does not have")):
        if listed:
            sentences.append(f"{words.count(len(listed), 'example')} {nouns}, such as {listed[0]}")
    if found.conflicts:
        sentences.append(f"People disagree on {words.count(len(found.conflicts), 'box', 'boxes')}: see Labels")
    return " ".join([". ".join(sentences) + ".", *found.notes])


def _imported(path: Path, run: Run) -> str:
    """Import a file and say what that did."""
    from hem_core.labels.import_boxes import import_boxes, is_of_boxes
    from hem_core.labels.import_labels import import_labels

    options = {"run": run.name, "who": state.person()}
    if is_of_boxes(path):
        return summary_of_boxes(import_boxes(path, loaders.folder(), **options))
    return summary(import_labels(path, loaders.folder(), **options))


def _take(run: Run, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="hem-") as folder:
        path = Path(folder) / f"answers{Path(name).suffix.lower()}"
        path.write_bytes(content)
        try:
            sentence = _imported(path, run)
        except HemError as error:
            widgets.failure(HemError(str(error).replace(str(path), name)))
            return
    state.remember("imported", sentence)
    state.remember("import_turn", int(str(state.recall("import_turn", 0))) + 1)
    st.rerun()
