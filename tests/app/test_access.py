"""Nobody gets in without the token, and no page of another port acts in the name of who has it open."""

import stat

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.access import TOKEN_FILE, Entry, stored_token
from app.access_pages import name_routes

TOKEN = "t" * 43
OWN = "http://127.0.0.1:8501"
SOCKET = "ws://127.0.0.1:8501/stream"


async def _socket(websocket):
    await websocket.accept()
    await websocket.send_text("in")
    await websocket.close()


def _inside(request):
    return PlainTextResponse("in")


@pytest.fixture
def client():
    methods = ["GET", "POST", "PUT", "DELETE"]
    pages = [*name_routes(), Route("/{path:path}", _inside, methods=methods), WebSocketRoute("/stream", _socket)]
    return TestClient(Entry(Starlette(routes=pages), TOKEN), base_url=OWN)


@pytest.fixture
def known(client):
    client.cookies.set("hem-8501", TOKEN)
    return client


@pytest.mark.parametrize("path", ["/", "/review", "/hem/columns/tiny", "/hem/static/x/bus.js", "/_stcore/host-config",
                                  "/media/x.png", "/hem/name", "/?token=" + "u" * 43, "/?token="])  # fmt: skip
def test_without_the_token_nothing_answers_and_a_page_says_how_to_get_in(client, path):
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = client.request(method, path)
        assert (answer.status_code, "The whole address" in answer.text or "whole address" in answer.text) == (403, True)
        assert "set-cookie" not in answer.headers
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET):
        pass


def test_the_health_of_the_server_can_be_asked_by_everybody(client):
    assert client.get("/_stcore/health").text == "in"


def test_the_printed_address_lets_a_browser_in_and_a_reload_needs_it_no_more(client):
    answer = client.get(f"/explore?run=a%20b&token={TOKEN}&view=%7B%7D")
    assert 'url=/explore?run=a+b&amp;view=%7B%7D"' in answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in (f"hem-8501={TOKEN}", "httponly", "samesite=strict", "path=/"))
    assert TOKEN not in answer.text
    assert client.get("/explore").text == "in"
    with client.websocket_connect(SOCKET, headers={"origin": OWN}) as socket:
        assert socket.receive_text() == "in"


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/%5Cevil.example"])
def test_the_page_behind_the_token_is_always_on_this_server(client, path):
    answer = client.get(f"{path}?token={TOKEN}")
    assert "evil.example" not in answer.text.split("url=")[1].split('"')[0] or 'url=/"' in answer.text


@pytest.mark.parametrize("cookie", [{"hem-8502": TOKEN}, {"hem-8501": "wrong"}, {"hem-8501": "é" * 43}, {"hem": TOKEN}])
def test_another_cookie_lets_nobody_in(client, cookie):
    header = "; ".join(f"{name}={value}" for name, value in cookie.items()).encode("latin-1")
    assert client.get("/", headers={"cookie": header}).status_code == 403


OTHERS = ["http://127.0.0.1:8502", "http://localhost:8501", "http://127.0.0.1", "http://127.0.0.1:8501.evil.example",
          "http://evil.example", "null", "", "file://"]  # fmt: skip


