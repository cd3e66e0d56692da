"""Makes a page and a figure for every score, in .github/scores.

    python .ci/score_pages.py            # write them all: computes the figures and what each score finds
    python .ci/score_pages.py --check    # say what is missing or no longer says what the docstrings say

The words come from the scores' docstrings. The numbers differ in the last digit from machine to machine, so they are
not checked.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = ROOT / ".github" / "scores"
AXES = ("label conflict", "input uncertainty", "typicality", "learning dynamics")
HEADLINES: Mapping[str, Mapping[str, Any]] = {
    "difficulty": {
        "meaning": "How likely a fresh model is to get the example wrong as labelled, as a place among all examples",
        "formula": "percentile of `error_prob` where there is one, else of a mean rank: windowed AUM and mean "
        "confidence where the training was recorded, else a cross-fitted linear head's margin and the neighbours, "
        "else the final loss",
        "range": "0 .. 100", "unit": "percentile", "remark": "",
        "cost": "what its members cost; itself a sort of each",
        "use": "to look at the hard examples first; `difficulty_in_class` ranks within the class, so that a rare class "
        "neither floods nor vanishes",
        "reference": "rank-mean after Borda; windowed AUM after Pleiss et al. 2020, arXiv:2001.10528",
        "needs": ["a score"],
    },
    "label_suspicion": {
        "meaning": "How far all that is known contradicts the given label, as a place among all examples",
        "formula": "percentile of the mean rank of those that are there: margin (out-of-sample), windowed AUM, mean "
        "confidence, neighbour disagreement; without a recording the margin of a cross-fitted linear head",
        "range": "0 .. 100", "unit": "percentile", "remark": "",
        "cost": "what its members cost; itself a sort of each",
        "use": "to review labels from the top down; it is a place in a queue, not a probability",
        "reference": "rank-mean after Borda; Pleiss et al. 2020, arXiv:2001.10528",
        "needs": ["a score"],
    },
    "error_prob": {
        "meaning": "The probability that a fresh model gets the example wrong as labelled",
        "formula": "the ranks of windowed AUM, mean confidence, neighbour disagreement and a linear head's loss "
        "through a monotone logistic regression, then isotonic, fitted across folds to the errors of models that "
        "never saw it",
        "range": "0 .. 1", "unit": "probability", "remark": "",
        "cost": "K trainings (`train=`, `oos=K`); none more where the model never saw the examples",
        "use": "where a number must mean something beyond its place, with its 90% interval beside it",
        "reference": "Zadrozny & Elkan 2002, doi:10.1145/775047.775151, after a monotone regression",
        "needs": ["out-of-sample predictions"],
    },
    "reason": {
        "meaning": "Why the example is hard, in one word",
        "formula": "the most probable of mislabelled, outlier, ambiguous, rare, subtle and easy by a classifier "
        "calibrated on planted probes, `unsure` below one half; without probes, the first of some rules that holds",
        "range": "a word", "unit": "", "remark": "",
        "cost": "one forward pass for each probe, at most 5% of the data; with rules next to nothing",
        "use": "to sort the review by what can be done about it; a flag to review, never a verdict",
        "reference": "Siddiqui et al. 2022, arXiv:2209.10015, probes planted in the training",
        "needs": ["a score", "better with probes"],
    },
}  # fmt: skip
FINDS = "## What it finds"


def main() -> None:
    """Write the pages, or check them; a failed check exits with 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        write()
        return
    wrong = stale()
    if wrong:
        sys.exit("\n".join([*wrong, "python .ci/score_pages.py makes them anew"]))


def pages() -> dict[str, str]:
    """File name -> text of every page, the part with numbers left out."""
    from hem_core import scores

    cards = {name: scores.describe(name) for name in scores.names()}
    texts = {f"{name}.md": page(name, card) for name, card in {**cards, **HEADLINES}.items()}
    return texts | {"README.md": index(cards)}


def page(name: str, card: Mapping[str, Any]) -> str:
    """What is known of one score, in Markdown."""
    unit = f"{card['unit']}, " if card["unit"] else ""
    direction = "" if name == "reason" else f"higher = harder{', ' + card['remark'] if card['remark'] else ''}"
    options = [f"`{key}` ({option['type']}, {option['default']})" for key, option in card.get("options", {}).items()]
    rows = {
        "formula": card["formula"],
        "needs": ", ".join(f"`{field}`" if field.isidentifier() else field for field in card["needs"]),
        "range": f"{unit}{card['range']}",
        "direction": direction,
        "options": ", ".join(options),
        "cost": card["cost"],
        "use it": card["use"],
        "reference": card["reference"],
    }
    table = [f"| {key} | {cell(text)} |" for key, text in rows.items() if text]
    figure = f"![{name} in a plane of four Gaussians]({name}.svg)"
    return "\n".join([f"# {name}", "", f"{card['meaning']}.", "", "| | |", "|---|---|", *table, "", figure, ""])


def cell(text: str) -> str:
    """Text as a cell of a table: a bar would end it."""
    return text.replace("|", "\\|")


def index(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """The list of all pages, by the question that a score answers."""
    lines = [
        "# The scores", "",
        "Higher is harder, everywhere. Each page says the formula, what it costs, when to use it, and shows what it",
        "finds in a plane of four Gaussians of which everything is known (`benchmarks/_world.py`).", "",
        "| headline | asks |", "|---|---|",
        *(f"| [{name}]({name}.md) | {card['meaning']} |" for name, card in HEADLINES.items()),
    ]  # fmt: skip
    for axis in AXES:
        rows = [f"| [{name}]({name}.md) | {card['meaning']} |" for name, card in cards.items() if axis_of(card) == axis]
        lines += ["", f"| {axis} | asks |", "|---|---|", *map(str, rows)]
    return "\n".join([*lines, ""])


def axis_of(card: Mapping[str, Any]) -> str:
    """Which of the four questions a score answers, told from what it reads."""
    needs = set(card["needs"])
    if needs & {"prototypes", "neighbour_distances"}:
        return "typicality"
    if needs & {"epoch_confidences", "epoch_hits"}:
        return "learning dynamics"
    return "label conflict" if needs & {"targets", "epoch_margins", "gradient_norm"} else "input uncertainty"


def stale() -> list[str]:
    """A line for each page that is missing or says something else than the docstrings, and each missing figure."""
    wrong, texts = [], pages()
    for name, text in texts.items():
        path = PAGES / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif path.read_text(encoding="utf-8").partition(FINDS)[0].strip() != text.strip():
            wrong.append(f"{name} is stale")
        for figure in re.findall(r"\]\((\w+\.svg)\)", text):
            if not (PAGES / figure).is_file():
                wrong.append(f"{figure} is missing")
    known = {*texts, *(name.replace(".md", ".svg") for name in texts)}
    there = PAGES.iterdir() if PAGES.is_dir() else ()
    return wrong + [f"{path.name} belongs to no score" for path in sorted(there) if path.name not in known]


def write() -> None:
    """Compute the figures and numbers, and write everything."""
    sys.path.insert(0, str(Path(__file__).parent))
    from score_world import finds, pictures

    PAGES.mkdir(parents=True, exist_ok=True)
    texts = pages()
    names = [name.removesuffix(".md") for name in texts if name != "README.md"]
    tables = finds(names)
    for name, text in texts.items():
        table = tables.get(name.removesuffix(".md"))
        (PAGES / name).write_text(f"{text}\n{FINDS}\n\n{table}" if table else text, encoding="utf-8")
    for name, svg in pictures(names).items():
        (PAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
