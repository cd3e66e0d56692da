"""Is the advice of `hem advise` right? Each action carried out with the truth, beside what was said; RESULTS.md.

    python benchmarks/advise.py [--data ../shared/data] [--seeds 5] [--first-seed 100] [--quick] [--only NAME …]

Each result is stored at once, with its run: after a kill, run the same command to resume. Code of the advice and of
the tables can change without a new training.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small models: a second thread costs more than it brings

import torch
from _advise_arms import HOUR, INITS
from _advise_cells import Cell
from _advise_joined import joined
from _advise_report import beside, choices, covered, realised
from _advise_worlds import CELLS
from _paired import count
from _store import ROOT, open_store

APART = ("benchmarks/advise.py", "benchmarks/_advise_joined.py", "benchmarks/_advise_report.py", "hem_core/advise/**/*")
"""Files on which no training depends, but for the curve's, which have keys of their own."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--first-seed", type=int, default=100, help="seeds below 103 were seen when conditions and formulas were chosen"
    )
    parser.add_argument("--quick", action="store_true", help="two seeds of the first data set, to see that it works")
    parser.add_argument("--only", nargs="+", choices=CELLS, default=list(CELLS), help="some data sets")
    parser.add_argument("--work", type=Path, default=ROOT / "build/advise", help="where results are kept meanwhile")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=FutureWarning)
    store = open_store(asked.work, apart=APART)
    seeds = range(asked.first_seed, asked.first_seed + (2 if asked.quick else asked.seeds))
    data, sources = asked.data.resolve(), asked.only[:1] if asked.quick else asked.only
    cells = [
        joined([Cell(data, store, source, name, seed) for seed in seeds])
        for source in sources
        for name in CELLS[source]
    ]
    print(f"{count(seeds)}, {HOUR} labels an hour, {INITS} trainings of each seed and action.\n")
    for title, table in TABLES.items():
        print(f"### {title}\n\n{table(cells)}\n", flush=True)
    print(f"{store.seconds() / 60:.1f} CPU minutes.")


TABLES = {
    "What each action gave": realised,
    "What was said, and what it gave": beside,
    "Rules to choose by": choices,
    "Gains that are said": covered,
}


if __name__ == "__main__":
    main()
