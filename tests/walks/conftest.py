"""Runs of real data, made as a user makes them; each in a workspace of its own, with a server and a browser."""

import functools
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("HEM_WALK_DATA", ROOT.parent / "shared" / "data"))
"""Where the data sets are that a demo does not make itself."""
SHOTS = os.environ.get("HEM_WALK_SHOTS")
"""A folder for a picture of each station of a walk; without it none is taken."""
MADE = {
    "digits": ["demo", "digits"],
    "boxes": ["demo", "detection"],
    "rows": ["demo", "breast-cancer"],
    "texts": ["demo", "sms-spam", "--data", SHARED / "text" / "sms_spam" / "sms_spam.csv.gz"],
    "fashion": ["demo", "fashion-mnist", "--data", SHARED / "fashion-mnist"],
    "million": ["synth", "--n", "1000000", "--out", "{workspace}/runs/million"],
}
"""Walk -> the command of `hem` that makes its run."""
MINUTES = 20


@functools.cache
def of_benchmarks():
    """The module of the benchmarks that starts a server in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return importlib.import_module("_served")


@pytest.fixture(scope="module")
def walked(request, tmp_path_factory):
    """The server of a workspace with the run of a walk; made once a data set."""
    folder = tmp_path_factory.mktemp(request.param)
    command = [str(word).replace("{workspace}", str(folder)) for word in MADE[request.param]]
    if "--data" in command and not (data := Path(command[command.index("--data") + 1])).exists():
        pytest.skip(f"the walk over {request.param} needs {data}; name another folder in $HEM_WALK_DATA")
    if command[0] == "demo":
        command += ["--no-app", "--workspace", str(folder)]
    else:
        (folder / "runs").mkdir()
    with tempfile.TemporaryFile("w+") as said:
        hem = [Path(sys.executable).with_name("hem"), *command]
        done = subprocess.run(hem, stdout=said, stderr=said, timeout=60 * MINUTES, check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()[-2000:]
    with of_benchmarks().served(folder) as server:
        yield server


@pytest.fixture(scope="session")
def browser():
    """Chromium from $HEM_CHROMIUM or the path."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("HEM_CHROMIUM") or shutil.which("chromium")
    assert program, "no chromium: `make chromium` installs it; or name one in $HEM_CHROMIUM"
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=of_benchmarks().QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def walk(browser, walked):
    """A page on the server, and `walk.station(name)`, which keeps a picture where $HEM_WALK_SHOTS asks for one."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.add_init_script("try { localStorage.setItem('hem-hints', 'all') } catch {}")
    page, trouble = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    yield Walk(walked, page)
    context.close()
    assert not trouble, trouble


class Walk:
    """One visitor in one workspace."""

    def __init__(self, server, page):
        self.server, self.folder, self.page = server, server.workspace, page

    def open(self, path=""):
        self.page.goto(self.server.address(path))

    def go(self, title):
        self.page.get_by_test_id("stTopNavLinkContainer").get_by_text(title, exact=True).click()

    def station(self, name):
        if SHOTS:
            run = next((self.folder / "runs").iterdir()).name
            self.page.screenshot(path=Path(SHOTS) / f"{run}-{name}.png")
