"""The page at every address names ahead what it will ask for, and all of that is there."""

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from app import first_page
from app.wire import routes


@pytest.fixture
def client():
    """The routes of the app before Streamlit's files, as in the server."""
    own = [*routes.routes(), *first_page.routes()]
    app = Starlette(routes=[*own, *create_streamlit_static_assets_routes(None)])
    return TestClient(app, base_url="http://127.0.0.1:8501")


@pytest.mark.parametrize("path", ["/", "/explore?run=tiny", "/review"])
def test_what_a_page_names_ahead_is_there(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert '<div id="root">' in answer.text
    named = re.findall(r'<link rel="modulepreload" (?:crossorigin )?href="\.?(/[^"]+)"', answer.text)
    assert any(name.endswith("/joined.js") for name in named)
    assert any("/BidiComponent." in name for name in named)
    assert len(named) == len(set(named))
    for name in named:
        assert client.get(name).headers["content-type"].startswith(("text/javascript", "application/javascript"))


def test_a_part_that_streamlit_no_longer_has_is_left_out(client, monkeypatch):
    monkeypatch.setattr(first_page, "PARTS", ("NoSuchPart",))
    first_page._parts.cache_clear()
    try:
        assert "joined.js" in client.get("/").text
    finally:
        first_page._parts.cache_clear()
