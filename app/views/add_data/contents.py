"""What was found in the data, and the fields that say how they are read."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import streamlit as st

from app import loaders, words
from app.views.add_data import request, source
from app.views.retrain.retrains import problem_of
from hem_core import tasks
from hem_core.catalog.table import TableColumns
from hem_core.runs.data_preview import DataPreview, takes_class_order

NOTED, NAMED, ROWS = 5, 12, 3
SAMPLES = {"unknown": "Not known", "out-of-sample": "No", "in-sample": "Yes"}
MODELS = {"": "In a file", "train": "From a train function"}
SEPARATORS = ("", "|", ";", ",")
READERS = {
    "table": "a table",
    "arrays": "arrays",
    "image_folder": "a folder of pictures",
    "annotated_boxes": "annotations of boxes",
}


def draw(found: DataPreview) -> None:
    """The first rows, then the fields: task, columns, predictions, classes."""
    if found.rows is not None:
        kind = READERS.get(found.reader, found.reader)
        st.markdown(f"Read as **{kind}**: **{words.count(found.n, 'example')}**. The first rows:")
        st.dataframe(found.rows.slice(0, ROWS).to_pandas(), hide_index=True, height="content", key="add_rows")
        if found.columns is not None and found.columns.lists:
            st.caption(words.plain(f"Besides, lists of numbers in {', '.join(found.columns.lists)}."))
    _summary(found)
    if _needs_classes(found):
        trouble(found, "classes")
        _classes(found)
    _task(found)
    if found.columns is not None:
        _columns(found, found.columns)
    trouble(found, "columns")
    _model(found)
    with _options(found):
        _beside(found)
        trouble(found, "model")
        if _takes_classes(found) and not _needs_classes(found):
            _classes(found)


def _options(found: DataPreview) -> AbstractContextManager[object]:
    """Where the fields that are seldom needed stand: folded away where nothing is missing and none of them is used."""
    is_used = any(map(request.chosen, ("predictions", "images"))) or any("--images" in note for note in found.notes)
    return nullcontext() if found.missing or found.problem or is_used else st.expander("More options")


def _takes_classes(found: DataPreview) -> bool:
    return takes_class_order(found.task) and bool(found.labels or request.classes())


def place_of(problem: str) -> str:
    """The part of the page to which a problem belongs: "data", "columns", "model" or "classes"."""
    for place, options in (
        ("classes", ("--classes", "--separator")),
        ("columns", ("--label-column", "--id-column", "--image-column", "--text-column", "--feature-columns")),
        ("model", ("--predictions", "--images", "--train")),
    ):
        if any(option in problem for option in options):
            return place
    beside = [request.absolute(request.chosen(name)) for name in ("predictions", "images")]
    return "model" if any(path and path in problem for path in beside) else "data"


def trouble(found: DataPreview, place: str) -> None:
    """The problem of the data, where its field is."""
    if found.problem and _place(found) == place:
        st.error(words.plain(request.in_app_words(found.problem)), icon=":material/error:")


def _place(found: DataPreview) -> str:
    place = place_of(found.problem)
    if place == "columns" and found.columns is None:
        return "data"
    return place if place != "classes" or _takes_classes(found) else "data"


def _needs_classes(found: DataPreview) -> bool:
    """Whether their order is missing or was named: the field then stands first."""
    is_named = any(map(request.chosen, ("classes", "separator")))
    return _takes_classes(found) and (is_named or place_of(found.problem) == "classes")


def _task(found: DataPreview) -> None:
    names = tasks.names()
    st.selectbox(
        "Task",
        names,
        format_func=lambda name: _sentence(tasks.load(name).title),
        disabled=found.is_fixed,
        help="What is predicted; suggested by the labels. Annotations of boxes name it themselves.",
        width=480,
        **request.field("task", found.task if found.task in names else tasks.DEFAULT),
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _columns(found: DataPreview, columns: TableColumns) -> None:
    named, known = {**found.guesses, **request.columns_chosen()}, list(columns.names)
    usual_label = [columns.label] if columns.label else []
    labels = [each for each in named.get("label_column", "").split(",") if each in known] or usual_label
    boxes = st.columns(4, gap="small")
    with boxes[0]:
        st.multiselect(
            "Label",
            known,
            help="Of tags or of several numbers choose a column for each.",
            **request.column("label_column", [each for each in labels if each in known], usual_label),
        )
    roles = (("id_column", "Ids", columns.id), ("image_column", "Pictures", columns.image))
    for box, (name, title, usual) in zip(boxes[1:], (*roles, ("text_column", "Texts", columns.text)), strict=True):
        with box:
            value = named.get(name, usual)
            _one(name, title, value if value in known else None, usual, known)
    _guesses(found)
    if request.is_trained():
        features = [each for each in named.get("feature_columns", "").split(",") if each in known]
        st.multiselect(
            "Features",
            known,
            placeholder="without pictures or texts: all columns that can be",
            help="Columns of a table that the model is trained on.",
            **request.column("feature_columns", features, []),
        )


def _guesses(found: DataPreview) -> None:
    """What was guessed, for the user to correct."""
    titles = {"label_column": "Label", "text_column": "Texts", "id_column": "Ids"}
    if found.guesses:
        guessed = ", ".join(f"**{titles[name]}**: {words.plain(column)}" for name, column in found.guesses.items())
        st.caption(f"Guessed from the names and contents: {guessed}. If a guess is wrong, choose another column.")


def _one(name: str, title: str, value: str | None, usual: str | None, known: list[str]) -> None:
    none = "row numbers" if name == "id_column" else "none"
    st.selectbox(title, known, index=None, placeholder=none, **request.column(name, value, usual))


def _model(found: DataPreview) -> None:
    """Where the predictions come from, and whether they are of examples that the model was trained on."""
    model = request.chosen("model")
    with st.container(horizontal=True, gap="large"):
        st.segmented_control(
            "Predictions",
            list(MODELS),
            format_func=MODELS.__getitem__,
            required=True,
            **request.field("model", model if model in MODELS else ""),
        )
        if not request.is_trained():
            _sample()
    if request.is_trained():
        _training()


def _sample() -> None:
    sample = request.chosen("sample") or "unknown"
    st.segmented_control(
        "Was the model trained on these examples?",
        list(SAMPLES),
        format_func=SAMPLES.__getitem__,
        required=True,
        help="If it was, its errors here are optimistic, and every page says so.",
        **request.field("sample", sample if sample in SAMPLES else "unknown"),
    )


def _beside(found: DataPreview) -> None:
    """The files beside the data, where their reader takes some."""
    if "predictions" in found.takes and not request.is_trained():
        source.draw(
            "predictions",
            "Predictions file",
            "not needed where the data hold them",
            help="A table of predictions, matched by id or by the pictures' file names. For boxes: COCO results, a "
            "folder of YOLO text files, a table or an .npz file.",
            drop="or drop the predictions here",
        )
    has_pictures = found.columns is None or found.columns.image or request.columns_chosen().get("image_column")
    if "images" in found.takes and (has_pictures or request.chosen("images")):
        source.draw(
            "images",
            "Folder of the pictures",
            "where the data say; or a folder on the machine that HEM runs on",
            help="What the paths of the pictures are relative to. Without the pictures, tiles stay empty.",
        )


def _training() -> None:
    left, right = st.columns([3, 1], gap="small")
    with left:
        st.text_input(
            "Train function",
            placeholder="package.module:train",
            help="train(dataset, …) returns the model; it is imported from the folder in which the app was started. "
            "Every example is judged by a model that has not seen it.",
            **request.field("train", request.chosen("train")),
        )
    with right:
        st.number_input("Folds", 2, 20, **request.field("folds", request.folds()))
    problem = train_problem()
    if problem:
        st.error(words.plain(problem), icon=":material/error:")


def train_problem() -> str:
    """Why the train function cannot be the one; "" without one, and when it may be."""
    train = request.chosen("train")
    return problem_of(train) if train and request.is_trained() else ""


def _classes(found: DataPreview) -> None:
    st.text_input(
        "Classes, in the order of the outputs",
        placeholder=", ".join(found.classes) or "cat, dog, … separated by commas",
        help="Needed where predictions are lists of numbers and the labels are names.",
        **request.field("classes", request.chosen("classes")),
    )
    in_order = ", ".join(found.labels)
    if "--classes" in found.problem and len(in_order) < 2_000 and not any("," in label for label in found.labels):
        if st.button("Use the alphabetical order, as scikit-learn does", key="add_alphabetical"):
            request.choose("classes", in_order)
            st.rerun()
        st.caption(words.plain(in_order))
    if "--separator" in found.problem or request.chosen("separator"):
        st.selectbox(
            "Separator of the tags",
            SEPARATORS,
            format_func=lambda text: text or "found in the labels",
            width=240,
            **request.field("separator", request.chosen("separator")),
        )


def _summary(found: DataPreview) -> None:
    """What was recognised, what is missing, and what was noted."""
    if found.predictions:
        order = f" Classes in their order: {', '.join(found.classes[:NAMED])}" if found.classes else ""
        more = f" and {len(found.classes) - NAMED:,} more" if len(found.classes) > NAMED else ""
        st.success(words.plain(f"Predictions recognised {found.predictions}.{order}{more}"), icon=":material/check:")
    if found.missing:
        lacks = request.in_app_words(f"There is nothing to score yet: the file {found.missing}.")
        st.warning(words.plain(lacks), icon=":material/info:")
    if found.n_unlabelled:
        some = words.count(found.n_unlabelled, "example")
        st.warning(f"{some} without a label that can be used: listed with the reason, and not scored.")
    for note in found.notes[:NOTED]:
        st.caption(words.plain(request.in_app_words(note)))


def preview() -> DataPreview:
    """The preview of what was chosen, read once for the same file."""
    return loaders.data_preview(request.request())
