"""Processor time of what a reviewer's page asks of the server: a verdict, the details of some examples, the tags.

    python benchmarks/requests.py [ROWS | WORKSPACE/runs/RUN] [VERDICTS]

A number makes a run of so many random predictions; a run that is there is read where it is, with tags of its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CLASSES = 10
FEATURES = 64
REPEATS = 60


def main(source: str = "60000", verdicts: str = "2000") -> None:
    """Score random predictions once, or take a run, serve it from this process, and time its requests."""
    with tempfile.TemporaryDirectory() as folder:
        home = _workspace(Path(folder), int(source)) if source.isdecimal() else Path(folder) / "w"
        name = "run" if source.isdecimal() else Path(source).name
        if not source.isdecimal():
            (home / "runs").mkdir(parents=True)
            (home / "runs" / name).symlink_to(Path(source).resolve(), target_is_directory=True)
        os.environ["HEM_WORKSPACE"] = str(home)
        from starlette.applications import Starlette
        from starlette.testclient import TestClient

        from app import loaders
        from app.wire import routes
        from app.wire.identity import identity

        run = loaders.level(name)
        ids = loaders.ids(run)
        for k in range(int(verdicts)):
            loaders.tags().add(run.data, [str(ids[k * 7 % len(ids)])], "hard", who=f"person {k % 20}")
        client = TestClient(Starlette(routes=routes.routes()), headers={"X-HEM-Token": routes.token("bench")})
        about = {**identity(run), "fingerprint": run.fingerprint, "who": "anna", "client": "bench"}

        def post(k: int) -> None:
            body = {**about, "sequence": k, "ids": [str(ids[k * 11 % len(ids)])], "tag": "easy"}
            assert client.post("/hem/tags", json=body).status_code == 200

        def get(path: str) -> None:
            assert client.get(f"/hem/{path}").status_code == 200

        named = ",".join(str(k * 13) for k in range(12))
        _time("nothing (the harness alone)", lambda _: client.get("/hem/static/none.js"))
        claims = {**about, "window": "bench", "most": 4}
        judged = ",".join(map(str, range(21)))

        def claim(k: int) -> None:
            body = {**claims, "rows": list(range(4 * k, 4 * k + 60)), "drop": list(range(max(0, 4 * k - 4), 4 * k))}
            assert client.post("/hem/claim", json=body).status_code == 200

        _time("one verdict", post)
        _time("details of one example", lambda k: get(f"detail/{name}?rows={k * 17}"))
        _time("details of twelve", lambda _: get(f"detail/{name}?rows={named}"))
        _time("verdict, then details of one", lambda k: (post(10_000 + k), get(f"detail/{name}?rows={k * 17}")))
        _time("verdict, then details of twelve", lambda k: (post(15_000 + k), get(f"detail/{name}?rows={named}")))
        _time("verdict, then a claim of four", lambda k: (post(17_000 + k), claim(k)))
        _time("verdict, then what others said", lambda k: (post(18_000 + k), get(f"judged/{name}?rows={judged}")))
        _time("all verdicts as bytes", lambda _: get(f"verdicts/{name}"))
        _time("verdict, then all as bytes", lambda k: (post(20_000 + k), get(f"verdicts/{name}")))
        _time("revision", lambda _: get(f"revision/{name}"))
        _time("ids of 48", lambda _: get(f"ids/{name}?rows=" + ",".join(map(str, range(48)))))


def _workspace(folder: Path, n: int) -> Path:
    from hem_core.runs.score import score

    chance = np.random.default_rng(0)
    target = chance.integers(0, CLASSES, n)
    logits = chance.normal(size=(n, CLASSES)) + 3 * np.eye(CLASSES)[target]
    embedding = chance.normal(size=(n, FEATURES)) + 2 * np.eye(CLASSES, FEATURES)[target]
    table = pd.DataFrame({"id": [f"example-{k}" for k in range(n)], "label": target})
    table["logits"] = list(logits.astype(np.float32))
    table["embedding"] = list(embedding.astype(np.float32))
    table.to_parquet(folder / "predictions.parquet")
    score(None, folder / "predictions.parquet", out=folder / "w" / "runs" / "run", has_map=False, has_probes=False)
    return folder / "w"


def _time(what: str, ask) -> None:  # noqa: ANN001 - a call of one number
    ask(0)
    wall, processor = time.perf_counter(), time.process_time()
    for k in range(1, REPEATS + 1):
        ask(k)
    ms = [
        1000 * (now - then) / REPEATS for now, then in ((time.process_time(), processor), (time.perf_counter(), wall))
    ]
    sys.stdout.write(f"{what:34} {ms[0]:7.1f} ms of processor, {ms[1]:7.1f} ms\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
