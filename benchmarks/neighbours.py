"""Outliers, duplicates and neighbours of the same rows, by HEM and by others, each in a process of its own.

    python benchmarks/neighbours.py [--rows 100000] [--sets clusters garments] [--ways HEM Datalab] [--data FOLDER]

Sets: `clusters`, ten isotropic ones in 64 dimensions, the hard case (within a cluster nothing is near); `garments`, the
first 64 principal components of Fashion-MNIST; of both as many rows as asked, the garments repeated with noise past
70,000. HEM is a row's 15 neighbours, the mean distance to them and the groups of near-duplicates; Datalab is cleanlab's
outlier and near-duplicate search; the others give the neighbours alone. Seconds and peak memory are those of the whole
process: imports and compilation are in them. Recall of 15 neighbours on 500 random rows. Ways that need a package that
is not installed (`pip install cleanlab datasets faiss-cpu`) are left out, and said to be.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
D, K = 64, 15
WAYS = ("HEM", "Datalab", "pynndescent", "scikit-learn brute", "faiss IVF", "faiss HNSW")
Found = np.ndarray | None
"""The neighbours' row numbers (N, 15), or None where a way keeps them to itself."""


def clusters(n: int, _data: Path) -> np.ndarray:
    """n rows in ten isotropic clusters."""
    chance = np.random.default_rng(0)
    centres, rows = chance.normal(size=(10, D)), np.empty((n, D), np.float16)
    for block in np.array_split(np.arange(n), -(-n // 65_536)):
        rows[block] = centres[chance.integers(0, 10, len(block))] + chance.normal(size=(len(block), D))
    return rows


def garments(n: int, data: Path) -> np.ndarray:
    """n rows of principal components of garments; past 70,000 repeated, with noise of a twentieth of their spread."""
    files = [data / f"fashion-mnist/{of}-images-idx3-ubyte.gz" for of in ("train", "t10k")]
    parts = [gzip.decompress(file.read_bytes())[16:] for file in files]
    pixels = np.concatenate([np.frombuffer(part, np.uint8).reshape(-1, 784) for part in parts]).astype(np.float32)
    pixels -= pixels.mean(axis=0)
    few = pixels @ np.linalg.eigh(pixels.T @ pixels)[1][:, ::-1][:, :D]
    chance, rows = np.random.default_rng(0), np.empty((n, D), np.float16)
    for start in range(0, n, len(few)):
        part = rows[start : start + len(few)]
        noise = chance.normal(size=part.shape) * few.std(axis=0) / 20 if start else 0
        part[:] = (few[: len(part)] + noise) / few.std()
    return rows


def hem(rows: np.ndarray) -> Found:
    """HEM's graph, the mean distance to the neighbours, and groups of near-duplicates."""
    from hem_core.embeddings.duplicates import duplicate_groups
    from hem_core.embeddings.neighbours import neighbours

    graph = neighbours(rows, K)
    graph.distances.mean(axis=1)
    duplicate_groups(graph)
    print(f"HEM's own audit: {graph.method}, recall {graph.recall:.3f}", file=sys.stderr)
    return graph.indices


def datalab(rows: np.ndarray) -> Found:
    """cleanlab's outliers and near-duplicates; it is exact, with 10 neighbours."""
    from cleanlab import Datalab  # pyright: ignore[reportMissingImports]

    lab = Datalab(data={"id": np.arange(len(rows))}, verbosity=0)
    lab.find_issues(features=rows.astype(np.float32), issue_types={"outlier": {}, "near_duplicate": {}})


def pynndescent(rows: np.ndarray) -> Found:
    """pynndescent as wide as HEM once built it."""
    from pynndescent import NNDescent

    found = NNDescent(rows.astype(np.float32), metric="cosine", n_neighbors=30, random_state=0).neighbor_graph
    return found[0][:, 1 : K + 1]  # pyright: ignore[reportOptionalSubscript]


def scikit_learn_brute(rows: np.ndarray) -> Found:
    """All pairs."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute").fit(rows.astype(np.float32))
    return found.kneighbors(return_distance=False)[:, :K]


def faiss_ivf(rows: np.ndarray) -> Found:
    """1,024 cells per 100,000 rows, of which 64 are searched."""
    import faiss  # pyright: ignore[reportMissingImports]

    flat = faiss.IndexFlatIP(D)
    index = faiss.IndexIVFFlat(flat, D, int(1024 * max(1, len(rows) / 100_000) ** 0.5), faiss.METRIC_INNER_PRODUCT)
    index.nprobe = 64
    return _of_faiss(index, rows)


def faiss_hnsw(rows: np.ndarray) -> Found:
    """A graph of 32 links a row."""
    import faiss  # pyright: ignore[reportMissingImports]

    index = faiss.IndexHNSWFlat(D, 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efSearch = 64
    return _of_faiss(index, rows)


def _of_faiss(index: object, rows: np.ndarray) -> np.ndarray:
    units = rows.astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    index.train(units)  # pyright: ignore[reportAttributeAccessIssue]
    index.add(units)  # pyright: ignore[reportAttributeAccessIssue]
    found = index.search(units, K + 1)[1]  # pyright: ignore[reportAttributeAccessIssue]
    return found[:, 1:]


def recall_of(found: np.ndarray, rows: np.ndarray) -> float:
    """Share of the true neighbours of 500 random rows."""
    sample = np.random.default_rng(7).choice(len(rows), min(500, len(rows)), replace=False)
    units = rows.astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    shares = []
    for row in sample:
        alike = units @ units[row]
        alike[row] = -np.inf
        floor = np.partition(alike, -K)[-K]
        shares.append((alike[found[row]] >= floor - 1e-6).mean())
    return float(np.mean(shares))


def measure(way: str, path: str) -> dict[str, float]:
    """Seconds, processor seconds and peak memory in MB of this process, then the recall."""
    rows, started = np.load(path), time.perf_counter()
    found = globals()[way.lower().replace(" ", "_").replace("-", "_")](rows)
    measured = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time(),
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    return measured | {"recall": 1.0 if found is None else recall_of(found, rows)}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--sets", nargs="+", choices=("clusters", "garments"), default=["clusters", "garments"])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(*asked.one)))
        return
    print(
        f"| rows × {D} | way | seconds | CPU seconds | × HEM's CPU | recall | peak MB |\n|---|---|---|---|---|---|---|"
    )
    for name in asked.sets:
        for n in asked.rows:
            with tempfile.TemporaryDirectory() as folder:
                np.save(Path(folder) / "rows.npy", globals()[name](n, asked.data))
                lines_of(f"{n:,} {name}", asked.ways, f"{folder}/rows.npy")


def lines_of(title: str, ways: list[str], path: str) -> None:
    """A line a way; what cannot run is said on stderr."""
    first = 0.0
    for way in ways:
        done = subprocess.run([sys.executable, __file__, "--one", way, path], capture_output=True, text=True)
        if done.returncode:
            print(f"{way} did not run: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        first = first or found["cpu"]
        print(f"| {title} | {way} | {found['seconds']:.1f} | {found['cpu']:.1f} | {found['cpu'] / first:.1f} "
              f"| {found['recall']:.3f} | {found['mb']:,.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
