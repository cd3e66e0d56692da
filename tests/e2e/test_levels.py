"""A run with a second level in a real browser: a part is judged, leads to its example, and that to its parts."""

import numpy as np
import pandas as pd
import pytest

from hem_core.store.level_write import name_level, write_level
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


def add_halves(home):
    """Two parts of each of the 600 examples, the second one wrong; without pictures."""
    examples = open_run(home).table(["id", "label"])
    n = 2 * len(examples)
    rank = ((np.arange(n) + 0.5) * 100 / n).astype(np.float32)
    given = np.repeat(examples["label"].to_numpy(object), 2)
    table = {
        "id": [f"{id}#p{side}" for id in examples["id"] for side in (0, 1)],
        "example": np.repeat(examples["id"].to_numpy(object), 2),
        "given": given,
        "predicted": given,
        "error": np.arange(n) % 2.0,
        "loss": rank / 10,
        "difficulty": rank,
        "reason": np.where(np.arange(n) % 2, "rare", "easy"),
    }
    write_level(home, "halves", pd.DataFrame(table))
    name_level(home, "halves")


def test_a_part_is_judged_and_leads_to_its_example_and_that_to_its_parts(site, opened):
    add_halves(site.folder / "runs" / "animals")
    page = opened("review?run=animals&level=halves&example=animal-003%23p1")
    page.wait_for_selector(".hem-review .body[data-id='animal-003#p1'] .look")
    page.keyboard.press("2")
    page.wait_for_selector(".hem-review header.head[data-waiting='0'][data-done='1']")
    log = open_workspace(site.folder).tags()
    assert log.level("halves").state("animals")[["id", "tag"]].to_numpy().tolist() == [["animal-003#p1", "hard"]]
    assert not len(log.state("animals"))
    page.goto(site.address("review?run=animals&level=halves&example=animal-003%23p1"))
    page.get_by_role("link", name="part of animal-003").click()
    page.wait_for_selector(".hem-review .body[data-id='animal-003'] .look")
    page.get_by_role("link", name="2 halves").click()
    page.wait_for_selector(".hem-explorer[data-ready][data-filtered='2']")
    assert page.get_by_text("1,200 halves").count()
    assert page.locator(".hem-scope").inner_text() == "applies to 2 filtered of 1,200 halves"
    assert page.locator(".hem-explorer").get_by_text("examples").all_inner_texts() == []
