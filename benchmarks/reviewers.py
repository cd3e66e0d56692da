"""People who review at the same time, each in a browser of their own: what is lost, what two people get, how long the
server takes.

    python benchmarks/reviewers.py WORKSPACE/runs/RUN [--people 20] [--minutes 5] [--queues mixed,suspects]

Headless Chromium, a context a person, each with a name typed in, judging by keys at one verdict in 1 to 3 seconds, with
undo, skip, going back and a reload now and then. The browsers run at the lowest priority: in use they are on other
machines. The server is the app as `hem app` starts it; its answers are timed in
its own process, from the arrival of a request to its last byte. What the pages say was done is compared with the tag
log. The run is read where it is; tags go to a workspace of the benchmark's own, or with --tags-url to a database, which
must have none of this data yet. Runs on Linux, where memory and processor time come from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _people import RECORDER, RELOAD, Seen, agreement, can_undo, habits, judged_by_two, on_two_screens, told
from _served import QUIET, Server, borrowed, chromium_program, served

VIEWPORT = {"width": 1280, "height": 800}
PAGES_NICE = 19
"""The browsers of twenty people need more than two cores have, and in use they run on other machines: the server does
not wait for them."""
KEY_SECONDS = 0.25
"""Between two keys of one verdict."""
LIMIT_MS = 120_000
READY = ".hem-review .body[data-row]"
SAVED = ".hem-review header.head[data-waiting='0'][data-refused='0']"
ANSWERS = {
    "tags": "a verdict",
    "claim": "a claim",
    "detail": "details",
    "judged": "what others said",
    "undo": "an undo",
}


@dataclass
class Gauge:
    """The server at one moment."""

    seconds: float
    memory_mb: float
    own_mb: float
    cpu_seconds: float
    load: float


@dataclass
class Watch:
    """The server over the minutes."""

    server: Server
    begun: float = field(default_factory=time.monotonic)
    gauges: list[Gauge] = field(default_factory=list)

    def look(self) -> None:
        """Note where it stands."""
        memory = self.server.memory_mb(), self.server.memory_mb("RssAnon")
        spent = time.monotonic() - self.begun
        self.gauges.append(Gauge(spent, *memory, self.server.cpu_seconds(), os.getloadavg()[0]))


def main() -> None:
    """Let people review a run, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="WORKSPACE/runs/RUN; of a whole workspace, its first run")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seconds", default="1-3", help="between two verdicts of one person, at random")
    parser.add_argument("--queues", default="mixed,suspects", help="the queues that people take in turn")
    parser.add_argument("--tags-url", help="a database for the tags, postgresql+psycopg://…, instead of SQLite")
    options = parser.parse_args()
    if options.tags_url:
        os.environ["HEM_TAGS_URL"] = options.tags_url
    run = options.run if (options.run / "run.json").is_file() else next((options.run / "runs").iterdir())
    with tempfile.TemporaryDirectory() as folder, borrowed(run, Path(folder) / "workspace") as workspace:
        times = Path(folder) / "times"
        times.touch()
        with served(workspace, person="", times=times) as server:
            found = asyncio.run(_reviewing(server, times, run.name, options))
        print("\n".join(report(*found, times, workspace, run.name)))


