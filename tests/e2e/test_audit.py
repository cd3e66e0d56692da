"""An audit by keys: blind from the first row to the stop rule, with the numbers of hem_core on screen."""

import re

import pytest

from hem_core.labels.audit import PILOT, shares
from hem_core.labels.audits import audit_of
from hem_core.store.workspace import open_workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN, CONFIDENCE, POINTS = "animals", 0.95, 25
WRONG = {1, 3}
"""Which of anna's answers are not the given label."""


class Desk:
    """What anna sees and does."""

    def __init__(self, page, labels, classes):
        self.page, self.labels, self.classes, self.judged = page, labels, classes, []

    def row(self):
        """The row that is asked about, once it is another one than those before."""
        body = self.page.locator(".hem-review main.body.is-blind")
        rows = "".join(f":not([data-row='{row}'])" for row in self.judged)
        self.page.locator(f".hem-review main.body.is-blind[data-row]{rows}").wait_for()
        assert body.get_attribute("data-id") is None
        return int(body.get_attribute("data-row"))

    def answer(self, *, is_right):
        """Press the key of a class, read the label that is shown then, and go on."""
        row = self.row()
        given = self.classes.index(self.labels[row])
        self.page.keyboard.press(str((given + (not is_right)) % len(self.classes) + 1))
        told = (
            "so does the given label" if is_right else f"the given label is {self.labels[row]}: stored as label wrong"
        )
        self.page.get_by_text(told).wait_for()
        self.judged.append(row)
        self.page.keyboard.press("Enter")

    def head(self):
        return self.page.locator(".hem-review header.head")


def audit(site):
    home = open_workspace(site.folder)
    return audit_of(home.run(RUN).examples, home.tags(), CONFIDENCE)


def percent(share):
    return f"{100 * share:.1f}%"


def cells(page):
    """The table of the bins as text, a list a row."""
    page.get_by_text("Bins", exact=True).click()
    table = page.get_by_test_id("stDataFrame").last
    table.locator("td").first.wait_for(state="attached")
    rows = [row.locator("td").all_text_contents() for row in table.locator("tbody tr").all()]
    page.keyboard.press("Escape")
    return rows


def judge_as_bob(site, ids, found):
    """What another reviewer found in the same audit, one by one: all labels are right."""
    home = open_workspace(site.folder)
    for id in ids:
        home.tags().add(home.run(RUN).data, [id], "right", who="bob", rule={"audit": found.frame.key})


def test_an_audit_goes_from_its_rule_over_blind_keys_and_a_reload_to_its_end(site, opened):
    run = open_workspace(site.folder).run(RUN)
    desk = Desk(opened("review"), run.table(["label"])["label"].tolist(), run.info["classes"])
    desk.page.get_by_text("Audit", exact=True).click()
    desk.row()
    rule = desk.page.get_by_label("Points of a percentage")
    rule.fill(str(POINTS))
    rule.press("Enter")
    desk.head().get_by_text(f"to ± {POINTS} points").wait_for()
    for k in range(5):  # the first of each bin; the key after Enter in the field is an answer already
        desk.answer(is_right=k not in WRONG)
    desk.head().get_by_text(re.compile(r"^5 reviewed in this audit")).wait_for()
    found = audit(site)
    assert [(one.drawn, one.wrong) for one in found.bins] == [(1, int(k in WRONG)) for k in range(5)]
    total = f"{percent(found.share.share)} wrong ({percent(found.share.low)} to {percent(found.share.high)})"
    desk.head().get_by_text(total).wait_for()
    shown = cells(desk.page)
    for row, one, share in zip(reversed(shown), found.bins, shares(found.bins, CONFIDENCE), strict=True):
        interval = f"{percent(share.low)} to {percent(share.high)}"
        assert row[1:7] == [f"{one.n}", "1", f"{one.wrong}", "0", percent(share.share), interval]

    n_pilot, on_screen = PILOT * len(found.bins), desk.row()
    others = set(found.rows(n_pilot - 5)) - {on_screen}
    judge_as_bob(site, run.table(["id"])["id"].iloc[sorted(others)].tolist(), found)
    desk.page.reload()
    desk.head().get_by_text(re.compile(rf"^{n_pilot - 1} reviewed in this audit, about 1 more")).wait_for()
    assert desk.row() == on_screen
    desk.answer(is_right=True)
    found = audit(site)
    assert found.is_enough(POINTS / 100)
    assert [one.drawn for one in found.bins] == [PILOT] * len(found.bins)
    total = f"{percent(found.share.share)} wrong ({percent(found.share.low)} to {percent(found.share.high)})"
    desk.page.get_by_text(f"Enough: stop. {total}, of 600 examples after {n_pilot} reviews").wait_for()
    desk.page.get_by_role("button", name="See the labels").wait_for()
