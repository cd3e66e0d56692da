"""Where people log in, the name of the login signs what a page posts, whatever the page says."""

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config

from app import loaders, login
from app.wire import routes
from app.wire.identity import identity


@pytest.fixture
def configured(tmp_path):
    """secrets.toml with [auth], as Streamlit reads it."""
    path, before = tmp_path / "secrets.toml", config.get_option("secrets.files")
    path.write_text('[auth]\nclient_id = "hem"\n', "utf-8")
    config.set_option("secrets.files", [str(path)])
    yield
    config.set_option("secrets.files", before)
    st.secrets._reset()


@pytest.fixture
def client(workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace()))
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1")


def sign(client, who, person):
    level = loaders.level("tiny")
    body = {**identity(level), "who": who, "client": "page", "sequence": 1, "ids": ["e00"], "tag": "hard"}
    return client.post("/hem/tags", json=body, headers={"X-HEM-Token": routes.token("a-session", person)})


def test_a_post_is_signed_with_the_name_of_the_login_alone(client, configured):
    assert login.is_configured()
    refused = sign(client, "mallory", "Ada ~ Lovelace.")
    assert refused.status_code == 409
    assert refused.json()["error"] == "this is signed 'mallory', and 'Ada ~ Lovelace.' is logged in; nothing was stored"
    assert sign(client, "Ada ~ Lovelace.", "Ada ~ Lovelace.").status_code == 200
    assert loaders.tags().state(loaders.level("tiny").data)["who"].tolist() == ["Ada ~ Lovelace."]


def test_nobody_signs_without_a_login_where_there_is_one(client, configured):
    answer = sign(client, "mallory", "")
    assert (answer.status_code, answer.json()["error"][:12]) == (409, "log in first")
    assert client.post("/hem/name", data={"who": "mallory"}).status_code == 409
    assert "the name that you log in with" in client.get("/hem/name").text


def test_without_a_login_a_name_is_typed_as_before(client):
    assert not login.is_configured()
    assert sign(client, "anna", "").status_code == 200
    assert client.post("/hem/name", data={"who": "anna"}, follow_redirects=False).status_code == 303
