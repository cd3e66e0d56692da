"""The documentation inside the app."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.views.documentation import text

DOCS = Path(__file__).parents[2] / "docs"


def open_page(name):
    def script():
        from app import frame
        from app.views.documentation.page import page

        frame.show(page, needs_run=False)

    test = AppTest.from_function(script, default_timeout=20)
    test.query_params["doc"] = name
    return test.run()


def test_every_page_with_a_title_is_there_and_links_to_others_stay_in_the_app(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    known = text.pages()
    assert next(iter(known)) == "index"
    assert set(known) == {path.stem for path in DOCS.glob("*.md") if path.read_text("utf-8").startswith("# ")}
    test = open_page("review")
    assert not test.exception
    shown = [one.value for one in test.markdown]
    assert any(one.startswith("# Reviewing together") for one in shown)
    assert any("](?doc=network)" in one for one in shown)


def test_a_page_that_is_not_there_is_the_first_one(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    for name in ("../SECURITY", "nothing", ""):
        assert any("# HEM" in one.value or one.value.startswith("# ") for one in open_page(name).markdown)


def test_links_lead_to_pages_that_are_here_and_nothing_of_the_site_s_machinery_is_shown():
    known = text.pages()
    for path in known.values():
        shown = text.shown(path, known)
        assert "{toctree}" not in shown
        assert all(link in known for link in re.findall(r"\]\(\?doc=([^)]*)\)", shown))
        assert not re.findall(r"\]\((?!https?:|#|\?doc=)", re.sub(r"`[^`]*`|```.*?```", "", shown, flags=re.DOTALL))
