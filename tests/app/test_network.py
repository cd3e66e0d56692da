"""What `hem app` answers to on a network: under its public address, to its own pages, to whoever has the token."""

import socket
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.network import LOCAL, network
from app.server import build, serve
from hem_core.errors import HemError

TOKEN, OTHER = "t" * 43, "o" * 43
PUBLIC = "https://hem.example.org/hem"
BASE = "https://hem.example.org/hem"
STREAM = "wss://hem.example.org/hem/_stcore/stream"
COOKIE = {"cookie": f"hem-80-hem={TOKEN}"}
OWN = {"origin": "https://hem.example.org"}


@pytest.fixture(scope="module")
def public(whole_workspace):
    """The whole app behind https://hem.example.org/hem, as a client that follows no redirect."""
    from streamlit.runtime.runtime import Runtime

    before = pytest.MonkeyPatch()
    before.setenv("HEM_WORKSPACE", "")
    before.setattr(Runtime, "_instance", None)
    app = build(whole_workspace, TOKEN, network(public_url=PUBLIC))
    with TestClient(app, base_url="https://hem.example.org", follow_redirects=False) as client:
        yield client
    build(whole_workspace)
    before.undo()


def get(client, path, **headers):
    client.cookies.clear()
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


BYTE_ROUTES = ["columns", "column", "ids", "thumbs", "image", "contents", "free", "mask", "detail", "verdicts",
               "revision", "judged"]  # fmt: skip


@pytest.mark.parametrize("path", ["/hem", "/hem/", "/hem/explore", "/hem/_stcore/host-config", "/hem/media/x.png",
                                  "/hem/_stcore/upload_file/a/b", "/hem/hem/name", "/hem/static/js/index.js",
                                  "/hem/hem/static/x/shared/dom.js", "/hem/overview",
                                  *(f"/hem/hem/{name}/tiny" for name in BYTE_ROUTES)])  # fmt: skip
def test_nothing_is_served_without_the_token(public, path):
    assert get(public, path).status_code == 403
    assert get(public, path, cookie=f"hem-80-hem={OTHER}").status_code == 403


@pytest.mark.parametrize("path", ["tags", "undo", "csv", "mask"])
def test_nothing_is_taken_without_the_token_and_with_it_a_page_s_own_token_is_needed_too(public, path):
    public.cookies.clear()
    assert "whole address" in public.post(f"/hem/hem/{path}", json={}, headers=OWN).text
    answer = public.post(f"/hem/hem/{path}", json={}, headers={**OWN, **COOKIE})
    assert (answer.status_code, "this page's token" in answer.text) == (403, True)


NAMES_OF_OTHERS = ["evil.example", "hem.example.org.evil.example", "evilhem.example.org", "example.org", "hem", "",
                   "user@hem.example.org", "hem.example.org@evil.example", "hem.example.org, evil.example",
                   "hem.example.org:80:80", "hem.example.org/", "[::2]", "0.0.0.0",
                   "127.0.0.1.evil.example"]  # fmt: skip


@pytest.mark.parametrize("host", NAMES_OF_OTHERS)
def test_another_name_is_refused_even_with_the_token(public, host):
    for path in ("/hem/", f"/hem/?token={TOKEN}", "/hem/_stcore/health", "/hem/hem/ids/tiny?rows=0"):
        answer = get(public, path, host=host, **COOKIE)
        assert (answer.status_code, "set-cookie" in answer.headers) == (400, False), path
    with pytest.raises(WebSocketDisconnect):
        public.websocket_connect(STREAM, headers={"host": host, **COOKIE}).__enter__()


@pytest.mark.parametrize("host", ["hem.example.org", "HEM.example.org", "hem.example.org:443", "127.0.0.1:8501",
                                  "localhost:8501"])  # fmt: skip
def test_its_own_names_are_answered_whatever_port_a_proxy_adds(public, host):
    assert get(public, "/hem/_stcore/health", host=host).status_code == 200


def test_two_host_headers_are_refused(public):
    headers = [("host", "hem.example.org"), ("host", "evil.example"), ("cookie", COOKIE["cookie"])]
    assert public.get("/hem/", headers=headers).status_code == 400


