import json
import time

import pytest

from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def review(site, opened):
    """The workspace's folder and the page Review, ready for keys."""
    return site.folder, ready(opened("review"))


def ready(page):
    page.wait_for_selector(".hem-review .look")
    return page


def head(page):
    return page.locator(".hem-review header.head")


def shown(page):
    return page.locator(".hem-review main.body").get_attribute("data-id")


def wait_saved(page, done):
    page.wait_for_selector(f".hem-review header.head[data-waiting='0'][data-done='{done}']")


def press(page, keys, pause_ms=20):
    for key in keys:
        page.keyboard.press(key)
        time.sleep(pause_ms / 1000)


def verdicts(folder):
    home = open_workspace(folder)
    return home.tags().state(home.run("animals").data)


def test_eleven_keys_at_twenty_milliseconds_are_eleven_verdicts(review):
    folder, page = review
    press(page, "13456134561")
    wait_saved(page, 11)
    state = verdicts(folder)
    assert len(state) == 11
    assert state["tag"].value_counts().to_dict() == {
        "hard": 3, "ambiguous": 2, "outlier": 2, "duplicate": 2, "skip": 2}  # fmt: skip
    assert set(state["who"]) == {"anna"}


def test_the_next_example_is_there_at_once(review):
    _, page = review
    page.wait_for_timeout(500)
    seen = [shown(page)]
    for _ in range(5):
        press(page, "1", 0)
        seen.append(shown(page))
    assert len(set(seen)) == 6


def test_two_and_enter_gives_the_suggested_class(review):
    folder, page = review
    first = shown(page)
    press(page, ["2", "Enter"], 50)
    wait_saved(page, 1)
    row = verdicts(folder).iloc[0]
    home = open_workspace(folder).run("animals")
    example = home.table().set_index("id").loc[first]
    assert (row["id"], row["tag"]) == (first, "mislabelled")
    other = next(name for name in home.classes if name != example["label"])
    assert row["value"] == (example["predicted"] if example["predicted"] != example["label"] else other)


def test_two_then_a_click_on_a_class_with_hostile_letters(review):
    folder, page = review
    press(page, "2", 50)
    choices = page.locator(".hem-review .choices .choice")
    name = choices.nth(1).get_attribute("title")
    choices.nth(1).click()
    wait_saved(page, 1)
    assert verdicts(folder)["value"].tolist() == [name]


def test_letters_search_a_class_and_digits_in_the_search_are_not_verdicts(review):
    folder, page = review
    press(page, "2", 50)
    press(page, "fo1", 50)
    assert page.locator(".hem-review .choices .choice").count() == 0
    press(page, ["Escape"], 50)
    page.wait_for_timeout(200)
    assert len(verdicts(folder)) == 0


def test_undo_goes_back_to_the_example_and_takes_the_verdict_away(review):
    folder, page = review
    first = shown(page)
    press(page, "1")
    wait_saved(page, 1)
    press(page, "u")
    wait_saved(page, 0)
    assert shown(page) == first
    assert len(verdicts(folder)) == 0


def test_a_key_typed_ahead_of_the_server_is_undone_in_order(review):
    folder, page = review
    press(page, "11u4", 5)
    wait_saved(page, 2)
    assert sorted(verdicts(folder)["tag"]) == ["hard", "outlier"]


def test_after_a_reload_it_goes_on_where_it_stopped_and_undo_still_works(review):
    folder, page = review
    press(page, "111")
    wait_saved(page, 3)
    last = shown(page)
    page.reload()
    ready(page)
    wait_saved(page, 3)
    assert shown(page) == last
    press(page, "u")
    wait_saved(page, 2)
    assert len(verdicts(folder)) == 2


def test_what_the_server_could_not_take_is_kept_over_a_reload_and_sent_then(review):
    folder, page = review
    page.route("**/hem/tags", lambda route: route.abort())
    press(page, "14")
    page.wait_for_timeout(300)
    assert head(page).get_attribute("data-waiting") == "2"
    page.unroute("**/hem/tags")
    page.evaluate("window.stop()")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    ready(page)
    page.wait_for_function("Object.keys(localStorage).every((key) => !key.startsWith('hem-outbox:'))")
    page.wait_for_timeout(300)
    assert sorted(verdicts(folder)["tag"]) == ["hard", "outlier"]


def test_keys_typed_into_a_field_are_letters(review):
    folder, page = review
    page.get_by_role("combobox").first.click()
    press(page, "111")
    page.wait_for_timeout(300)
    assert len(verdicts(folder)) == 0


def test_blind_hides_label_and_prediction_until_the_verdict(review):
    _, page = review
    press(page, "b", 50)
    assert page.locator(".hem-review .labels.hidden").is_visible()
    assert page.locator(".hem-review .why").count() == 0
    press(page, "1", 50)
    press(page, ["ArrowLeft"], 50)
    assert page.locator(".hem-review .labels .pair").is_visible()


def test_the_keys_are_printed_on_the_buttons_and_listed(review):
    _, page = review
    printed = page.locator(".hem-review footer kbd").all_inner_texts()
    assert printed == ["1", "2", "3", "4", "5", "6", "0", "U", "←", "→"]
    press(page, "?", 50)
    assert page.locator(".hem-review .help dt").count() == 12


def test_all_columns_of_an_example_can_be_unfolded(review):
    _, page = review
    page.locator(".hem-review details.columns summary").click()
    said = dict(
        zip(
            page.locator(".hem-review .columns dt").all_inner_texts(),
            page.locator(".hem-review .columns dd").all_inner_texts(),
            strict=True,
        )
    )
    assert said["id"] == shown(page)
    assert said["night"] in ("true", "false")


def test_the_end_of_the_queue_is_said(opened):
    page = ready(opened('review?queue=filter&rule={"all":[{"column":"difficulty","min":98,"max":null}]}'))
    press(page, "1" * 12, 5)
    wait_saved(page, 12)
    assert page.get_by_text("Nothing left in this queue").is_visible()


def test_a_picture_that_was_moved_is_said_and_its_thumbnail_shown(site, opened):
    path = site.folder / "runs" / "animals" / "run.json"
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, "data": {**info["data"], "root": str(site.folder / "gone")}}))
    page = ready(opened("review"))
    page.wait_for_selector(".hem-review .moved")
    assert "were the data moved?" in page.locator(".hem-review .moved").inner_text()
    assert page.locator(".hem-review .frame img").is_visible()


def test_two_people_get_different_examples_and_see_each_others_verdicts(site, opened):
    ben, anna = ready(opened("review", person="ben")), ready(opened("review"))
    ben.reload()
    ready(ben)
    assert shown(ben) != shown(anna)
    press(ben, "111")
    press(anna, "444")
    wait_saved(ben, 3)
    wait_saved(anna, 3)
    state = verdicts(site.folder)
    assert len(state) == 6
    assert sorted(state["who"]) == ["anna"] * 3 + ["ben"] * 3
