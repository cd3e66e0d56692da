"""How well HEM finds planted errors, compared with other tools on the same outputs; the tables of RESULTS.md.

    python benchmarks/quality.py [--data ../shared/data] [--seeds 3] [--first-seed 100] [--quick] [--only NAME …]

Each result is stored at once: after a kill, run the same command to resume. cleanlab comes with the
development set-up; without it its rows are missing.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small models: a second thread costs more than it brings

import torch
from _images import images, reasons
from _known import known
from _memorised import memorised
from _reason_bars import reason_bars
from _store import ROOT, open_store
from _tables import tables
from _texts import texts

EXPERIMENTS = {
    "images": images, "reasons": reasons, "reason_bars": reason_bars, "texts": texts, "tables": tables,
    "memorised": memorised, "known": known,
}  # fmt: skip


def main() -> None:
    """Print one section an experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--first-seed", type=int, default=100, help="defaults were chosen on seeds 0 to 4: the tables are of others"
    )
    parser.add_argument("--quick", action="store_true", help="one seed and few rows, to see that it works")
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS), help="some experiments")
    parser.add_argument("--work", type=Path, default=ROOT / "build/quality", help="where results are kept meanwhile")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=FutureWarning)
    store = open_store(asked.work, asked.quick)
    seeds = range(asked.first_seed, asked.first_seed + (1 if asked.quick else asked.seeds))
    for name in asked.only:
        print(f"### {name}\n\n{EXPERIMENTS[name](asked.data.resolve(), store, seeds, quick=asked.quick)}\n", flush=True)
    print(f"{store.seconds() / 60:.1f} CPU minutes.")


if __name__ == "__main__":
    main()
