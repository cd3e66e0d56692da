"""Three people review one queue at the same time: nothing lost, nothing stored twice, nobody gets another's example."""

import random
import sys
from pathlib import Path

import pytest

from hem_core.store.workspace import open_workspace

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from _people import RECORDER, RELOAD, Seen, agreement, can_undo, habits, judged_by_two, on_two_screens

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROUNDS = 14
READY = ".hem-review .body[data-row]"
SAVED = ".hem-review header.head[data-waiting='0'][data-refused='0']"


def test_what_three_people_say_is_stored_once_and_no_example_is_on_two_screens(site, opened):
    people = {name: Seen(name) for name in ("ann", "ben", "cem")}
    pages = {name: opened("review?queue=suspects", person=name, script=RECORDER) for name in people}
    doing = {name: habits(random.Random(name)) for name in people}
    for page in pages.values():
        page.wait_for_selector(READY)
    for turn in range(ROUNDS):
        for name, page in pages.items():
            do(page, people[name], (RELOAD,) if turn == 7 and name == "ben" else next(doing[name]))
    for name, page in pages.items():
        page.wait_for_selector(SAVED)
        people[name].take(page.evaluate("hemJournal()"), is_left=True)
    home = open_workspace(site.folder)
    run = home.run("animals")
    seen = list(people.values())
    found = agreement(seen, home.tags(), run.data, run.table(["id"])["id"].tolist())
    assert (found.lost, found.double) == ((), ())
    assert (found.stored, found.made > ROUNDS) == (found.made, True)
    assert (judged_by_two(seen), on_two_screens(seen)) == ([], [])
    assert {row for one in seen for _from, _to, row in one.screen} > {
        one.row for each in seen for one in each.actions()
    } - {-1}


def do(page, seen, done):
    page.wait_for_selector(READY)
    if done == (RELOAD,):
        seen.take(page.evaluate("hemJournal()"), is_left=True)
        page.reload()
        page.wait_for_selector(READY)
        return
    if done == ("u",):
        seen.take(page.evaluate("hemJournal()"))
        if not can_undo(seen.actions()):
            return
    for key in done:
        page.keyboard.press(key)
