import socket
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import server
from app.server import HOST, SETTINGS, build, serve
from hem_core.errors import HemError


def test_a_busy_port_is_said(whole_workspace):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(HemError, match=r"port \d+ is busy; choose another with --port"):
            serve(whole_workspace, taken.getsockname()[1], open_browser=False)


def test_a_small_answer_does_not_wait_for_the_browser_to_acknowledge_its_head():
    with server._listen(None) as listener, socket.create_connection(listener.getsockname()):
        accepted, _address = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_other_hosts_are_refused_and_the_settings_hold(whole_workspace, monkeypatch):
    from streamlit import config

    monkeypatch.setenv("HEM_WORKSPACE", "")
    app = build(whole_workspace)
    assert {name: config.get_option(name) for name in SETTINGS} == SETTINGS
    for host, status in (("127.0.0.1:8501", 403), ("localhost", 403), ("evil.example", 400)):
        answer = TestClient(app, base_url=f"http://{host}").get("/hem/columns/tiny")
        assert (answer.status_code, "token" in answer.text) == (status, status == 403)


def test_tables_of_streamlit_are_not_downloaded_past_the_guard_of_cells(whole_workspace, monkeypatch):
    """Neither as CSV nor through the clipboard; Streamlit leaves the clipboard to editors of data, and HEM has none."""
    from streamlit.proto.NewSession_pb2 import Config
    from streamlit.runtime.app_session import _populate_config_msg

    monkeypatch.setenv("HEM_WORKSPACE", "")
    build(whole_workspace)
    message = Config()
    _populate_config_msg(message)
    assert message.disable_data_export
    sources = "".join(path.read_text("utf-8") for path in (Path(__file__).parents[2] / "app").rglob("*.py"))
    assert "data_editor" not in sources


def test_the_token_stands_before_everything_that_the_app_answers(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", "")
    app = build(whole_workspace, "t" * 43)
    client = TestClient(app, base_url="http://127.0.0.1:8501")
    routes = ["/", "/review", "/_stcore/host-config", "/_stcore/metrics", "/static/js/x.js", "/hem/static/x/bus.js"]
    for path in routes:
        answer = client.get(path)
        assert (answer.status_code, "hem app" in answer.text) == (403, True), path


def test_a_click_does_not_wait_for_a_collection_of_all_garbage(whole_workspace, monkeypatch):
    from streamlit import config

    monkeypatch.setenv("HEM_WORKSPACE", "")
    build(whole_workspace)
    assert not config.get_option("runner.postScriptGC")  # AppTest switches it off by itself, so a page proves nothing
