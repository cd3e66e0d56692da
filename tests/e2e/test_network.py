"""The example of docs/network.md: HEM behind nginx with https, under a path of the proxy's address."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from hem_core.store.workspace import open_workspace

from .conftest import ROOT, _free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOST = "hem.localhost"  # Chromium looks it up on this machine alone
BYTE_ROUTES = ["columns", "column", "ids", "thumbs", "image", "contents", "free", "mask", "detail", "verdicts",
               "revision", "judged"]  # fmt: skip


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / "network.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture
def proxied(made_workspace, tmp_path):
    """(public address, workspace, folder of the proxy's logs): the app and nginx as docs/network.md starts them."""
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    assert program, "no nginx: `make servers` installs it"
    folder, port, inner = tmp_path / "work", _free_port(), _free_port()
    shutil.copytree(made_workspace, folder)
    public = f"https://{HOST}:{port}/hem"
    words = blocks("bash")[0].replace("https://hem.example.org/hem", public).replace("8501", str(inner)).split()
    code = "import sys; from hem_core.cli import main; sys.argv[0] = 'hem'; main()"
    environment = {**os.environ, "HEM_PERSON": "anna", "PYTHONPATH": str(ROOT)}
    assert words[:3] == ["hem", "app", "work"]
    with (tmp_path / "printed").open("w") as printed, contextlib.ExitStack() as started:
        command = [sys.executable, "-c", code, *words[1:]]
        app = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=printed)
        started.callback(_end, app)
        proxy = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(_nginx(tmp_path, port, inner))])
        started.callback(_end, proxy)
        _wait(lambda: _health(f"http://127.0.0.1:{inner}/hem/_stcore/health"))
        yield public, folder, tmp_path


def _nginx(folder, port, inner):
    """The file of the documentation, with this test's ports and certificate."""
    name = ["-subj", f"/CN={HOST}", "-keyout", folder / "hem.key", "-out", folder / "hem.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *name]
    subprocess.run(command, check=True, capture_output=True)
    example = blocks("nginx")[0].replace("listen 443", f"listen 127.0.0.1:{port}").replace("hem.example.org", HOST)
    example = example.replace("/etc/ssl/", f"{folder}/").replace("127.0.0.1:8501", f"127.0.0.1:{inner}")
    kept = "".join(f"{name}_temp_path {folder}/t;" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log; {kept}\n{example}\n}}\n"
    )
    return folder / "nginx.conf"


def _wait(wanted):
    end = time.monotonic() + 30
    while not wanted():
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.1)


def _health(url):
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url).status_code == 200
    return False


def _end(process):
    process.terminate()
    process.wait(timeout=10)


def test_the_example_of_the_documentation_works_for_whoever_has_the_token_and_for_nobody_else(proxied, browser):
    public, folder, logs = proxied
    token = (folder / ".token").read_text()
    printed = Path(logs / "printed").read_text()
    assert public in printed
    assert str(folder / ".token") in printed
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1440, "height": 900})
    page, asked = context.new_page(), []
    page.set_default_timeout(20_000)
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))

    page.goto(f"{public}/explore#token={token}")
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.wait_for_selector("[data-painted]")
    assert token not in page.url
    page.wait_for_selector(".hem-tile img, .hem-tile canvas")
    cookies = {one["name"]: one for one in context.cookies() if one["name"].startswith("hem-")}
    assert [(one["path"], one["secure"], one["sameSite"]) for one in cookies.values()] == [("/hem", True, "Strict")]

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").first.click()
        page.get_by_role("menuitem", name="CSV").first.click()
    assert b"," in Path(waiting.value.path()).read_bytes()[:200]

    page.goto(f"{public}/review")
    page.wait_for_selector(".hem-review .body[data-id] .look img")
    page.keyboard.press("2")
    page.wait_for_selector(".hem-review header.head[data-waiting='0'][data-done='1']")
    assert open_workspace(folder).tags().state("animals")["who"].tolist() == ["anna"]

    page.goto(f"{public}/add_data")
    table = b"id,label,prob_a,prob_b\n" + b"".join(b"e%d,a,.7,.3\n" % k for k in range(30))
    page.locator("input[type=file]").first.set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_text("30 examples").first.wait_for()

    names = ("https://hem.localhost:", "wss://hem.localhost:", "data:", "blob:")
    assert [one for one in asked if not one.startswith(names) or token in one.partition("#")[0]] == []
    assert not _refused(browser, public)
    logged = (logs / "access.log").read_text()
    assert "/hem/hem/enter" in logged
    assert token not in logged
    context.close()


def _refused(browser, public):
    """What answers to a stranger: addresses that should have been refused."""
    stranger = browser.new_context(ignore_https_errors=True)
    page = stranger.new_page()
    spoofed = {"X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    wrong = [public] if page.goto(f"{public}/").status != 403 else []
    place = public.removeprefix("https://").partition("/")[0]
    spoofed = {"Host": place, "X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    asked = [("GET", f"{name}/animals?rows=0") for name in BYTE_ROUTES]
    asked += [("POST", name) for name in ("tags", "undo", "csv", "mask")]
    with httpx.Client(base_url=public.replace(HOST, "127.0.0.1"), verify=False, headers=spoofed) as client:
        wrong += [path for way, path in asked if client.request(way, f"/hem/{path}").status_code != 403]
    socket = """(url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve("in"); socket.onerror = () => resolve("refused"); })"""
    is_in = page.evaluate(socket, f"{public.replace('https', 'wss')}/_stcore/stream") == "in"
    stranger.close()
    return [*wrong, *(["the web socket"] if is_in else [])]
