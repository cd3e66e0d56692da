"""Add data: from a file or a folder to a run."""

import shlex

import streamlit as st

from app import loaders, widgets
from app.views.add_data import contents, inventory, request, source, start
from hem_core.errors import HemError

TITLE = "Add data"
ICON = ":material/add:"
PLACE = 90
NEEDS_RUN = False
IS_START = True
"""An empty workspace opens here."""


def page() -> None:
    """The form, or the progress of what it started; then what the workspace has."""
    job = start.started()
    with st.container(width=1100):
        if job is not None:
            st.subheader("Add data", anchor=False)
            start.follow(job)
        else:
            _form()
        inventory.draw()


def _form() -> None:
    st.subheader("Add data", anchor=False)
    st.markdown(
        "A **run** holds the scores of one model on one data set: which examples are hard, which labels look wrong, "
        "and why. Predictions on labelled examples are enough; no model is needed."
    )
    if not loaders.workspace().is_writable():
        widgets.failure(HemError(widgets.why_read_only(loaders.workspace())))
        return
    source.draw(
        "data",
        "File or folder on the machine that HEM runs on",
        "/data/predictions.csv",
        help="A .csv, .parquet, .jsonl or .npz file, a folder of pictures, or annotations of boxes (COCO, YOLO, VOC, "
        "CVAT …). Paths are those of the server, also when you open this page from another machine.",
        drop="or drop a file here; a folder of pictures as a .zip",
    )
    if not request.chosen("data"):
        _nothing_yet()
        return
    found = contents.preview()
    contents.trouble(found, "data")
    if found.reader and found.rows is not None:
        contents.draw(found)
        start.draw(found)


def _nothing_yet() -> None:
    """What a file can look like, and what else can be done."""
    st.caption(
        "A table (.csv, .tsv, .parquet, .jsonl) looks like this: a label, and a probability for each class. "
        "Further columns become filters."
    )
    st.code("id,label,prob_cat,prob_dog\na1,cat,0.93,0.07\na2,dog,0.61,0.39", language=None)
    st.caption(
        "A notebook writes it with `frame.to_parquet('predictions.parquet')` or `frame.to_csv(…)`. The columns "
        "`prediction` and `confidence` will do, and for regression `prediction` alone; boxes are a COCO file with its "
        "results."
    )
    if not loaders.workspace().runs():
        start.demo_button()
        st.caption("It runs in the background; the same in a terminal:")
        st.code(f"hem demo --workspace {shlex.quote(str(loaders.folder()))}", language="bash", wrap_lines=True)
