"""Scoring by several processes: the same bytes as one, also where they are killed, and how much faster two are.

    python benchmarks/runners.py [--runners torchrun ray] [--kills 20] [--ms 2] [--seconds 20]

Kills: a process that scores gets SIGKILL at a random moment, again and again, until it was done so often; then the
shards and the scores must be the bytes of one process without a kill. The model writes down how many examples it is
asked for, which tells how many were scored twice. Speed: a model that waits `--ms` milliseconds an example, as for a
device, and one that computes as long on a core; two workers beside one, by the time of the pass that the run records,
in which the workers start (Ray itself too).
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hem_core import open_run, score

UNIT = 16
LARGE_UNIT = 256
"""Examples of a unit where speed is measured: about a second, where real ones take 5 to 60."""
CALLS, N, SIZE, WAIT, BURN = (f"HEM_BENCH_{name}" for name in ("CALLS", "N", "SIZE", "WAIT", "BURN"))
"""Variables of the environment: the file that the model writes to, the numbers of examples, of all and of a unit, and
the model's milliseconds an example, waiting or computing."""
FILES = ("shards/*.parquet", "scores.parquet")
RUNNERS = ("torchrun", "ray")


class Slow(nn.Module):
    """A classifier of known weights that takes its time, and says which process was asked for how many examples."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with Path(os.environ[CALLS]).open("ab", buffering=0) as file:
            file.write(f"{os.getpid()} {len(x)}\n".encode())
        time.sleep(float(os.environ.get(WAIT, "0")) * len(x) / 1000)
        until = time.process_time() + float(os.environ.get(BURN, "0")) * len(x) / 1000
        while time.process_time() < until:
            pass
        return self.head(x.flatten(1).float())


def make() -> None:
    """Score the examples with the runner that the command line names; in a process of its own."""
    n, size = int(os.environ[N]), int(os.environ[SIZE])
    made = np.random.default_rng(0)
    data = {"x": made.normal(size=(n, 64)).astype(np.float32), "y": made.integers(0, 10, n)}
    options = {"has_map": False, "has_probes": False, "oos": "none", "layer": "none"}
    score(Slow(), data, out=sys.argv[2], runner=sys.argv[3], unit_size=size, batch_size=UNIT, **options)


def command(runner: str, out: Path, workers: int) -> list[str]:
    """What makes a run in processes of its own."""
    again = [str(Path(__file__).resolve()), "make", str(out), runner]
    if runner != "torchrun":
        return [sys.executable, *again]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--max-restarts", "1000"]
    return [*launcher, "--nproc-per-node", str(workers), "--monitor-interval", "0.1", *again]


def started(
    runner: str, out: Path, *, n: int, size: int = UNIT, workers: int = 2, **ms: float
) -> subprocess.Popen[bytes]:
    """The processes of a run, at work. ms: WAIT or BURN."""
    lines = out.with_suffix(".calls")
    lines.touch()
    own = {CALLS: str(lines), N: str(n), SIZE: str(size), "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **own, **{name: str(value) for name, value in ms.items()}}
    return subprocess.Popen(command(runner, out, workers), env=environment, stderr=subprocess.DEVNULL)


def asked(out: Path) -> list[tuple[int, int]]:
    """Process and number of examples of each call of the model."""
    lines = out.with_suffix(".calls").read_text().splitlines()
    return [(int(pid), int(n)) for pid, n in (line.split() for line in lines)]


def killed(process: subprocess.Popen[bytes], out: Path, times: int) -> int:
    """Kill processes that score at random moments, as often as asked; returns how often it was done."""
    chance, done = random.Random(times), 0
    while done < times and process.poll() is None:
        seen = len(asked(out))
        while process.poll() is None and len(asked(out)) < seen + 3:  # until somebody is at work again
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        at_work = [pid for pid, _n in asked(out)[-4:] if pid != process.pid and Path(f"/proc/{pid}").exists()]
        if at_work and process.poll() is None:
            os.kill(chance.choice(at_work), signal.SIGKILL)
            done += 1
    return done


def bytes_of(out: Path) -> dict[str, bytes]:
    """The files that must not depend on who scored what."""
    return {str(path.relative_to(out)): path.read_bytes() for each in FILES for path in sorted(out.glob(each))}


def kills(runner: str, folder: Path, times: int) -> None:
    """Print a line of the table of kills."""
    n = 64 * (times + 4) * 2
    one, several = folder / "one", folder / runner
    if started("local", one, n=n).wait():
        sys.exit("the run of one process failed")
    process = started(runner, several, n=n, **{WAIT: 4})
    done = killed(process, several, times)
    if process.wait():
        sys.exit(f"the run of {runner} failed")
    twice = sum(count for _pid, count in asked(several)) - sum(count for _pid, count in asked(one))
    is_same = bytes_of(one) == bytes_of(several)
    n_pids = len({pid for pid, _count in asked(several)})
    print(f"| {runner} | {done} | {n:,} | {'yes' if is_same else 'NO'} | {twice / UNIT:.1f} | {n_pids} |", flush=True)


def seconds(runner: str, out: Path, workers: int, n: int, **ms: float) -> float:
    """Seconds of the pass."""
    if started(runner, out, n=n, size=LARGE_UNIT, workers=workers, **ms).wait():
        sys.exit(f"the run of {runner} with {workers} workers failed")
    return open_run(out).info["timings"]["score"]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runners", nargs="*", choices=RUNNERS, default=RUNNERS)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--ms", type=float, default=2)
    parser.add_argument("--seconds", type=float, default=20, help="of work in a pass whose speed is measured")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder:
        print(
            "| runner | kills | examples | the bytes of one process | units scored again | processes |\n|" + "---|" * 6
        )
        for runner in options.runners if options.kills else ():
            kills(runner, Path(folder), options.kills)
        print("\n| model | runner | one worker, s | two workers, s | ratio |\n|---|---|---|---|---|")
        n = round(1000 * options.seconds / options.ms)
        for kind, name in ((WAIT, "waits"), (BURN, "computes")):
            one = seconds("local", Path(folder) / f"{name} 1", 1, n, **{kind: options.ms})
            for runner in options.runners:
                two = seconds(runner, Path(folder) / f"{name} {runner}", 2, n, **{kind: options.ms})
                print(f"| {name} | {runner} | {one:.1f} | {two:.1f} | {one / two:.2f} |", flush=True)


if __name__ == "__main__":
    make() if sys.argv[1:2] == ["make"] else main()
