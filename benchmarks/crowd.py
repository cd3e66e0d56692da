"""What the server answers about a run of very many rows: processor time and bytes of each answer, without a browser.

    python benchmarks/crowd.py WORKSPACE/runs/RUN [--times 5]

In one process, through the routes of the app. `first` is with nothing in memory but the packages; then medians, each
with another lasso or filter, so that no answer is a repeated one. The run is read where it is; it needs the axes of a
data map, as runs of `hem synth` have them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _served import borrowed

LASSO = [(0.15, 0.2), (0.6, 0.15), (0.75, 0.55), (0.5, 0.9), (0.2, 0.7)]
AXES = ("variability", "confidence_mean")
CELLS = (330, 250)


def main() -> None:
    """Print the table of one run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a run, WORKSPACE/runs/NAME")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, borrowed(options.run, Path(folder) / "workspace") as workspace:
        os.environ["HEM_WORKSPACE"] = str(workspace)
        print(f"load of the machine: {' '.join(f'{one:.1f}' for one in os.getloadavg())} on {os.cpu_count()} cores\n")
        print("| answer | first, ms | then, ms | kB |\n|---|---|---|---|")
        for name, ask in _answers(options.run.name).items():
            first, then, size = _timed(ask, options.times)
            print(f"| {name} | {first:,.0f} | {then:,.0f} | {size / 1000:,.0f} |", flush=True)


def _timed(ask: Callable[[int], Any], times: int) -> tuple[float, float, int]:
    """Processor milliseconds of the first answer, the median of those that follow, and the bytes of the last."""
    found, size = [], 0
    for repetition in range(times + 1):
        before = time.process_time()
        answer = ask(repetition)
        found.append(1000 * (time.process_time() - before))
        assert answer.status_code == 200, answer.text
        size = len(answer.content)
    return found[0], statistics.median(found[1:]), size


def _answers(run: str) -> dict[str, Callable[[int], Any]]:
    """What is asked -> how, with the number of the repetition."""
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from app import loaders, memory
    from app.wire import routes
    from app.wire.identity import identity

    memory.set_up()
    headers = {"X-HEM-Token": routes.token("benchmark")}
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=headers)
    level = loaders.level(run)
    (x0, x1), (y0, y1) = (level.extent(axis) for axis in AXES)
    if x0 is None or x1 is None or y0 is None or y1 is None:
        raise SystemExit(f"{level.title} has no values on the axes of its data map")
    about = {**identity(level), "fingerprint": level.fingerprint}
    part = {"x0": x0, "x1": x1, "y0": y0, "y1": y1, "columns": CELLS[0], "lines": CELLS[1]}
    shown = {"x": AXES[0], "y": AXES[1], "colour": "difficulty", "score": "difficulty", **part}

    def post(what: str, **body: Any) -> Any:
        return client.post(f"/hem/{what}", json={**about, **body})

    def lasso(k: int) -> dict[str, Any]:
        points = [[x0 + (x1 - x0) * (x + 0.003 * k), y0 + (y1 - y0) * y] for x, y in LASSO]
        return {"all": [{"polygon": {"x": AXES[0], "y": AXES[1], "points": points}}]}

    def over(k: int) -> dict[str, Any]:
        return {"all": [{"column": "difficulty", "min": 40 + k, "max": None}]}

    bins = {"column": "error_prob", "low": 0, "width": 0.02, "count": 50}
    page = {"score": "difficulty", "is_descending": True, "start": 0, "length": 96}
    return {
        "the columns in words": lambda _k: client.get(f"/hem/columns/{run}"),
        "the map, all": lambda k: post("density", **{**shown, "x1": x1 + 0.001 * k}),
        "a lasso: which rows": lambda k: post("mask", rule=lasso(k), bits=True),
        "a lasso: the map": lambda k: post("density", **shown, selection=lasso(k)),
        "a lasso: a page of the gallery": lambda k: post("page", rule=lasso(k), **page),
        "a lasso: the histogram": lambda k: post("counts", rules=[None, lasso(k)], **bins),
        "a filter: which rows": lambda k: post("mask", rule=over(k), bits=True),
        "a filter: the map": lambda k: post("density", **shown, filter=over(k)),
    }


if __name__ == "__main__":
    main()