@pytest.mark.parametrize("origin", OTHERS)
def test_a_page_of_another_origin_neither_posts_nor_opens_the_socket(known, origin):
    for method in ("POST", "PUT", "DELETE"):
        assert known.request(method, "/hem/tags", headers={"origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect), known.websocket_connect(SOCKET, headers={"origin": origin}):
        pass


def test_own_pages_and_programs_do(known):
    assert known.post("/hem/tags", headers={"origin": OWN}).text == "in"
    assert known.post("/hem/tags", headers={"origin": OWN.upper()}).text == "in"
    assert known.post("/hem/tags").text == "in"
    with known.websocket_connect(SOCKET) as socket:
        assert socket.receive_text() == "in"


def test_a_link_from_elsewhere_opens_a_page_and_a_frame_or_picture_gets_nothing(known):
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert known.get("/review", headers=link).text == "in"
    for site in ("cross-site", "same-site"):
        for dest, mode in (("iframe", "navigate"), ("image", "no-cors"), ("script", "no-cors"), ("empty", "cors")):
            headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
            assert known.get("/media/x.png", headers=headers).status_code == 403, headers
    own = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    assert known.get("/hem/ids/tiny", headers=own).text == "in"


def test_without_a_token_everybody_is_in_but_other_origins_still_are_not():
    client = TestClient(Entry(Starlette(routes=[Route("/", _inside, methods=["GET", "POST"])]), None), base_url=OWN)
    assert client.get("/").text == "in"
    assert client.post("/", headers={"origin": "http://127.0.0.1:8502"}).status_code == 403


def test_the_token_outlives_a_restart_and_its_owner_alone_can_read_it(tmp_path):
    token = stored_token(tmp_path)
    assert len(token) >= 43
    assert stored_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_token_that_others_could_read_is_replaced(tmp_path, mode):
    token = stored_token(tmp_path)
    (tmp_path / TOKEN_FILE).chmod(mode)
    assert stored_token(tmp_path) != token
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "short", "x" * 40 + "\n; rm", "é" * 50])
def test_a_token_file_that_holds_none_is_replaced(tmp_path, content):
    (tmp_path / TOKEN_FILE).write_text(content)
    (tmp_path / TOKEN_FILE).chmod(0o600)
    assert stored_token(tmp_path) == stored_token(tmp_path) != content


def test_a_link_in_the_token_s_place_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("y" * 43)
    (tmp_path / "elsewhere").chmod(0o600)
    (tmp_path / TOKEN_FILE).symlink_to(tmp_path / "elsewhere")
    assert stored_token(tmp_path) != "y" * 43
    assert (tmp_path / "elsewhere").read_text() == "y" * 43


def test_a_browser_is_asked_for_a_name_once_and_goes_back_to_its_page(known):
    page = known.get("/hem/name", headers={"referer": f"{OWN}/review?run=tiny&queue=a%20b"})
    assert 'name="next" value="/review?run=tiny&amp;queue=a%20b"' in page.text
    form = {"who": "  Zoë <b>O'Hara</b>\x00 ", "next": "/review?run=tiny&queue=a%20b"}
    answer = known.post("/hem/name", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?run=tiny&queue=a%20b")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert 'value="Zoë &lt;b&gt;O&#x27;Hara&lt;/b&gt;"' in known.get("/hem/name").text


def test_who_gives_no_name_is_not_led_back_to_the_question(known, monkeypatch):
    monkeypatch.delenv("HEM_PERSON", raising=False)
    page = known.get("/hem/name", headers={"referer": f"{OWN}/review?run=tiny"}).text
    assert '<a href="/explore?run=tiny">Continue to Explore without a name</a>' in page
    page = known.get("/hem/name", headers={"referer": f"{OWN}/sets?run=tiny"}).text
    assert '<a href="/sets?run=tiny">Continue without a name</a>' in page
    monkeypatch.setenv("HEM_PERSON", "anna")
    page = known.get("/hem/name", headers={"referer": f"{OWN}/review?run=tiny"}).text
    assert '<a href="/review?run=tiny">Continue as anna</a>' in page


def test_a_name_in_a_link_is_a_suggestion_only(known):
    page = known.get("/hem/name?who=ben")
    assert 'value="ben"' in page.text
    assert "set-cookie" not in page.headers


def test_the_page_to_go_back_to_is_always_on_this_server(known):
    for referer in ("http://evil.example/x", "http://127.0.0.1:8502/x"):
        assert 'name="next" value="/"' in known.get("/hem/name", headers={"referer": referer}).text
    answer = known.post("/hem/name", data={"who": "a", "next": "//evil.example"}, follow_redirects=False)
    assert answer.headers["location"] == "/"
