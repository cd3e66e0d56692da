"""A page a score, out of its card: the signature and the docstring of its file."""

from __future__ import annotations

from pathlib import Path

from hem_core import scores
from kinds._source import table

TITLE = "Scores"
INTRO = (
    "One number an example; higher means harder. The headlines that are made of several scores are described in "
    "[what is computed](../../columns.md). Your own package can [add a score](../../plugins.md)."
)
FIGURES = Path(__file__).parents[1] / "figures"
WORDS = ("meaning", "formula", "range", "cost", "use", "reference")


def pages() -> dict[str, str]:
    return {name: _page(name) for name in scores.names()}


def missing() -> list[str]:
    cards = {name: scores.describe(name) for name in scores.names()}
    return [f"score {name}: no {word} in its docstring" for name, card in cards.items() for word in WORDS
            if not card[word]]  # fmt: skip


def _page(name: str) -> str:
    card = scores.describe(name)
    options = [f"`{key}` ({option['type']}, {option['default']})" for key, option in card["options"].items()]
    rows = {
        "formula": card["formula"],
        "needs": ", ".join(f"`{field}`" for field in card["needs"]),
        "range": f"{card['unit']}, {card['range']}" if card["unit"] else card["range"],
        "direction": f"higher = harder{', ' + card['remark'] if card['remark'] else ''}",
        "options": ", ".join(options),
        "cost": card["cost"],
        "use it": card["use"],
        "reference": card["reference"],
    }
    return "\n".join([f"# {name}", "", f"{card['meaning']}.", "", table(rows), "", _figure(name)])


def _figure(name: str) -> str:
    """The committed figure of a score, where there is one: `python benchmarks/figures.py` draws them."""
    if not (FIGURES / f"{name}.svg").is_file():
        return ""
    return (
        f"![{name} in a plane of four Gaussians](../../figures/{name}.svg)\n\n"
        "Examples of four Gaussians in the plane, coloured by where the score ranks them; flipped labels, a rare mode "
        "and far outliers are planted.\n"
    )