async def _reviewing(server: Server, times: Path, run: str, options: argparse.Namespace) -> tuple[list[Seen], Watch]:
    from playwright.async_api import async_playwright

    names = [f"person {k + 1}" for k in range(options.people)]
    queues, pace = options.queues.split(","), tuple(map(float, options.seconds.split("-")))
    os.nice(PAGES_NICE)  # of this process and the browsers that it starts; the server runs already
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=chromium_program(), args=QUIET)
        pages = []
        for k, name in enumerate(names):
            pages.append(await _opened(browser, server, name, f"review?run={run}&queue={queues[k % len(queues)]}"))
        print(f"{len(pages)} people are there; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        times.write_text("")  # what opening took is no answer to a reviewer
        people, watch = [Seen(name) for name in names], Watch(server)
        end = time.monotonic() + 60 * options.minutes
        both = zip(pages, people, strict=True)
        work = [_judge(page, one, random.Random(one.person), pace, end) for page, one in both]
        await asyncio.gather(_watch(watch, end), *work)
        await browser.close()
    return people, watch


async def _opened(browser: Any, server: Server, name: str, path: str) -> Any:
    """Review, in the browser of somebody who has just typed a name."""
    context = await browser.new_context(viewport=VIEWPORT)
    page = await context.new_page()
    page.set_default_timeout(LIMIT_MS)
    await page.goto(server.address("hem/name"))
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Sign").click()
    await page.wait_for_url("**/")
    await page.add_init_script(RECORDER)
    await page.goto(server.address(path))
    await page.wait_for_selector(READY)
    return page


async def _judge(page: Any, seen: Seen, chance: random.Random, pace: tuple[float, ...], end: float) -> None:
    await asyncio.sleep(chance.uniform(0, pace[1]))
    for done in habits(chance):
        await page.wait_for_selector(f"{READY}, .hem-review .finished")  # nobody judges what is not there yet
        if time.monotonic() >= end or await page.locator(".hem-review .finished").count():
            break
        if done == (RELOAD,):
            seen.take(await page.evaluate("hemJournal()"), is_left=True)
            await page.reload()
            await page.wait_for_selector(READY)
        else:
            await _press(page, seen, done)
        await asyncio.sleep(chance.uniform(*pace) - KEY_SECONDS * (len(done) - 1))
    await page.wait_for_selector(SAVED)
    seen.take(await page.evaluate("hemJournal()"), is_left=True)


async def _press(page: Any, seen: Seen, keys: tuple[str, ...]) -> None:
    if keys == ("u",):
        seen.take(await page.evaluate("hemJournal()"))
        if not can_undo(seen.actions()):
            return
    for k, key in enumerate(keys):
        if k:
            await asyncio.sleep(KEY_SECONDS)
        await page.keyboard.press(key)


async def _watch(watch: Watch, end: float) -> None:
    while True:
        watch.look()
        left = end - time.monotonic()
        if left <= 0:
            return
        await asyncio.sleep(min(60, left))


def report(people: list[Seen], watch: Watch, times: Path, workspace: Path, run: str) -> Iterator[str]:
    """The lines of the tables."""
    from hem_core.store.workspace import open_workspace

    home = open_workspace(workspace)
    opened = home.run(run)
    found = agreement(people, home.tags(), opened.data, opened.table(["id"])["id"].astype(str).tolist())
    two, screens = judged_by_two(people), on_two_screens(people)
    seconds = watch.gauges[-1].seconds
    database = os.environ.get("HEM_TAGS_URL", "SQLite").partition(":")[0]
    yield f"\n{len(people)} people, {seconds / 60:.1f} minutes, {opened.n:,} examples, tags in {database};"
    yield f"their browsers run at the lowest priority (nice {PAGES_NICE}), since in use they are on other machines\n"
    yield "| | |\n|---|---|"
    yield f"| verdicts in the pages | {found.made:,} ({found.made / seconds:.1f} a second) |"
    yield f"| verdicts in the log | {found.stored:,} |"
    yield f"| undone | {found.undone:,} |"
    yield f"| lost | {len(found.lost):,} |\n| double | {len(found.double):,} |"
    yield f"| examples with verdicts of two people | {len(two):,} |"
    yield f"| examples on two screens at the same time | {len(screens):,} |"
    yield from ("", *_answers(people, times), "", *_memory(watch))
    for title, some in (("lost", found.lost), ("double", found.double), ("two screens", screens), ("two", two)):
        if some:
            yield f"\n{title}: {list(some)[:20]}"
    for row in two[:20]:
        yield from (f"\nrow {row}", *told(people, row))
        past = home.tags().history(opened.data, id=str(opened.table(["id"])["id"].iloc[row]))
        for at, *what in past[["at", "who", "action", "tag"]].itertuples(index=False):
            yield f"stored {at.timestamp() % 1000:.1f} {' '.join(what)}"


def _answers(people: list[Seen], times: Path) -> Iterator[str]:
    """How long each kind of answer took, in the server and as the pages saw it."""
    lines = [line.split() for line in times.read_text().splitlines()]
    bad = [line for line in lines if line[1] != "200"]
    yield "| answer | number | server p50, ms | p95 | p99 | page p50, ms | p95 | p99 |"
    yield "|---|---|---|---|---|---|---|---|"
    for what, title in ANSWERS.items():
        inside = [float(ms) for name, _status, ms in lines if name == what]
        outside = [ms for one in people for name, ms in one.answers if name == what]
        cells = [f"{_part(values, p):,.0f}" for values in (inside, outside) for p in (50, 95, 99)]
        yield f"| {title} | {len(inside):,} | {' | '.join(cells)} |"
    yield f"\nAnswers that were refused or failed: {len(bad)} {sorted({(what, status) for what, status, _ in bad})}"


def _part(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _memory(watch: Watch) -> Iterator[str]:
    yield "| minute | memory of the server, MB | not mapped from files, MB | its processor, % of a core | load |"
    yield "|---|---|---|---|---|"
    before = None
    for one in watch.gauges:
        spent = one.seconds - before.seconds if before else 0
        busy = f"{100 * (one.cpu_seconds - before.cpu_seconds) / spent:.0f}" if before and spent > 1 else ""
        yield f"| {one.seconds / 60:.1f} | {one.memory_mb:,.0f} | {one.own_mb:,.0f} | {busy} | {one.load:.1f} |"
        before = one


if __name__ == "__main__":
    main()
