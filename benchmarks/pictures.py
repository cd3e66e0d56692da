"""Takes the pictures of the app: docs/figures/*.png and README's, from real runs in a real browser.

    python benchmarks/pictures.py WORKSPACE [NAME …] [--scene FILE] [--energy FILE] [--fashion-mnist FOLDER]

The runs are those of `hem demo digits` and `hem demo detection`, and three over data sets that are not shipped: scene
(several labels), energy (two numbers) and fashion-mnist (README's picture); name them with the options of these names.
What the workspace lacks of them is made first, in some minutes; verdicts of the pictures go to a workspace of their
own. Name some pictures to take these alone. Light theme.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _served import borrowed, chromium, served

from hem_core.store.run import read_run

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures"
README_PICTURE = ROOT / ".github" / "explore.png"
MOST_KB = 300
LIMIT_MS = 120_000
HIDE_PATHS = """() => {
  for (const row of document.querySelectorAll("[class*='st-key-facts_'] tr"))
    if (["Data", "Data folder"].includes(row.cells[0].textContent.trim())) row.style.display = "none";
}"""
"""Hides the rows of Overview that say where the data of the run lie on this machine."""
SHOWN_ON: dict[str, tuple[str, dict[str, Any]]] = {
    "scene": ("tags.md", {"task": "multilabel", "columns": {"label_column": "labels"}}),
    "energy": ("regression.md", {"task": "regression", "columns": {"label_column": "heating,cooling"}}),
}
"""Data set -> the page that shows its train function, and how it is read."""
NOT_SHIPPED = (*SHOWN_ON, "fashion-mnist")
WRONG = '{"all":[{"column":"reason","in":["suspect_label"]}]}'


@dataclass(frozen=True)
class Picture:
    """A page of the app, and what is done on it before the picture is taken."""

    run: str
    path: str
    prepare: Callable[[Any], None]
    height: int = 860
    width: int = 1280
    of_readme: bool = False

    def file(self, name: str) -> Path:
        """Where it is kept: among the documentation's figures, or beside README."""
        return README_PICTURE if self.of_readme else FIGURES / f"{name}.png"


def main() -> None:
    """Make the runs that are not there yet, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(PICTURES)}")
    parser.add_argument("--scene", type=Path, help="the table scene.csv.gz, with the tags in the column labels")
    parser.add_argument("--energy", type=Path, help="a table of buildings with the columns heating and cooling")
    parser.add_argument("--fashion-mnist", type=Path, help="the folder with its four IDX files")
    options = parser.parse_args()
    unknown = set(options.names) - set(PICTURES)
    if unknown:
        parser.error(f"no picture {', '.join(sorted(unknown))}; there are: {', '.join(PICTURES)}")
    names = options.names or list(PICTURES)
    with chromium() as browser:
        for run_name in dict.fromkeys(PICTURES[name].run for name in names):
            wanted = [name for name in names if PICTURES[name].run == run_name]
            run = made(run_name, options.workspace, getattr(options, run_name.replace("-", "_"), None))
            if run is None:
                print(f"omitted, because they need --{run_name}: {', '.join(wanted)}")
            else:
                take(browser, run, wanted)


def made(name: str, workspace: Path, data: Path | None) -> Path | None:
    """The folder of a run, which is made where it is not there yet; None where its data were not named."""
    run = workspace / "runs" / name
    if (run / "run.json").exists() and read_run(run).info["status"] == "complete":
        return run
    if data is None and name in NOT_SHIPPED:
        return None
    if data is not None and name in SHOWN_ON:
        return scored(name, data, run)
    from demo_models import _demo

    return _demo.run(name, workspace, data=data, progress=lambda *_done: None).folder


def scored(name: str, table: Path, out: Path) -> Path:
    """A data set that is judged out of fold by the train function that a page of the documentation shows."""
    import hem_core

    page, options = SHOWN_ON[name]
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    assert code is not None, f"docs/{page} shows no train function"
    module = types.ModuleType("shown")
    exec(code[1], module.__dict__)
    sys.modules[module.__name__] = module
    return hem_core.score(None, table, out=out, **options, train="shown:train", oos=5).folder


def take(browser: Any, run: Path, names: Sequence[str]) -> None:
    """The pictures of one run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        borrowed(run, Path(folder) / "workspace") as workspace,
        served(workspace) as server,
    ):
        for name in names:
            picture, target = PICTURES[name], PICTURES[name].file(name)
            size = {"width": picture.width, "height": picture.height}
            context = browser.new_context(viewport=size, color_scheme="light")
            context.add_init_script("try { localStorage.setItem('hem-hints', 'all') } catch {}")  # they cover things
            page = context.new_page()
            page.set_default_timeout(LIMIT_MS)
            page.goto(server.address(picture.path))
            picture.prepare(page)
            settle(page)
            page.evaluate(HIDE_PATHS)
            page.screenshot(path=target, animations="disabled", caret="hide")
            context.close()
            kb = target.stat().st_size / 1000
            print(f"{target.relative_to(ROOT)}: {kb:.0f} kB{' - TOO LARGE' if kb > MOST_KB else ''}", flush=True)


