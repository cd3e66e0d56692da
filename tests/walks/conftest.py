"""Runs of real data, made as a user makes them; each in a workspace of its own, with a server and a browser."""

import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from hem_core.store.workspace import open_workspace

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("HEM_WALK_DATA", ROOT.parent / "shared" / "data"))
"""Where the data sets are that a demo does not make itself."""
SHOTS = os.environ.get("HEM_WALK_SHOTS")
"""A folder for a picture of each station of a walk; without it none is taken."""
KEPT = os.environ.get("HEM_WALK_RUNS")
"""A folder in which the runs stay, so that the next walks need not make them; without it they are made for each."""
MADE = {
    "digits": ["demo", "digits"],
    "boxes": ["demo", "detection"],
    "rows": ["demo", "breast-cancer"],
    "texts": ["demo", "sms-spam", "--data", SHARED / "text" / "sms_spam" / "sms_spam.csv.gz"],
    "fashion": ["demo", "fashion-mnist", "--data", SHARED / "fashion-mnist"],
    "million": ["synth", "--n", "1000000", "--out", "{workspace}/runs/million"],
}
"""Walk -> the command of `hem` that makes its run."""
MINUTES = 60
"""After which the making of a run is taken to hang."""


def pytest_generate_tests(metafunc):
    """Every walk goes over every kind of data; the run of each is made once."""
    if "walked" in metafunc.fixturenames:
        metafunc.parametrize("walked", MADE, indirect=True, scope="session")


@functools.cache
def of_benchmarks():
    """The module of the benchmarks that starts a server in a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return importlib.import_module("_served")


@pytest.fixture(scope="session")
def walked(request, tmp_path_factory):
    """The server of a workspace with the run of a walk; made once a data set."""
    folder = tmp_path_factory.mktemp(request.param) / "workspace"
    made = Path(KEPT) / request.param if KEPT else folder
    make(request.param, made)
    if made != folder:
        shutil.copytree(made, folder)
    with of_benchmarks().served(folder) as server:
        yield server


def make(name, folder):
    """The workspace of a walk in a folder, by the command of `hem`; one that is there already stays as it is."""
    command = [str(word).replace("{workspace}", str(folder)) for word in MADE[name]]
    if "--data" in command and not (data := Path(command[command.index("--data") + 1])).exists():
        pytest.skip(f"the walk over {name} needs {data}; name another folder in $HEM_WALK_DATA")
    if folder.exists() and any(run.is_complete for run in open_workspace(folder).runs()):
        return
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    if command[0] == "demo":
        command += ["--no-app", "--workspace", str(folder)]
    with tempfile.TemporaryFile("w+") as output:
        hem = [Path(sys.executable).with_name("hem"), *command]
        done = subprocess.run(hem, stdout=output, stderr=output, timeout=60 * MINUTES, check=False)
        output.seek(0)
        assert done.returncode == 0, output.read()[-2000:]


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
    first = Walk(walked, browser)
    yield first
    for one in (first, *first.others):
        one.page.context.close()
        assert not one.trouble, one.trouble


class Walk:
    """One visitor in one workspace."""

    def __init__(self, server, browser):
        self.server, self.folder, self.browser = server, server.workspace, browser
        self.trouble, self.others = [], []
        context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        context.add_init_script("try { localStorage.setItem('hem-hints', 'all') } catch {}")
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))

    @property
    def run(self):
        """The run that the walk was made for: the first of the workspace."""
        return min(open_workspace(self.folder).runs(), key=lambda run: run.info["created"])

    def another(self, name):
        """Another visitor, in a browser of their own, who signs with a name."""
        other = Walk(self.server, self.browser)
        self.others.append(other)
        other.page.goto(self.server.address("hem/name"))
        other.page.get_by_label("Your name").fill(name)
        other.page.get_by_role("button", name="Sign with this name").click()
        other.page.get_by_role("link", name=name, exact=True).wait_for()
        return other

    def open(self, path=""):
        """A page on the run of the walk."""
        mark = "&" if "?" in path else "?"
        self.page.goto(self.server.address(f"{path}{mark}run={self.run.name}"))

    def go(self, title):
        self.page.get_by_test_id("stTopNavLinkContainer").get_by_text(title, exact=True).click()

    def explore(self, rule=None):
        """Explore, filtered by a rule."""
        self.open(f"explore?rule={quote(json.dumps(rule))}" if rule else "explore")
        self.page.wait_for_selector(".hem-explorer[data-ready]")

    def number(self, name):
        """A number that Explore carries on its element, such as how many rows its filter leaves."""
        found = self.page.locator(".hem-explorer").get_attribute(f"data-{name}")
        return int(found) if found else 0

    def tags(self):
        """What people said of the rows of the run: the state of the tag log."""
        return open_workspace(self.folder).tags().state(self.run.examples.data)

    def station(self, name):
        """The page is whole: nothing of it is still being computed. A picture of it, where one is asked for."""
        self.page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")
        self.page.wait_for_selector("[data-testid='stSkeleton']", state="detached")
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{self.run.name}-{name}.png")

    @staticmethod
    def eventually(wanted, limit=60):
        """Wait until `wanted()` is true; its last value is returned."""
        end = time.monotonic() + limit
        while not (value := wanted()) and time.monotonic() < end:
            time.sleep(0.05)
        assert value
        return value