ORIGINS_OF_OTHERS = ["http://hem.example.org", "https://hem.example.org:8443", "https://evil.example", "null", "",
                     "https://hem.example.org.evil.example", "https://example.org", "https://hem.example.org/",
                     "https://user@hem.example.org", "hem.example.org", "ws://hem.example.org",
                     "http://127.0.0.1:8502", "chrome-extension://abc",
                     "https://hem.example.org https://a"]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS_OF_OTHERS)
def test_a_page_of_another_origin_neither_posts_nor_opens_the_socket(public, origin):
    public.cookies.clear()
    for path in ("/hem/hem/tags", "/hem/hem/name", "/hem/hem/enter"):
        answer = public.post(path, content=f"token={TOKEN}", headers={"origin": origin, **COOKIE})
        assert (answer.status_code, "own pages only" in answer.text) == (403, True)
    with pytest.raises(WebSocketDisconnect):
        public.websocket_connect(STREAM, headers={"origin": origin, **COOKIE}).__enter__()


def test_its_own_page_opens_the_socket_behind_a_proxy_that_keeps_the_host_and_one_that_does_not(public):
    for host in ("hem.example.org", "127.0.0.1:8501"):
        cookie = COOKIE if "hem" in host else {"cookie": f"hem-8501-hem={TOKEN}"}
        with public.websocket_connect(STREAM, headers={"host": host, **OWN, **cookie}):
            pass
    with pytest.raises(WebSocketDisconnect):
        public.websocket_connect(STREAM, headers=OWN).__enter__()


SPOOFED = {"x_forwarded_host": "hem.example.org", "x_forwarded_proto": "https", "x_forwarded_for": "127.0.0.1",
           "forwarded": "host=hem.example.org;for=127.0.0.1", "x_real_ip": "127.0.0.1", "x_forwarded_port": "443",
           "x_original_url": "/hem/_stcore/health", "x_rewrite_url": "/hem/_stcore/health",
           "x_forwarded_prefix": "/", "x_hem_token": TOKEN, "authorization": f"Bearer {TOKEN}"}  # fmt: skip


@pytest.mark.parametrize("name", SPOOFED)
def test_no_header_of_a_proxy_opens_the_door(public, name):
    assert get(public, "/hem/", **{name: SPOOFED[name]}).status_code == 403
    assert get(public, "/hem/", host="evil.example", **{name: SPOOFED[name], **COOKIE}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/explore", "/hem2/", "/hemx", "/static/js/x.js", "/_stcore/health", "//hem/",
                                  "/HEM/", "/hem%2f..%2f/", "/.hem/"])  # fmt: skip
def test_beside_the_base_path_there_is_nothing(public, path):
    answer = get(public, path, **COOKIE)
    assert answer.status_code in (404, 400)
    assert get(public, path).status_code in (403, 404, 400)


@pytest.mark.parametrize("path", ["/hem/../../etc/passwd", "/hem/%2e%2e/%2e%2e/etc/passwd", "/hem/static/..%2f..%2fx",
                                  "/hem/hem/static/x/..%2f..%2faccess.py", "/hem/hem/static/x/%2e%2e/access.py",
                                  "/hem/hem/ids/..%2f..%2f.token?rows=0", "/hem/hem/columns/%00", "/hem//etc/passwd",
                                  "/hem/media/..%2f.token", "/hem/.token", "/hem/_stcore/health/../../"])  # fmt: skip
def test_no_path_leads_out_of_the_app(public, path):
    answer = get(public, path, **COOKIE)
    assert "root:" not in answer.text
    assert TOKEN not in answer.text
    assert "class Entry" not in answer.text
    assert answer.status_code in (400, 404) or "<!doctype html>" in answer.text.lower()


def test_the_address_with_the_token_sets_a_cookie_for_https_and_this_path_alone_and_is_left_at_once(public):
    answer = get(public, f"/hem/explore?run=tiny&token={TOKEN}")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("hem-80-hem=", "httponly", "secure", "samesite=strict", "path=/hem"))
    assert 'url=/hem/explore?run=tiny"' in answer.text
    assert (TOKEN in answer.text, answer.headers["referrer-policy"]) == (False, "no-referrer")
    assert answer.headers["cache-control"] == "no-store"


