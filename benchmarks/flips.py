"""How well each score of a demo run finds the labels that were flipped on purpose.

    python benchmarks/flips.py WORKSPACE/runs/fashion-mnist

Area under the precision-recall curve and under the ROC curve, flips positive, one run; and the reasons the flips got.
"""

from __future__ import annotations

import argparse

import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

import hem_core

SCORES = ("label_suspicion", "difficulty", "aum", "aum_windowed", "confidence_mean", "forgetting", "margin", "loss")
SCORES += ("entropy", "neighbour_disagreement", "prototype_distance")


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of a run with the columns planted_flip and true_label")
    run = hem_core.open_run(parser.parse_args().run)
    table = run.table()
    is_flipped = table["planted_flip"]
    print(f"{run.name}: {len(table):,} examples, {is_flipped.mean():.3f} of them flipped ({run.info['sample']})\n")
    print("| score | AUPRC | AUROC |\n|---|---|---|")
    for name in SCORES:
        values = table[name]
        figures = average_precision_score(is_flipped, values), roc_auc_score(is_flipped, values)
        print(f"| {name} | {figures[0]:.3f} | {figures[1]:.3f} |")
    counts = pd.crosstab(table["reason"], is_flipped)
    print("\n| reason | flipped | not flipped |\n|---|---|---|")
    for reason, row in counts.sort_values(True, ascending=False).iterrows():
        print(f"| {reason} | {row[True]:,} | {row[False]:,} |")
    called = table[is_flipped & (table["reason"] == "mislabelled")]
    print(f"\nThe suggested label is the true one for {(called['suggested_label'] == called['true_label']).mean():.1%} "
          f"of the {len(called):,} flips that are called mislabelled.")  # fmt: skip


if __name__ == "__main__":
    main()
