"""Explore of one run in a real browser: how long until the eye sees what a hand did, and until Python agrees.

    python benchmarks/explorer.py WORKSPACE/runs/RUN [--level boxes] [--times 7] [--sessions 8] [--part first]

Headless Chromium with software rendering; the server on the same machine, as `hem app` starts it. Milliseconds from the
release of the mouse to the end of the frame that shows it, medians and ranges; beside them the processor seconds of
the page's main thread and of the server, which depend less on what else the machine does. The run is read where it is;
tags go to a workspace of the benchmark's own. Runs on Linux, where memory and processor time come from /proc.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _served import Server, borrowed, chromium, served

MARKS = (Path(__file__).parent / "_explorer_marks.js").read_text()
VIEWPORT = {"width": 1440, "height": 900}
LASSO = [(0.15, 0.2), (0.6, 0.15), (0.75, 0.55), (0.5, 0.9), (0.2, 0.7)]
"""Corners in shares of the map; moved a little at each repetition, so that no answer is a repeated one."""
LIMIT_MS = 120_000
QUIET_SECONDS = 0.3
"""The server rests when it has used no processor time for this long."""
STEPS = {
    "painted": "points painted",
    "badge": "badges of the tiles painted",
    "filled": "gallery follows",
    "pictures": "its pictures are there",
    "agreed": "Python agrees on the count",
    "stored": "Python has stored it",
}
"""A mark of the page -> what it stands for; in the order of the table."""


@dataclass
class Measured:
    """What one action took, a value for each repetition."""

    ms: dict[str, list[float]]
    """Step -> milliseconds from the release of the mouse."""
    page_ms: list[float] = field(default_factory=list)
    server_ms: list[float] = field(default_factory=list)
    """Processor time of the page's main thread, and of all threads of the server, until both rest."""
    columns: list[int] = field(default_factory=list)
    """Columns of the run that the page asked for."""
    sent_kb: list[float] = field(default_factory=list)
    """What the server sent, over HTTP and the web socket."""

    def cells(self) -> dict[str, str]:
        """Row of the table -> cell."""
        steps = {f"{STEPS[step]}, ms": _range(values) for step, values in self.ms.items()}
        return steps | {
            "processor of the page, ms": _range(self.page_ms),
            "processor of the server, ms": _range(self.server_ms),
            "columns fetched again": str(max(self.columns)),
            "sent by the server, kB": f"{statistics.median(self.sent_kb):,.0f}",
        }


