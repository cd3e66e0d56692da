"""Examples with several labels in a real browser: tags are toggled by their digits, and Enter confirms the set."""

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.store.workspace import open_workspace

from .conftest import Site

pytestmark = pytest.mark.browser
TAGS = ["beach", "field", "urban"]


@pytest.fixture(scope="module")
def made_workspace(tmp_path_factory):
    """The run `scenes`: 60 rows of features with up to three tags, predicted elsewhere."""
    folder, chance = tmp_path_factory.mktemp("tags"), np.random.default_rng(0)
    given = chance.random((60, 3)) < 0.4
    probs = np.where(given, 0.9, 0.1) + 0.08 * chance.random((60, 3))
    probs[0] = [0.1, 0.95, 0.1]
    given[0] = [True, False, False]
    labels = ["|".join(np.array(TAGS)[row]) or "field" for row in given]
    frame = pd.DataFrame(probs, columns=[f"prob_{name}" for name in TAGS]).assign(labels=labels)
    frame.insert(0, "id", [f"scene-{row:02d}" for row in range(60)])
    frame.to_csv(folder / "scenes.csv", index=False)
    options = {"task": "multilabel", "has_map": False, "sample": "out-of-sample", "classes": TAGS}
    hem_core.score(None, folder / "scenes.csv", out=folder / "runs" / "scenes", **options)
    return folder


def verdicts(folder, level="examples"):
    log = open_workspace(folder).tags().level(level)
    return log.state("scenes")[["id", "tag", "value"]].to_numpy().tolist()


def wait_saved(page, done):
    page.wait_for_selector(f".hem-review header.head[data-waiting='0'][data-done='{done}']")


def test_digits_toggle_tags_enter_confirms_the_set_and_undo_takes_it_back(site: Site, opened):
    page = opened("review?run=scenes&example=scene-00")
    page.wait_for_selector(".hem-review .body[data-id='scene-00'] .look")
    chips = page.locator(".hem-review .tagset [data-tag]")
    assert chips.all_inner_texts() == ["1\nbeach\n10%", "2\nfield\n95%", "3\nurban\n10%"]
    page.keyboard.press("1")
    page.keyboard.press("2")
    assert page.locator(".tagset .on").all_inner_texts() == ["2\nfield\n95%"]
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    assert verdicts(site.folder) == [["scene-00", "mislabelled", "field"]]
    page.keyboard.press("u")
    page.wait_for_selector(".hem-review .body[data-id='scene-00'] .look")
    wait_saved(page, 0)
    assert verdicts(site.folder) == []
    page.wait_for_selector(".tagset .on[data-tag='beach']")
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    assert verdicts(site.folder) == [["scene-00", "right", ""]]


def test_a_tag_is_found_by_typing_and_other_verdicts_take_shift(site: Site, opened):
    page = opened("review?run=scenes&example=scene-00")
    page.wait_for_selector(".hem-review .body[data-id='scene-00'] .look")
    page.keyboard.press("/")
    page.keyboard.type("urb")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tagset .on[data-tag='urban']")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    page.keyboard.press("Shift+Digit7")
    wait_saved(page, 2)
    found = verdicts(site.folder)
    assert found[0] == ["scene-00", "mislabelled", "beach|urban"]
    assert found[1][1] == "skip"


def test_blind_review_hides_the_set_and_is_not_offered_for_single_tags(site: Site, opened):
    page = opened("review?run=scenes&example=scene-00")
    page.wait_for_selector(".hem-review .body[data-id='scene-00'] .look")
    page.keyboard.press("b")
    page.wait_for_selector(".hem-review .body.is-blind .look")
    assert page.locator(".tagset [data-tag]").all_inner_texts() == ["1\nbeach", "2\nfield", "3\nurban"]
    assert page.locator(".tagset .on").count() == 0
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    assert verdicts(site.folder) == [["scene-00", "mislabelled", "field"]]
    page.goto(site.address("review?run=scenes&level=tags&example=scene-00%231"))
    page.wait_for_selector(".hem-review .body[data-id='scene-00#1'] .look")
    assert page.get_by_role("button", name="blind").is_disabled()
    page.get_by_role("button", name="missing: add the tag").wait_for()


def test_a_wrong_tag_takes_one_key_on_the_level_of_tags(site: Site, opened):
    page = opened("review?run=scenes&level=tags&example=scene-00%231")
    page.wait_for_selector(".hem-review .body[data-id='scene-00#1'] .look")
    page.get_by_role("button", name="missing: add the tag").wait_for()
    page.keyboard.press("2")
    wait_saved(page, 1)
    assert verdicts(site.folder, "tags") == [["scene-00#1", "mislabelled", "field"]]
