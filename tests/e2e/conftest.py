"""A real Chromium on the real server: each test gets a workspace of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from hem_core.media._open_image import thumbnail
from hem_core.store.atomic import write_array, write_arrays, write_bytes, write_json, write_table
from hem_core.store.tags import open_tags

ROOT = Path(__file__).parents[2]
CLASSES = ["cat", "dog", "<b>fox</b>", "hen"]
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    """Chromium from $HEM_CHROMIUM or the path."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("HEM_CHROMIUM") or shutil.which("chromium")
    assert program, "no chromium: `make chromium` installs it; or name one in $HEM_CHROMIUM"
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def made_workspace(tmp_path_factory):
    """The run `animals`: 600 pictures of four classes, every artefact; copied by `site`."""
    return make_workspace(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def standing_site(made_workspace, tmp_path_factory):
    """A server for all tests marked `looks`, on a copy of the workspace that nobody writes to."""
    folder = tmp_path_factory.mktemp("standing") / "workspace"
    shutil.copytree(made_workspace, folder)
    with Site(folder) as running:
        yield running
        assert open_tags(folder / "tags.sqlite").state("animals").empty, "a test marked `looks` gave a verdict"
        assert [run.name for run in (folder / "runs").iterdir()] == ["animals"], "a test marked `looks` added a run"


@pytest.fixture
def site(request, tmp_path):
    """The address of a server on a fresh copy of the workspace; `site.folder` is the copy.

    A test marked `looks` gets the server that stands already, and must write nothing.
    """
    if request.node.get_closest_marker("looks"):
        yield request.getfixturevalue("standing_site")
        return
    folder = tmp_path / "workspace"
    shutil.copytree(request.getfixturevalue("made_workspace"), folder)
    with Site(folder) as running:
        yield running


@pytest.fixture
def opened(browser, site):
    """opened(path, dark=False, person=None, hints=False, script="", **context): a page of the site, signed by anna or
    by somebody else. hints: as somebody sees it who opens HEM for the first time; script: runs in it before its own.

    Leaving 127.0.0.1 or a script error fails the test.
    """
    trouble, contexts = [], []

    def open_page(path="", *, dark=False, person=None, hints=False, script="", **options):
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        scheme = "dark" if dark else "light"
        context = browser.new_context(color_scheme=scheme, accept_downloads=True, **options)
        contexts.append(context)
        if person:
            context.add_cookies([{"name": "hem-who", "value": person, "url": site.url}])
        if not hints:
            context.add_init_script("try { localStorage.setItem('hem-hints', 'all') } catch {}")
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: _stays_here(request.url) or trouble.append(f"left for {request.url}"))
        page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
        page.goto(site.address(path))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble, trouble


class Site:
    """The server in a process of its own, as `hem app` starts it."""

    def __init__(self, folder, port=None, person="anna"):
        self.folder, self.person = folder, person
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        code = f"from app.server import serve; serve({str(self.folder)!r}, {self.port}, False)"
        environment = {**os.environ, "HEM_PERSON": self.person, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=self.folder)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def address(self, path=""):
        """The whole address of a page, with the token that lets a browser in."""
        token = (self.folder / ".token").read_text()
        return f"{self.url}/{path}{'&' if '?' in path else '?'}token={token}"

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)


def make_workspace(folder):
    """600 pictures in four classes (one named like HTML), a tenth predicted wrong, every artefact."""
    rng, n, home = np.random.default_rng(0), 600, folder / "runs" / "animals"
    images = rng.integers(0, 255, (n, 8, 8), dtype=np.uint8)
    write_array(folder / "data" / "animals.npy", images)
    target = np.arange(n) % 4
    prediction = (target + (rng.random(n) < 0.1) * rng.integers(1, 4, n)) % 4
    names, ids = np.array(CLASSES), [f"animal-{k:03d}" for k in range(n)]
    difficulty = ((rng.permutation(n) + 0.5) * 100 / n).astype(np.float32)
    is_right = target == prediction
    scores = {
        "id": ids, "index": np.arange(n), "label": list(names[target]), "predicted": list(names[prediction]),
        "is_correct": is_right, "label_prob": 1 - difficulty / 100, "predicted_prob": np.full(n, 0.9, "f4"),
        "top_classes": [CLASSES] * n, "top_probs": [[0.9, 0.05, 0.03, 0.02]] * n,
        "loss": rng.exponential(1, n).astype("f4"), "margin": rng.normal(size=n).astype("f4"),
        "entropy": rng.random(n).astype("f4"), "neighbour_disagreement": rng.random(n).astype("f4"),
        "prototype_distance": rng.random(n).astype("f4"), "knn_distance": rng.random(n).astype("f4"),
        "confidence_mean": rng.random(n).astype("f4"), "variability": (rng.random(n) / 2).astype("f4"),
        "difficulty": difficulty, "difficulty_in_class": difficulty, "label_suspicion": difficulty[::-1].copy(),
        "reason": list(np.where(is_right, "easy", "mislabelled")), "evidence": ["3 of 3 neighbours say cat"] * n,
        "suggested_label": list(names[prediction]), "duplicate_group": pa.array([None] * n, pa.int64()),
    }  # fmt: skip
    write_table(home / "scores.parquet", pa.table(scores))
    catalog = {"id": ids, "label": names[target], "image": ["animals.npy"] * n, "image_row": np.arange(n),
               "night": np.arange(n) % 3 == 0}  # fmt: skip
    write_table(home / "catalog.parquet", pd.DataFrame(catalog))
    xy = rng.normal(size=(n, 2)).astype("f4") + 4 * np.stack([target % 2, target // 2], 1)
    write_table(home / "projection.parquet", pd.DataFrame(xy.astype("f4"), columns=["x", "y"]))
    near = (np.arange(n)[:, None] + np.arange(1, 9)) % n
    write_arrays(home / "neighbours.npz", indices=near.astype("i4"), distances=np.full((n, 8), 0.1, "f4"))
    curves = {"id": ids, "confidence": [[0.3, 0.5, 0.8]] * n, "margin": [[1.0, 0.0, -1.0]] * n,
              "is_correct": [[False, True, True]] * n}  # fmt: skip
    write_table(home / "dynamics.parquet", pa.table(curves))
    write_array(
        home / "embeddings" / "00000.npy", np.eye(4, dtype="f4")[target] + 0.01 * np.arange(n)[:, None].astype("f4")
    )
    blobs = [thumbnail(Image.fromarray(image)) for image in images]
    write_bytes(home / "thumbnails.bin", b"".join(blobs))
    write_array(home / "thumbnails.npy", np.cumsum([0, *map(len, blobs)]).astype(np.int64))
    info = {
        "format_version": 1, "name": "animals", "task": "classification", "status": "complete", "n": n,
        "n_failed": 0, "created": "2026-01-02T03:04:05Z", "fingerprint": "abc123", "classes": CLASSES,
        "sample": "out-of-sample", "notes": [], "accuracy": float(is_right.mean()), "held_out_accuracy": None,
        "model": {"name": "m:model", "hash": "abc", "layer": "head"},
        "data": {"name": "animals", "source": "npz", "root": str(folder / "data"), "medium": "array"},
        "headline": {"difficulty": "rank-mean of loss", "label_suspicion": "rank of margin"},
        "neighbours": {"k": 8, "method": "exact", "recall": 1.0}, "missing": {}, "parameters": {},
        "timings": {"score": 1.5}, "peak_memory_mb": 300.0, "versions": {},
    }  # fmt: skip
    write_json(home / "run.json", info)
    return folder


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stays_here(url):
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
