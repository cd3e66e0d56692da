"""A login at the door: who is allowed gets in, everybody else gets a page that says why, on every route."""

import json
from itertools import count
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import gate
from app.network import network
from app.server import build
from hem_core.errors import HemError

ORIGIN, BASE = "https://hem.example.org", "/hem"
SECRET = "thirty-two characters or more of chance"


@pytest.fixture(scope="module")
def door(whole_workspace, identity_provider, tmp_path_factory):
    """The whole app behind https://hem.example.org/hem with a login, for ada@example.org and all of uni.example."""
    from streamlit import config
    from streamlit.runtime.runtime import Runtime
    from streamlit.runtime.secrets import secrets_singleton

    home, before = tmp_path_factory.mktemp("login"), pytest.MonkeyPatch()
    before.setenv("HEM_WORKSPACE", "")
    before.setattr(Runtime, "_instance", None)
    secrets, usual = identity_provider.write_secrets(home, f"{ORIGIN}{BASE}"), config.get_option("secrets.files")
    config.set_option("secrets.files", [str(secrets)])
    secrets_singleton._reset()
    known = network(public_url=f"{ORIGIN}{BASE}", allowed=["Ada@example.org", "@uni.example"])
    app = build(whole_workspace, None, known, gate.configured(known))
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client
    config.set_option("secrets.files", usual)
    secrets_singleton._reset()
    build(whole_workspace)
    before.undo()


