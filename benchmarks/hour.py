"""The memory of the server over the requests of an hour of twenty reviewers.

    python benchmarks/hour.py WORKSPACE/runs/RUN [--people 20] [--seconds 5] [--hours 1]

Each person gives a verdict every `--seconds` seconds: the page then posts it, claims the next example, reads its
details and what others said of it, as Review does. Here the requests of the hour follow each other as fast as the
server answers them, over HTTP, by one client; memory depends on how many there are. The server is a process of its own
with the routes of the app, without Streamlit's sessions. The run is read where it is; tags go to a workspace of the
benchmark's own. Runs on Linux, where memory comes from /proc.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from _served import Server, borrowed

PARTS = 12
"""Lines of the table: five minutes of an hour each."""
AHEAD = 60
"""Rows that a page asks for at a time, of which it gets four."""


def serve(workspace: str, run: str) -> None:
    """Serve the routes; the first line of output is the port, a token and what a post says of the run."""
    import json
    import socket

    import uvicorn
    from starlette.applications import Starlette

    os.environ["HEM_WORKSPACE"] = workspace
    from app import loaders
    from app.wire import routes
    from app.wire.identity import identity

    level = loaders.level(run)
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    about = {**identity(level), "fingerprint": level.fingerprint}
    known = [place.getsockname()[1], routes.token("bench"), about, loaders.ids(level).tolist()]
    sys.stdout.write(json.dumps(known) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(Starlette(routes=routes.routes()), log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[place])


class Person:
    """Who judges every so manyth row, in order."""

    def __init__(self, client: httpx.Client, run: str, about: dict, ids: list[str], rows: range, name: str) -> None:
        self._client, self._run, self._ids, self._rows = client, run, ids, rows
        self._about = {**about, "who": name, "client": name}
        self._done = 0

    def judge(self) -> None:
        """One verdict, and the requests that follow it."""
        row = self._rows[self._done]
        post = {"sequence": self._done, "ids": [self._ids[row]], "tag": ("easy", "hard", "mislabelled")[row % 3]}
        self._post("tags", {**post, "value": ""})
        self._done += 1
        ahead = list(self._rows[self._done : self._done + AHEAD])
        self._post("claim", {"window": self._about["who"], "most": 4, "rows": ahead, "drop": [row]})
        self._get(f"detail/{self._run}?rows={ahead[3]}")
        self._get(f"judged/{self._run}?rows={','.join(map(str, ahead[:20]))}")

    def _post(self, what: str, body: dict) -> None:
        self._client.post(f"/hem/{what}", json={**self._about, **body}).raise_for_status()

    def _get(self, path: str) -> None:
        self._client.get(f"/hem/{path}").raise_for_status()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="WORKSPACE/runs/RUN")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5, help="between two verdicts of one person")
    parser.add_argument("--hours", type=float, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, borrowed(options.run, Path(folder) / "workspace") as workspace:
        again = [sys.executable, __file__, "serve", str(workspace), options.run.name]
        process = subprocess.Popen(again, stdout=subprocess.PIPE, text=True)
        try:
            _drive(process, workspace, options)
        finally:
            process.kill()
            process.wait()


def _drive(process: subprocess.Popen[str], workspace: Path, options: argparse.Namespace) -> None:
    import json

    assert process.stdout is not None
    port, token, about, ids = json.loads(process.stdout.readline())
    server = Server(workspace, f"http://127.0.0.1:{port}", process.pid)
    each = round(options.hours * 3600 / options.seconds)
    if each * options.people + AHEAD * options.people > len(ids):
        sys.exit(f"the run has {len(ids):,} examples; {each * options.people:,} verdicts need more")
    with httpx.Client(base_url=server.url, headers={"X-HEM-Token": token}, timeout=120) as client:
        some = [
            Person(client, options.run.name, about, ids, range(k, len(ids), options.people), f"person {k + 1}")
            for k in range(options.people)
        ]
        print(f"{options.people} people, {each * options.people:,} verdicts, {len(ids):,} examples\n")
        print("| verdicts | memory, MB | not mapped from files, MB | processor of a verdict and what follows, ms |")
        print("|---|---|---|---|", flush=True)
        done, cpu, own = 0, server.cpu_seconds(), []
        for part in range(PARTS):
            n = each * (part + 1) // PARTS - each * part // PARTS
            for _turn in range(n):
                for one in some:
                    one.judge()
            done += n * options.people
            now, memory = server.cpu_seconds(), (server.memory_mb(), server.memory_mb("RssAnon"))
            spent, cpu = 1000 * (now - cpu) / (n * options.people), now
            own.append(memory[1])
            print(f"| {done:,} | {memory[0]:,.0f} | {memory[1]:,.0f} | {spent:.1f} |", flush=True)
    slope = statistics.linear_regression(range(PARTS // 2), own[PARTS // 2 :]).slope * PARTS / options.hours
    print(f"\nThe second half grows by {slope:.1f} MB an hour.")


if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1:2] == ["serve"] else main()
