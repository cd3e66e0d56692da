"""Takes the README's picture: Explore on a run of `hem demo fashion-mnist`, with a lasso on the embedding map.

python .github/screenshot.py WORKSPACE [light|dark] [OUT.png]
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main(workspace: str, scheme: str = "light", out: str = str(Path(__file__).with_name("explore.png"))) -> None:
    """Serve the workspace, draw a lasso, take the picture."""
    command = [Path(sys.executable).with_name("hem"), "app", workspace, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as started:
        try:
            line = server.stdout.readline() if server.stdout else ""
            (url,) = re.findall(r"http://\S+", line)
            program = os.environ.get("HEM_CHROMIUM") or shutil.which("chromium")
            chromium = started.chromium.launch(executable_path=program, args=FLAGS)
            page = chromium.new_page(viewport={"width": 1440, "height": 860}, color_scheme=scheme)  # type: ignore[arg-type]
            page.add_init_script("try { localStorage.setItem('hem-hints', 'all') } catch {}")
            page.goto(url.replace("/?token=", "/explore?token="))
            page.get_by_text("Embedding map").click()
            page.get_by_text("mislabelled", exact=True).first.click()
            page.wait_for_timeout(3000)
            _lasso(page)
            page.mouse.move(5, 5)
            page.wait_for_timeout(3000)
            page.screenshot(path=out)
        finally:
            server.terminate()


def _lasso(page: Page) -> None:
    corners = [(0.22, 0.75), (0.27, 0.6), (0.38, 0.64), (0.41, 0.85), (0.34, 0.98), (0.25, 0.94)]
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in [*points[1:], points[0]]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


if __name__ == "__main__":
    main(*sys.argv[1:])