def test_the_token_can_be_posted_so_that_no_log_on_the_way_sees_it(public):
    public.cookies.clear()
    wrong = public.post("/hem/hem/enter", data={"token": OTHER, "next": "/hem/explore"}, headers=OWN)
    assert (wrong.status_code, "not the token" in wrong.text, "set-cookie" in wrong.headers) == (403, True, False)
    right = public.post("/hem/hem/enter", data={"token": TOKEN, "next": "/hem/explore?run=tiny"}, headers=OWN)
    assert (right.status_code, right.headers["location"]) == (303, "/hem/explore?run=tiny")
    assert "secure" in right.headers["set-cookie"].lower()
    for elsewhere in ("//evil.example", "https://evil.example", "/other", "/hem/../other", "/hem\\evil"):
        away = public.post("/hem/hem/enter", data={"token": TOKEN, "next": elsewhere}, headers=OWN)
        assert away.headers["location"] in ("/hem/", "/hem/../other")


NO_TOKENS = [b"", b"token=", b"token=" + b"x" * 20_000, b"\xff\xfe=1", b"token[]=" + TOKEN.encode(),
             b"token=%00" + TOKEN.encode(), b"token=" + TOKEN.encode()[:-1]]  # fmt: skip


@pytest.mark.parametrize("body", NO_TOKENS)
def test_what_is_not_the_token_is_no_entry(public, body):
    public.cookies.clear()
    answer = public.post("/hem/hem/enter", content=body, headers=OWN)
    assert (answer.status_code in (403, 413), "set-cookie" in answer.headers) == (True, False)


@pytest.mark.parametrize("query", [f"token={OTHER}&token={TOKEN[:-1]}", f"Token={TOKEN}", f"token={TOKEN}%20", "token",
                                   f"token[]={TOKEN}", f"x=token={TOKEN}", f"token={TOKEN.upper()}"])  # fmt: skip
def test_a_query_that_only_looks_like_the_token_is_no_entry(public, query):
    assert get(public, f"/hem/?{query}").status_code == 403


def test_answers_keep_addresses_to_themselves(public):
    for answer in (get(public, "/hem/", **COOKIE), get(public, "/hem/hem/name", **COOKIE), get(public, "/hem/")):
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_the_name_of_a_reviewer_is_kept_for_this_path_alone(public):
    public.cookies.clear()
    answer = public.post("/hem/hem/name", data={"who": "zoe", "next": "/hem/review"}, headers={**OWN, **COOKIE})
    assert answer.headers["location"] == "/hem/review"
    assert all(part in answer.headers["set-cookie"].lower() for part in ("path=/hem;", "secure"))
    assert get(public, "/hem/overview?run=tiny", **COOKIE).headers["location"] == "/hem/?run=tiny"


def test_the_token_is_compared_in_constant_time(public, monkeypatch):
    import hmac

    asked, compare = [], hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: asked.append((a, b)) or compare(a, b))
    for headers in ({"cookie": f"hem-80-hem={OTHER}"}, COOKIE):
        get(public, "/hem/_stcore/host-config", **headers)
    given = [OTHER, "", TOKEN]  # the cookie, then the query where the cookie is not the token
    assert asked == [(one.encode(), TOKEN.encode()) for one in given]


# --- the options ---


def test_an_ordinary_start_is_reachable_from_this_machine_alone():
    assert (network(), LOCAL.is_exposed, network(host="::1").is_exposed) == (LOCAL, False, False)
    assert all(one.is_exposed for one in (network(host="192.168.7.7"), network(public_url="https://hem.example.org")))
    assert not network(public_url="http://localhost:9000/x").is_exposed
    assert network(trusted=["hem.example.org"]).is_exposed  # somebody else reaches it under this name
    assert not network(trusted=["localhost"]).is_exposed