def log_in(door, name):
    """Log in at the provider as a browser does, from the page that was asked for; returns the last answer."""
    door.cookies.clear()
    page = door.get("/hem/explore?run=tiny")
    assert (page.status_code, 'href="/hem/hem/login?provider=default"' in page.text) == (403, True)
    started = door.get(door.get("/hem/hem/login?provider=default").headers["location"])
    back = httpx.get(f"{started.headers['location']}&as={name}").headers["location"]
    assert back.startswith(f"{ORIGIN}{BASE}/oauth2callback?")
    returned = door.get(back, headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
    assert all("secure" in cookie.lower() for cookie in returned.headers.get_list("set-cookie") if "user=" in cookie)
    return door.get(returned.headers["location"])


def opens_socket(door):
    try:
        with door.websocket_connect("wss://hem.example.org/hem/_stcore/stream", headers={"origin": ORIGIN}):
            return True
    except WebSocketDisconnect:
        return False


PATHS = ["/hem/", "/hem/explore", "/hem/hem/ids/tiny?rows=0", "/hem/hem/static/x/shared/dom.js",
         "/hem/_stcore/host-config", "/hem/hem/name", "/hem/static/js/index.js"]  # fmt: skip


def test_who_is_allowed_gets_in_at_the_page_that_was_asked_for(door):
    for name in ("ada", "ADA@example.org", "bob@uni.example"):
        assert log_in(door, name).headers["location"] == "/hem/explore?run=tiny"
        assert door.get("/hem/").status_code == 200
        assert opens_socket(door)
        assert "this page's token" in door.get("/hem/hem/ids/tiny?rows=0").text  # the second door, as ever
    left = door.get("/hem/auth/logout")
    assert left.headers["location"] == "/hem/"
    assert [door.get(path).status_code for path in PATHS] == [403] * len(PATHS)


@pytest.mark.parametrize("name", ["mallory", "eve@evil.example", "ada@example.org.evil.example", "bob@sub.uni.example",
                                  "uni.example@evil.example", "bob@uni.example@evil.example"])  # fmt: skip
def test_who_is_logged_in_but_not_allowed_is_told_so_everywhere(door, name):
    answer = log_in(door, name)
    assert (answer.status_code, "has no access to this workspace" in answer.text) == (403, True)
    assert [door.get(path).status_code for path in PATHS] == [403] * len(PATHS)
    assert not opens_socket(door)
    assert door.post("/hem/hem/tags", json={}, headers={"origin": ORIGIN}).status_code == 403


def test_without_a_login_nothing_but_the_way_to_the_provider_answers(door):
    door.cookies.clear()
    assert [door.get(path).status_code for path in PATHS] == [403] * len(PATHS)
    assert not opens_socket(door)
    assert door.get("/hem/hem/login?provider=nobody").status_code == 404
    assert door.get("/hem/oauth2callback?state=x&code=y").headers["location"] == "/hem/"
    assert door.get(f"/hem/?token={'t' * 43}").status_code == 403
    assert door.post("/hem/hem/enter", data={"token": ""}, headers={"origin": ORIGIN}).status_code == 403


def cookie(about, secret=SECRET, name="_streamlit_user"):
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    return create_signed_value(secret, name, about if isinstance(about, str) else json.dumps(about)).decode()


ADA = {"email": "ada@example.org", "origin": ORIGIN, "is_logged_in": True}


@pytest.mark.parametrize(
    "value",
    [
        cookie(ADA, secret="another secret that is long enough too"),
        cookie(ADA, secret=""),
        cookie(ADA, name="_streamlit_user_tokens"),
        cookie({**ADA, "origin": "https://other.example.org"}),
        cookie({**ADA, "is_logged_in": False}),
        cookie({**ADA, "email_verified": False}),
        cookie({**ADA, "email_verified": "false"}),
        cookie({**ADA, "email_verified": 0}),
        cookie({**ADA, "email": None}),
        cookie({**ADA, "email": ["ada@example.org"]}),
        cookie([ADA]),
        cookie("no JSON"),
        cookie("chunks-2"),
        cookie(ADA) + "x",
        json.dumps(ADA),
        "é" * 20,
        "",
    ],
    ids=map("cookie {}".format, count()),  # a signature holds the time: every process would collect other names
)
def test_a_cookie_that_streamlit_did_not_sign_for_this_address_lets_nobody_in(door, value):
    door.cookies.clear()
    headers = {"cookie": f"_streamlit_user={value}".encode("latin-1")}
    assert door.get("/hem/", headers=headers).status_code == 403


def test_a_cookie_that_it_did_sign_does(door):
    door.cookies.clear()
    assert door.get("/hem/", headers={"cookie": f"_streamlit_user={cookie(ADA)}"}).status_code == 200


def test_the_page_kept_for_after_the_login_is_always_one_of_this_app(door):
    for wanted in ("//evil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example", "/other"):
        door.cookies.clear()
        headers = {"cookie": f"_streamlit_user={cookie(ADA)}; hem-next={wanted}"}
        assert urlsplit(door.get("/hem/", headers=headers).headers["location"]).path == "/hem/"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"redirect_uri": "http://localhost:8501/oauth2callback"},
            r"must be 'https://hem\.example\.org/hem/oauth2callb",
        ),
        ({"cookie_secret": "short"}, r"must have 32 characters or more"),
        ({"client_secret": None}, r"missing the following keys: \['client_secret'\]"),
        (None, r"describe it in \.streamlit/secrets\.toml of this folder:\n\[auth\]\nredirect_uri = \"https://hem"),
    ],
)
def test_a_login_that_is_not_complete_is_said_at_the_start(monkeypatch, changes, message):
    from streamlit.runtime.secrets import AttrDict, secrets_singleton

    whole = {"redirect_uri": f"{ORIGIN}{BASE}/oauth2callback", "cookie_secret": SECRET, "client_id": "hem",
             "client_secret": "s", "server_metadata_url": "https://x.example/m"}  # fmt: skip
    auth = {name: value for name, value in {**whole, **(changes or {})}.items() if value is not None}
    found = {} if changes is None else {"auth": AttrDict(auth)}
    monkeypatch.setattr(secrets_singleton, "_secrets", found)
    with pytest.raises(HemError, match=message):
        gate.configured(network(public_url=f"{ORIGIN}{BASE}", allowed=["*"]))


def test_a_star_admits_everybody_with_a_verified_address():
    found = gate.Gate(ORIGIN, SECRET, ("*",), ("default",))
    assert (found.admits("a@b.c"), found.admits("")) == (True, False)
