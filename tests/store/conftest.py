import shutil
import uuid
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hem_core.store.atomic import write_array, write_arrays, write_bytes, write_json, write_table
from hem_core.store.run import Run, open_run
from hem_core.store.tags import TagLog

from . import postgres

CLASSES = ["cat", "dog", "T-shirt/top"]
N = 60


def run_info(**changes) -> dict:
    info = {
        "format_version": 1, "name": "tiny", "task": "classification", "status": "complete", "n": N,
        "created": "2026-01-02T03:04:05Z", "fingerprint": "f00", "classes": CLASSES, "n_failed": 2,
        "data": {"name": "tiny-data"}, "model": {"name": "m", "hash": "abc"}, "missing": {},
        "sample": "out-of-sample", "headline": {"difficulty": "how"}, "parameters": {"batch_size": 8},
    }  # fmt: skip
    return {**info, **changes}


def make_run(folder: Path) -> Path:
    """60 scored of 62 examples, with missing values, lists and user columns whose names clash."""
    rng = np.random.default_rng(0)
    kept = np.delete(np.arange(N + 2), [3, 40])
    label, predicted = (np.array(CLASSES, object)[rng.integers(0, 3, N)] for _ in range(2))
    label[5] = None
    loss = rng.normal(size=N).astype(np.float32)
    loss[7] = np.nan
    scores = pa.table(
        {
            "id": [f"id-{k:02d}" for k in kept],
            "index": kept,
            "label": pa.array(label, pa.string()),
            "predicted": pa.array(predicted, pa.string()),
            "is_correct": label == predicted,
            "top_classes": [CLASSES] * N,
            "loss": loss,
            "aum": pa.array([None if k % 7 == 0 else float(k) / 10 for k in range(N)], pa.float32()),
            "difficulty": (np.arange(N, dtype=np.float32) + 0.5) * 100 / N,
            "reason": np.array(["easy", "rare"])[rng.integers(0, 2, N)],
            "evidence": [f"{k % 5} of 5 neighbours say Cat" for k in range(N)],
            "duplicate_group": pa.array([1, 1] + [None] * (N - 2), pa.int64()),
        }
    )
    catalog = {
        "id": [f"id-{k:02d}" for k in range(N + 2)],
        "label": ["cat"] * (N + 2),
        "loss": np.arange(N + 2, dtype=np.float64),
        "Difficulty": ["a", "b"] * (N // 2 + 1),
        "row": np.arange(N + 2) * 10,
        "x": np.arange(N + 2) * 2.0,
        'it\'s "quoted"': np.arange(N + 2) % 2 == 0,
        "note": [f"note {k}" for k in range(N + 2)],
    }
    write_table(folder / "scores.parquet", scores)
    write_table(folder / "catalog.parquet", pd.DataFrame(catalog))
    write_table(folder / "projection.parquet", pd.DataFrame(rng.normal(size=(N, 2)).astype("f4"), columns=["x", "y"]))
    failures = {"id": ["id-03", "id-40"], "index": [3, 40], "reason": ["truncated file", "label 'bird'"]}
    write_table(folder / "failures.parquet", pd.DataFrame(failures))
    indices = (np.arange(N)[:, None] + [1, 2]) % N
    write_arrays(
        folder / "neighbours.npz", indices=indices.astype(np.int32), distances=np.tile(np.float32([0.1, 0.2]), (N, 1))
    )
    write_array(folder / "embeddings" / "00000.npy", rng.normal(size=(N, 4)).astype(np.float16))
    write_bytes(folder / "thumbnails.bin", b"abcde")
    write_array(folder / "thumbnails.npy", np.array([0, 2, 2] + [5] * (N - 2), np.int64))
    curves = {
        "id": [f"id-{k:02d}" for k in kept],
        "confidence": [[0.5, float("nan"), 0.75]] * N,
        "margin": [[1.0, None, -1.0]] * N,
        "is_correct": [[False, None, True]] * N,
    }
    write_table(folder / "dynamics.parquet", pa.table(curves))
    write_json(folder / "run.json", run_info())
    return folder


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Run:
    return open_run(make_run(tmp_path_factory.mktemp("it's [a] workspace") / "runs" / "tiny"))


@pytest.fixture(scope="session")
def table(run) -> pd.DataFrame:
    """The same table by pandas alone."""
    folder = run.folder
    scores = pd.read_parquet(folder / "scores.parquet")
    catalog = pd.read_parquet(folder / "catalog.parquet").drop(columns=["id", "label"])
    catalog = catalog.rename(columns={name: f"{name}_given" for name in ("loss", "Difficulty", "row", "x")})
    given = catalog.iloc[scores["index"]].reset_index(drop=True)
    scores = scores.assign(given=scores["label"], error=(~scores["is_correct"]).astype("float32"))
    whole = pd.concat([scores, pd.read_parquet(folder / "projection.parquet"), given], axis=1)
    whole.attrs["vectors"] = np.load(folder / "embeddings" / "00000.npy")
    return whole


@pytest.fixture
def fresh(run, tmp_path) -> Path:
    """A copy of the run, in a workspace of its own, to break."""
    return Path(shutil.copytree(run.folder, tmp_path / "runs" / "tiny"))


@pytest.fixture
def edit_info():
    """edit_info(folder, key=value): rewrite run.json with other values."""

    def edit(folder: Path, **changes) -> None:
        write_json(folder / "run.json", run_info(**changes))

    return edit


@pytest.fixture(scope="session")
def postgres_server():
    with postgres.running() as home:
        yield home


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def place(request, tmp_path):
    """Where a tag log can be: a new file of SQLite, a new schema of a PostgreSQL server."""
    if request.param == "sqlite":
        return tmp_path / "tags.sqlite"
    return postgres.new_place(request.getfixturevalue("postgres_server"), f"t_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def log(place) -> TagLog:
    """An empty tag log, on each database."""
    return TagLog(place)


@pytest.fixture
def sqlite_log(tmp_path) -> TagLog:
    """An empty tag log in tags.sqlite."""
    return TagLog(tmp_path / "tags.sqlite")
