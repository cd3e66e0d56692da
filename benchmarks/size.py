"""The whole path over many rows, from a file of predictions to a run with its map: seconds and memory of each stage.

    python benchmarks/size.py [--rows 60000 1000000] [--data FOLDER] [--work FOLDER]

The rows are those of `garments` of neighbours.py, 64 principal components of Fashion-MNIST's 70,000 pictures, repeated
with noise; a linear classifier of 5,000 of them gives the logits, and 5% of the labels are wrong. The file holds id,
label, ten logits and the components as the embedding. Each size is scored by `hem score` in a process of its own, whose
processor seconds and peak memory are printed; the seconds of a stage are those that run.json notes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from neighbours import garments

ROOT = Path(__file__).parents[1]
FITTED, WRONG = 5_000, 0.05


def predictions(n: int, data: Path, path: Path) -> Path:
    """A file of n rows; written once."""
    if path.is_file():
        return path
    from sklearn.linear_model import LogisticRegression

    files = [data / f"fashion-mnist/{of}-labels-idx1-ubyte.gz" for of in ("train", "t10k")]
    few = np.concatenate([np.frombuffer(gzip.decompress(file.read_bytes())[8:], np.uint8) for file in files])
    rows, target = garments(n, data), np.resize(few, n).astype(np.int64)
    model = LogisticRegression(max_iter=200).fit(rows[-FITTED:].astype(np.float32), target[-FITTED:])
    chance = np.random.default_rng(1)
    flipped = chance.random(n) < WRONG
    label = np.where(flipped, (target + chance.integers(1, 10, n)) % 10, target)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: pq.ParquetWriter | None = None
    for part in np.array_split(np.arange(n), -(-n // 65_536)):
        x = rows[part].astype(np.float32)
        logits = (x @ model.coef_.T + model.intercept_).astype(np.float32)
        lists = {
            name: pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), values.shape[1])
            for name, values in (("logits", logits), ("embedding", x))
        }
        table = pa.table({"id": [f"g{row}" for row in part], "label": label[part], **lists})
        writer = writer or pq.ParquetWriter(path.with_suffix(".partial"), table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    path.with_suffix(".partial").replace(path)
    return path


def scored(file: Path, out: Path) -> dict[str, float]:
    """Seconds of each stage, processor seconds and the peak in MB of `hem score`, on one thread."""
    command = [str(Path(sys.executable).with_name("hem")), "score", str(file), "--out", str(out), "--out-of-sample"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([*command, "--overwrite"], env=environment, stderr=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"hem score of {file} failed")
    info = json.loads((out / "run.json").read_text())
    whole = {"processor": used.ru_utime + used.ru_stime, "peak, MB": used.ru_maxrss / 1024}
    return {**{stage: float(seconds) for stage, seconds in info["timings"].items()}, **whole}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[60_000, 1_000_000])
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--work", type=Path, default=ROOT / "build/size", help="where files and runs are kept")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    found = {}
    for n in options.rows:
        file = predictions(n, options.data.resolve(), options.work / f"{n}.parquet")
        found[n] = scored(file, options.work / "runs" / str(n))
        print(f"{n:,}: {found[n]}", file=sys.stderr, flush=True)
    first, last = options.rows[0], options.rows[-1]
    print(f"\n| | {' | '.join(f'{n:,}' for n in options.rows)} | growth over linear |\n|{'---|' * (len(found) + 2)}")
    for stage in found[last]:
        cells = " | ".join(f"{found[n].get(stage, float('nan')):,.1f}" for n in options.rows)
        before = found[first].get(stage) or float("nan")
        print(f"| {stage} | {cells} | {found[last][stage] / before / (last / first):.2f} |")


if __name__ == "__main__":
    main()
