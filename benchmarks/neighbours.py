"""The neighbour graph: exact, pynndescent and scikit-learn's brute force on the same rows.

    python benchmarks/neighbours.py [--rows 10000 30000]

Seconds of one run each in a process of its own (pynndescent compiles at its first use: "cold" has that in it), the
share of the true neighbours found on 500 random rows, and the process's peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

D, K = 128, 15
WAYS = ("exact", "pynndescent cold", "pynndescent warm", "scikit-learn brute")


def rows_of(n: int) -> np.ndarray:
    """n rows in 50 blurred clusters, as embeddings are."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(50, D))
    return (centres[generator.integers(0, 50, n)] + 0.7 * generator.normal(size=(n, D))).astype(np.float32)


def measure(way: str, n: int) -> dict[str, float]:
    """Seconds, recall and peak memory in MB of one way."""
    from hem_core.embeddings.neighbours import neighbours

    rows = rows_of(n)
    if way == "pynndescent warm":
        neighbours(rows[:2000], K, exact_up_to=100)
    started = time.perf_counter()
    if way == "scikit-learn brute":
        from sklearn.neighbors import NearestNeighbors

        NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute").fit(rows).kneighbors(rows)
        recall = 1.0
    else:
        recall = neighbours(rows, K, exact_up_to=n if way == "exact" else 100).recall
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "recall": recall, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 30_000])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]))))
        return
    print(f"| rows × {D}, k = {K} | way | seconds | of exact | recall | peak MB |\n|---|---|---|---|---|---|")
    for n in asked.rows:
        exact = 0.0
        for way in WAYS:
            command = [sys.executable, __file__, "--one", way, str(n)]
            found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            exact = exact or found["seconds"]
            print(f"| {n:,} | {way} | {found['seconds']:.1f} | {found['seconds'] / exact:.2f} "
                  f"| {found['recall']:.3f} | {found['mb']:,.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
