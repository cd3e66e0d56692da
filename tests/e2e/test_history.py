"""History in a browser: what this window did is marked, and a reversed verdict is open again in Review."""

import pytest

from hem_core.store.tag_pages import Wanted
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


def test_the_first_of_two_verdicts_is_reversed_and_open_again(site, opened):
    page = opened("review")
    ids = []
    for done in (1, 2):
        body = page.locator(".hem-review main.body[data-id]")
        page.wait_for_selector(".hem-review .body[data-id] .look")
        ids.append(body.get_attribute("data-id"))
        page.keyboard.press("2")
        page.wait_for_selector(f".hem-review header.head[data-waiting='0'][data-done='{done}']")
    page.get_by_role("link", name="History").click()
    lines = page.locator(".hem-past")
    lines.nth(1).wait_for()
    assert ids[1] in lines.nth(0).inner_text()
    assert ids[0] in lines.nth(1).inner_text()
    page.wait_for_selector(".hem-past em:has-text('this window')")
    page.get_by_role("button", name="Reverse").nth(1).click()
    page.get_by_text(f"Takes “hard, keep” off {ids[0]}.").wait_for()
    page.locator(".st-key-history_reverse button").click()
    page.get_by_text("1 example changed").wait_for()
    page.wait_for_selector(".hem-past .is-undone")
    page.get_by_role("button", name="Open").nth(2).click()
    page.wait_for_selector(f".hem-review .body[data-id='{ids[0]}'] .look")
    page.wait_for_selector(".hem-review header.head[data-done='1']")
    home = open_workspace(site.folder)
    log = home.tags()
    data = home.run("animals").data
    assert log.state(data)["id"].tolist() == [ids[1]]
    events = log.pages(data).read(Wanted())
    assert len({event.window_id for event in events}) == 1
    assert events[0].window_id
