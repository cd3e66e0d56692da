"""Documentation: the pages that come with this version."""

import streamlit as st

from app import state, widgets, words
from app.views.documentation import text
from hem_core.errors import HemError

TITLE = "Documentation"
PLACE = 200
NEEDS_RUN = False


def is_offered(_level: object) -> bool:
    """No tab: Help leads here."""
    return False


def page() -> None:
    """The list of pages on the left, the one that the address names on the right."""
    known = text.pages()
    if not known:
        widgets.failure(
            HemError("The documentation did not come with this installation; it is in docs/ of the checkout.")
        )
        return
    wanted = state.documentation()
    name = wanted if wanted in known else text.FIRST
    left, right = st.columns([1, 4], gap="large")
    with left:
        links = [f"- [{words.plain(text.title(path))}](?doc={one})" for one, path in known.items() if one != name]
        st.markdown("\n".join(links))
    with right, st.container(width=860):
        st.markdown(text.shown(known[name], known))