def settle(page: Any) -> None:
    """Wait until Python has answered, and all pictures and letters are there."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function(
        """() => !document.querySelector("[data-testid=stSkeleton]") && document.fonts.status === "loaded" &&
        [...document.images].every((image) => image.complete)"""
    )


# --- what is done on the pages ---


def overview(page: Any) -> None:
    """Its figures are drawn, and so is the table of the classes or tags."""
    page.locator(".js-plotly-plot .main-svg").nth(1).wait_for()
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()


def numbers(page: Any) -> None:
    """Its figures are drawn."""
    page.locator(".js-plotly-plot .main-svg").nth(1).wait_for()


def explore(page: Any) -> None:
    """All tiles have their pictures."""
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.wait_for_selector("[data-painted], [data-matrix=drawn]")
    page.locator(".hem-tile img").first.wait_for()


def lasso(page: Any) -> None:
    """A lasso around a cluster of the digits."""
    explore(page)
    encircle(page, [(0.22, 0.27), (0.43, 0.22), (0.5, 0.36), (0.4, 0.47), (0.23, 0.42)])


def suspects(page: Any) -> None:
    """The suspected label errors of Fashion-MNIST's tops, with the names of the clusters."""
    explore(page)
    page.get_by_text("mislabelled", exact=True).first.click()
    page.wait_for_selector(".hem-explorer:not([data-scope='60000'])")
    page.locator(".hem-cluster-name").first.wait_for()
    encircle(page, [(0.22, 0.75), (0.27, 0.6), (0.38, 0.64), (0.41, 0.85), (0.34, 0.98), (0.25, 0.94)])


def encircle(page: Any, corners: Sequence[tuple[float, float]]) -> None:
    """Draw a lasso, corners in shares of the map, and wait until Explore says what sets its points apart."""
    box = page.locator(".hem-catcher").bounding_box()
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)  # a card of what is under the mouse would cover the map
    page.wait_for_selector(".hem-explorer:not([data-selected='0'])")
    page.wait_for_function("(({ count, scope }) => count === scope)(document.querySelector('.hem-explorer').dataset)")
    page.locator("[data-about]:not(.is-late) .hem-why-list").first.wait_for()
    page.locator(".hem-tile img").first.wait_for()


def whole_images(page: Any) -> None:
    """Tiles with the whole image of each box."""
    explore(page)
    page.get_by_role("button", name="whole image").click()
    page.wait_for_function("document.querySelector('.hem-tile .hem-picture img')?.complete")


def detection(page: Any) -> None:
    """Curves and the matrix are drawn."""
    page.locator(".js-plotly-plot .main-svg").nth(2).wait_for()


def review(page: Any) -> None:
    """The example is there, and so is why it is suspect."""
    page.locator(".hem-review .body .look").first.wait_for()


def corrected(page: Any) -> None:
    """A box took the prediction's place, and the reviewer went back to look at it."""
    page.locator(".hem-review .body .stage image[href]").first.wait_for()
    first = page.locator(".hem-review .body").get_attribute("data-id")
    page.keyboard.press("2")
    page.wait_for_selector(".hem-review header.head[data-waiting='0'][data-done='1']")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f".hem-review .body[data-id='{first}'] .stage image[href]")
    page.locator(".stage rect.box").first.wait_for()


PICTURES = {
    "readme": Picture(
        "fashion-mnist", 'explore?run=fashion-mnist&view={"mode":"embedding"}', suspects, width=1440, of_readme=True
    ),
    "classes_overview": Picture("digits", "?run=digits", overview, height=648),
    "classes_explore": Picture("digits", 'explore?run=digits&view={"mode":"embedding"}', lasso),
    "classes_review": Picture("digits", "review?run=digits&queue=suspects", review),
    "boxes_detection": Picture("detection", "detection?run=detection", detection, height=1180),
    "boxes_explore": Picture("detection", f"explore?run=detection&level=boxes&rule={WRONG}", whole_images),
    "boxes_review": Picture("detection", "review?run=detection&level=boxes&queue=suspects", corrected),
    "numbers_overview": Picture("energy", "?run=energy", numbers, height=648),
    "tags_overview": Picture("scene", "?run=scene", overview),
    "tags_review": Picture("scene", "review?run=scene&queue=suspects", review),
}


if __name__ == "__main__":
    main()
