"""The pages and their frame."""

from functools import partial

import streamlit as st

from app import frame, state, theme
from app.views import compare, explore, labels, overview, retrain, review, sets, slices

st.set_page_config(page_title="HEM", page_icon=theme.ICON, layout="wide")
state.sync()
VIEWS = {
    "overview": overview.page,
    "explore": explore.page,
    "slices": slices.page,
    "labels": labels.page,
    "review": review.page,
    "sets": sets.page,
    "retrain": retrain.page,
    "compare": compare.page,
}
pages = {
    name: st.Page(partial(frame.guarded, page), title=name.capitalize(), url_path=name, default=name == "overview")
    for name, page in VIEWS.items()
}
state.set_pages(pages)
st.navigation(list(pages.values()), position="top").run()