@pytest.mark.parametrize(
    ("url", "origin", "base"),
    [
        ("https://hem.example.org", "https://hem.example.org", ""),
        ("https://Hem.Example.org:443/hem/", "https://hem.example.org", "/hem"),
        ("http://build-7:8501/a/b", "http://build-7:8501", "/a/b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example", ""),
        ("http://[2001:DB8::7]:81", "http://[2001:db8::7]:81", ""),
    ],
)
def test_the_public_address_is_read_as_browsers_send_it(url, origin, base):
    found = network(public_url=url)
    assert (found.origin, found.base) == (origin, base)
    assert found.is_own(origin, "127.0.0.1:8501")


@pytest.mark.parametrize("url", ["hem.example.org", "ftp://a.b", "https://", "https://u:p@a.b", "https://a.b/?x=1",
                                 "https://a.b/#x", "https://a.b/a b", "https://a.b/..", "https://a.b/a//b",
                                 "https://a.b:99999", "https://a b/"])  # fmt: skip
def test_what_is_no_address_is_said(url):
    with pytest.raises(HemError, match=r"--public-url|is no name of a host"):
        network(public_url=url)


def test_all_addresses_of_a_machine_need_a_name_and_a_login_an_address():
    with pytest.raises(HemError, match=r"--host 0\.0\.0\.0 listens on every address .* --public-url http://"):
        network(host="0.0.0.0")
    with pytest.raises(HemError, match=r"--allow needs --public-url"):
        network(allowed=["a@b.c"])
    with pytest.raises(HemError, match=r"is no name of a host"):
        network(trusted=["https://x"])
    with pytest.raises(HemError, match=r"neither an e-mail address"):
        network(public_url=PUBLIC, allowed=["a, b"])
    assert network(trusted=["Hem2"]).trusts("hem2:1")


def test_a_server_on_a_network_does_not_start_without_a_token_or_a_login(whole_workspace):
    for exposed in (network(host="192.168.7.7"), network(public_url=PUBLIC)):
        with pytest.raises(HemError, match=r"--no-token would let them all in: leave it out, or .* --allow"):
            serve(whole_workspace, open_browser=False, has_token=False, network=exposed)


def test_an_address_that_this_machine_has_not_is_said(whole_workspace):
    with pytest.raises(HemError, match=r"this machine has no address 192\.0\.2\.1 to listen on"):
        serve(whole_workspace, open_browser=False, network=network(host="192.0.2.1"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HemError, match=r"is busy"):
            serve(whole_workspace, taken.getsockname()[1], open_browser=False)


def test_from_a_provider_people_come_back_by_a_page_of_the_app_so_that_the_browser_sends_the_token(public):
    """After a redirect that began elsewhere, a browser would not send a strict cookie."""
    answer = get(public, "/hem/oauth2callback?state=x&code=y")
    assert (answer.status_code, answer.headers["refresh"], "location" in answer.headers) == (200, "0; url=/hem/", False)
    assert public.post("/hem/oauth2callback", headers=OWN).status_code == 403


def test_no_page_names_an_address_without_the_base_path():
    """Modules of the browser side have theirs from `code.address`, other routes theirs from `under`."""
    home = Path(build.__code__.co_filename).parent
    drawn = [path for path in home.rglob("*.py") if path.relative_to(home).parts[0] not in ("wire", "notebook")]
    plain = [path.name for path in drawn if '"/hem/' in (text := path.read_text("utf-8")) or "/hem/static/" in text]
    assert plain == ["access_pages.py"]


def test_the_page_that_asks_for_the_token_leads_to_what_was_asked_for_filters_included(public):
    public.cookies.clear()
    page = public.get("/hem/explore?run=first&rule=%7B%22all%22%3A%5B%5D%7D&token=wrong")
    wanted = "/hem/explore?run=first&amp;rule=%7B%22all%22%3A%5B%5D%7D"
    assert (page.status_code, f'name="next" value="{wanted}"' in page.text) == (403, True)
    there = public.post(
        "/hem/hem/enter",
        data={"token": TOKEN, "next": wanted.replace("&amp;", "&")},
        headers=OWN,
        follow_redirects=False,
    )
    assert (there.status_code, there.headers["location"]) == (303, wanted.replace("&amp;", "&"))
