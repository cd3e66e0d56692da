"""The pages and their frame."""

from functools import partial

import streamlit as st

from app import frame, state, theme
from app.views import explore, overview, review, sets

st.set_page_config(page_title="HEM", page_icon=theme.ICON, layout="wide")
state.sync()
PAGES = {
    "overview": (overview.page, "Overview", True),
    "explore": (explore.page, "Explore", False),
    "review": (review.page, "Review", False),
    "sets": (sets.page, "Sets", False),
}
pages = {
    path: st.Page(
        partial(frame.show, page, without_scores=path == "overview"), title=title, url_path=path, default=first
    )
    for path, (page, title, first) in PAGES.items()
}
state.set_pages(pages)
st.navigation(list(pages.values()), position="top").run()
