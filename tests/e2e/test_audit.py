"""An audit by keys: blind, counted, its interval narrower with each bin, and an end when enough is known."""

import re

import pytest

from hem_core.store.workspace import open_workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ENOUGH = 25.0
"""Points of a percentage: the widest that can be asked for."""


def test_an_audit_is_judged_blind_by_keys_counts_down_and_says_when_to_stop(site, opened):
    home = open_workspace(site.folder)
    run = home.run("animals")
    label = dict(zip(run.table(["id"])["id"], run.table(["label"])["label"], strict=True))
    ids, classes = list(label), list(run.classes)
    page = opened("review?queue=audit")
    head, body = page.locator(".hem-review header.head"), page.locator(".hem-review main.body")
    page.wait_for_selector(".hem-review .body.is-blind[data-row]")
    page.get_by_text("share of wrong labels not known yet").first.wait_for()
    assert counts(head)[0] == 0
    seen = []
    for turn in range(6):
        row = body.get_attribute("data-row")
        right = label[ids[int(row)]]
        name = right if turn else next(one for one in classes if one != right)
        page.locator(f".hem-review .choice[title='{name}']").wait_for()
        page.keyboard.press(page.locator(f".hem-review .choice[title='{name}'] kbd").inner_text())
        page.get_by_text(f"You said {name}").wait_for()
        page.wait_for_function(DRAWN, arg=turn + 1)
        seen.append(counts(head))
        page.keyboard.press("ArrowRight")  # not to wait until the label was read
        page.wait_for_selector(f".hem-review .body.is-blind[data-row]:not([data-row='{row}'])")
    assert [drawn for drawn, _left in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-1][1] < seen[0][1]  # one wrong label of six needs fewer than one of one
    state = home.tags().state(run.data)
    assert sorted(state["tag"]) == ["mislabelled", *["right"] * 5]
    page.get_by_label("Points of a percentage").fill(str(ENOUGH))
    page.get_by_label("Points of a percentage").press("Enter")
    page.get_by_text(re.compile(rf"to ± {ENOUGH:g} points")).wait_for()


DRAWN = """n => [...document.querySelectorAll('*')].some((one) =>
  one.shadowRoot?.querySelector('.hem-review header.head .count b')?.textContent === String(n))"""


def counts(head):
    """How many were reviewed, and about how many are left, as the head says."""
    text = head.locator(".count").inner_text().replace(",", "")
    found = re.fullmatch(r"(\d+) reviewed in this audit about (\d+) more", text)
    assert found, text
    return int(found[1]), int(found[2])
