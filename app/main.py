"""The pages and their frame."""

from functools import partial

import streamlit as st

from app import frame, saved_views, state, theme
from app.views import is_offered, start_page, title, views

st.set_page_config(page_title="HEM", page_icon=theme.ICON, layout="wide")
state.sync()
is_opened = saved_views.open_from_address()
listing = frame.listing()
level = frame.level_ahead(listing)
pages = {
    name: st.Page(
        partial(
            frame.guarded,
            view.page,
            needs_run=getattr(view, "NEEDS_RUN", True),
            found=listing,
            bar=getattr(view, "bar", None),
        ),
        title=title(name, view),
        icon=getattr(view, "ICON", None),
        url_path=name,
        default=place == 0,
        visibility="visible" if is_offered(view, level) else "hidden",
    )
    for place, (name, view) in enumerate(views().items())
}
state.set_pages(pages)
chosen, start = st.navigation(list(pages.values()), position="top"), start_page()
if start and listing.is_empty and chosen is next(iter(pages.values())) and state.is_served():
    state.go(start)
if is_opened and chosen is not pages["explore"]:
    state.go("explore")
state.remember("page", chosen.url_path or next(iter(pages)))
chosen.run()