def main() -> None:
    """Measure one run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a run, WORKSPACE/runs/NAME")
    parser.add_argument("--level", default="examples")
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--sessions", type=int, default=1, help="browsers that have Explore open for the last line")
    parser.add_argument("--part", choices=("first", "actions", "all"), default="all", help="which half to measure")
    options = parser.parse_args()
    path = f"explore?run={options.run.name}&level={options.level}"
    print(f"load of the machine at the start: {_load()}\n")
    with chromium() as browser:
        if options.part != "actions":
            first_views(browser, options.run, path, options.times)
        if options.part != "first":
            actions(browser, options.run, path, options.times, options.sessions)
    print(f"\nload of the machine at the end: {_load()}")


def first_views(browser: Any, run: Path, path: str, times: int) -> None:
    """From the address to the map and the gallery: with a new server and a new browser, then again."""
    cold, warm = [], []
    for _repetition in range(times):
        with on_server(run) as server:
            context = browser.new_context(viewport=VIEWPORT)
            cold.append(first_view(context, server, path))
            warm.append(first_view(context, server, path))
            context.close()
    print("| first view | cold | warm |\n|---|---|---|")
    rows = ("drawn, s", "its pictures are there, s", "processor of the server, s")
    for row, *values in zip(rows, zip(*cold, strict=True), zip(*warm, strict=True), strict=True):
        print(f"| {row} | {' | '.join(_range(found, 1) for found in values)} |", flush=True)


def first_view(context: Any, server: Server, path: str) -> tuple[float, float, float]:
    """Seconds to the drawn map and gallery, to the gallery's pictures, and of the server's processor."""
    page, cpu = context.new_page(), server.cpu_seconds()
    page.add_init_script(MARKS)
    begin = time.time() * 1000
    page.goto(server.address(path))
    _until(page, "ready", "pictures")
    marks, origin = page.evaluate("[window.hemMarks, performance.timeOrigin]")
    page.close()
    seen, pictures = ((origin + at - begin) / 1000 for at in (max(marks["ready"], marks["painted"]), marks["pictures"]))
    return seen, pictures, server.cpu_seconds() - cpu


def actions(browser: Any, run: Path, path: str, times: int, sessions: int) -> None:
    """Lasso, filter, page turn, tag and a click that asks for nothing new; then the memory of the server."""
    with on_server(run) as server, ExitStack() as stack:
        page = opened(browser, server, path, stack)
        table = {
            "lasso": measured(page, server, times, lasso, ("painted", "filled", "pictures", "agreed"), after=escape),
            "filter": measured(page, server, times, filter_, ("painted", "filled", "pictures", "agreed"), after=clear),
            "page turn": measured(page, server, times, turn, ("filled", "pictures")),
        }
        lasso(page, 0)
        scope = page.locator(".hem-scope b").inner_text()
        _rest(server)
        table[f"tag of {scope}"] = measured(page, server, times, tag, ("badge", "stored"), after=undo)
        table["an unrelated click"] = measured(page, server, times, toggle_log, ("agreed",))
        print("\n" + "\n".join(as_table({what: found.cells() for what, found in table.items()})) + "\n")
        print(f"memory of the server, one session: {_memory(server)}", flush=True)
        if sessions > 1:
            for _session in range(sessions - 1):
                opened(browser, server, path, stack)
            print(f"memory of the server, {sessions} sessions: {_memory(server)}")


def as_table(columns: dict[str, dict[str, str]]) -> Iterator[str]:
    """A table of Markdown: a column for each action, a row for each step that any of them has."""
    ends = [name for name in next(iter(columns.values())) if ", ms" not in name or "processor" in name]
    rows = [f"{title}, ms" for title in STEPS.values()] + ends
    yield f"| | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {row} | {' | '.join(cells.get(row, '') for cells in columns.values())} |"


def opened(browser: Any, server: Server, path: str, stack: ExitStack) -> Any:
    """Explore in a browser of its own, drawn and at rest."""
    context = browser.new_context(viewport=VIEWPORT)
    stack.callback(context.close)
    page = context.new_page()
    page.add_init_script(MARKS)
    page.set_default_timeout(LIMIT_MS)
    page.goto(server.address(path))
    _until(page, "ready", "pictures")
    _rest(server)
    return page


def measured(
    page: Any,
    server: Server,
    times: int,
    act: Callable[[Any, int], None],
    steps: tuple[str, ...],
    after: Callable[[Any], None] | None = None,
) -> Measured:
    """An action, again and again; `after` takes it back."""
    found = Measured({step: [] for step in steps})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for repetition in range(times):
        with _sent(page) as sent:
            page_before, server_before = _page_seconds(session), server.cpu_seconds()
            act(page, repetition)
            _until(page, *steps)
            marks = page.evaluate("({...window.hemMarks})")
            _rest(server)
        for step in steps:
            found.ms[step].append(marks[step] - marks["begin"])
        found.page_ms.append(1000 * (_page_seconds(session) - page_before))
        found.server_ms.append(1000 * (server.cpu_seconds() - server_before))
        found.columns.append(sum("/hem/column/" in address for address in sent["addresses"]))
        found.sent_kb.append(sent["bytes"] / 1000)
        if after:
            after(page)
            _rest(server)
    return found


# --- what a hand does ---


def lasso(page: Any, repetition: int) -> None:
    """Draw a polygon on the map."""
    box = page.locator(".hem-catcher").bounding_box()
    moved = 0.004 * repetition
    points = [(box["x"] + box["width"] * (x + moved), box["y"] + box["height"] * (y + moved)) for x, y in LASSO]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()
    _until(page, "painted", "agreed")


def escape(page: Any) -> None:
    """Take the selection away."""
    page.keyboard.press("Escape")
    page.wait_for_selector(".hem-explorer[data-selected='0']")


def filter_(page: Any, repetition: int) -> None:
    """Click a line of the reasons, or of the given classes: another one each time."""
    reasons = page.locator("[data-column=reason] .hem-line")
    lines = reasons if reasons.count() > 1 else page.locator("[data-column=label] .hem-line")
    lines.nth(repetition % lines.count()).click()


def clear(page: Any) -> None:
    """Take the filters away."""
    page.get_by_role("button", name="Clear all").click()
    page.wait_for_function("document.querySelector('.hem-explorer').dataset.filtered === "
                           "document.querySelector('.hem-explorer').dataset.scope")  # fmt: skip


def turn(page: Any, _repetition: int) -> None:
    """The next page of the gallery."""
    page.get_by_role("button", name="next page").click()


def tag(page: Any, _repetition: int) -> None:
    """Tag all that is selected."""
    page.locator(".hem-actions .hem-button[data-tag]").first.click()


def undo(page: Any) -> None:
    """Take the tags away."""
    page.locator(".hem-note button", has_text="Undo").click()
    page.locator(".hem-note", has_text="Redo").wait_for()
    page.locator(".hem-note").get_by_role("button", name="close").click()


def toggle_log(page: Any, _repetition: int) -> None:
    """Other counts of the histogram: Python hears of it and answers, and nothing new is needed."""
    page.get_by_role("button", name="log counts").click()


# --- the instruments ---


@contextmanager
def on_server(run: Path) -> Iterator[Server]:
    """A new server with this run alone."""
    with (
        tempfile.TemporaryDirectory() as folder,
        borrowed(run, Path(folder) / "workspace") as workspace,
        served(workspace) as server,
    ):
        yield server


@contextmanager
def _sent(page: Any) -> Iterator[dict[str, Any]]:
    """Addresses that a page asks for, and the bytes that it is sent."""
    found: dict[str, Any] = {"addresses": [], "bytes": 0}

    def response(answer: Any) -> None:
        found["addresses"].append(answer.url)
        found["bytes"] += int(answer.headers.get("content-length", 0))

    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def frame(event: dict[str, Any]) -> None:
        found["bytes"] += len(event["response"]["payloadData"]) * 3 / 4  # base64

    session.on("Network.webSocketFrameReceived", frame)
    page.on("response", response)
    yield found
    page.remove_listener("response", response)
    session.detach()


def _page_seconds(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def _until(page: Any, *steps: str) -> None:
    page.wait_for_function("steps => steps.every((step) => step in window.hemMarks)", arg=list(steps), timeout=LIMIT_MS)


def _rest(server: Server) -> None:
    """Wait until the server has nothing to do."""
    before, since = server.cpu_seconds(), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        time.sleep(0.05)
        now = server.cpu_seconds()
        if now > before:
            before, since = now, time.monotonic()


def _memory(server: Server) -> str:
    return (
        f"{server.memory_mb():,.0f} MB, {server.memory_mb('RssAnon'):,.0f} MB of it not mapped from files; "
        f"{server.private_mb():,.0f} MB that no other process shares"
    )


def _range(values: Any, digits: int = 0) -> str:
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def _load() -> str:
    return f"{' '.join(f'{one:.1f}' for one in os.getloadavg())} on {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
