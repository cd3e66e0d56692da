import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from app.views.review import blind
from hem_core.store.review_claims import LIFETIME, Holder
from hem_core.store.verdicts import ALL
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def review(site, opened):
    """The workspace's folder and the page Review, ready for keys."""
    return site.folder, ready(opened("review"))


def ready(page):
    page.wait_for_selector(".hem-review .body[data-id] .look")
    return page


def head(page):
    return page.locator(".hem-review header.head")


def shown(page):
    return page.locator(".hem-review main.body").get_attribute("data-id")


def wait_saved(page, done):
    page.wait_for_selector(f".hem-review header.head[data-waiting='0'][data-done='{done}']")


def press(page, keys):
    """Press keys as people do: on what is on screen; before that no key judges."""
    for key in keys:
        page.wait_for_selector(".hem-review .body:not(:has(> .waiting))")
        page.keyboard.press(key)


def verdicts(folder):
    home = open_workspace(folder)
    return home.tags().state(home.run("animals").data)


def tags_of(folder):
    state = verdicts(folder)
    return dict(zip(state["id"], state["tag"], strict=True))


def example_of(folder, id):
    return open_workspace(folder).run("animals").table().set_index("id").loc[id]


def in_address(page, name):
    return (parse_qs(urlsplit(page.url).query).get(name) or [None])[0]


def wait_address(page, name, value):
    page.wait_for_function(
        "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, value]
    )


def go_blind(page):
    press(page, "b")
    page.wait_for_selector(".hem-review .body.is-blind .labels.hidden")
    page.wait_for_selector(".hem-review .frame img")


def place_of(folder, row):
    return blind.places(open_workspace(folder).run("animals").examples)[row]


def shown_row(page):
    return int(page.locator(".hem-review main.body").get_attribute("data-row"))


def note(page):
    return page.locator(".hem-review .note")


# --- verdicts by keys ---


def test_eleven_keys_are_eleven_verdicts(review):
    folder, page = review
    press(page, "12456712567")
    wait_saved(page, 11)
    state = verdicts(folder)
    assert len(state) == 11
    assert state["tag"].value_counts().to_dict() == {
        "right": 2, "hard": 2, "outlier": 2, "duplicate": 2, "skip": 2, "ambiguous": 1}  # fmt: skip
    assert set(state["who"]) == {"anna"}


def test_one_key_says_right_and_goes_to_the_next_example(review):
    folder, page = review
    first = shown(page)
    press(page, "1")
    page.wait_for_selector(f".hem-review .body[data-id]:not([data-id='{first}'])")
    wait_saved(page, 1)
    assert tags_of(folder) == {first: "right"}


def test_three_and_enter_gives_the_suggested_class(review):
    folder, page = review
    first = shown(page)
    press(page, ["3", "Enter"])
    wait_saved(page, 1)
    row = verdicts(folder).iloc[0]
    example = example_of(folder, first)
    assert (row["id"], row["tag"]) == (first, "mislabelled")
    other = next(name for name in open_workspace(folder).run("animals").classes if name != example["label"])
    assert row["value"] == (example["predicted"] if example["predicted"] != example["label"] else other)


def test_three_then_a_click_on_a_class_with_hostile_letters(review):
    folder, page = review
    press(page, "3")
    choices = page.locator(".hem-review .choices .choice")
    name = choices.nth(1).get_attribute("title")
    choices.nth(1).click()
    wait_saved(page, 1)
    assert verdicts(folder)["value"].tolist() == [name]


def test_letters_search_a_class_and_digits_in_the_search_are_not_verdicts(review):
    folder, page = review
    press(page, "3fo1")
    page.get_by_text("no class has this in its name").wait_for()
    press(page, ["Escape", "2"])
    wait_saved(page, 1)
    assert verdicts(folder)["tag"].tolist() == ["hard"]


def test_a_key_held_down_judges_one_example(review):
    folder, page = review
    first = shown(page)
    for _ in range(20):
        page.keyboard.down("1")  # without `up` in between: the browser marks all but the first as repeated
    page.keyboard.up("1")
    press(page, "2")
    wait_saved(page, 2)
    assert sorted(tags_of(folder).values()) == ["hard", "right"]
    assert tags_of(folder)[first] == "right"


def test_control_and_command_with_a_digit_are_no_verdicts(review):
    folder, page = review
    press(page, ["Control+1", "Meta+2", "Alt+4", "5"])
    wait_saved(page, 1)
    assert list(tags_of(folder).values()) == ["outlier"]


def test_keys_work_after_a_click_on_every_button_and_after_a_field_lost_focus(review):
    folder, page = review
    page.locator(".hem-review button", has_text="keys").click()
    page.locator(".hem-sheet").wait_for()
    press(page, ["4", "?"])  # over the example nothing is judged
    page.locator(".hem-review [data-verdict=hard]").click()
    page.get_by_role("combobox").first.click()
    press(page, ["1", "Escape"])
    page.locator(".hem-review .frame").click()
    press(page, "4")
    page.get_by_text("Mixed queue").click()
    press(page, "5")
    wait_saved(page, 3)
    assert sorted(tags_of(folder).values()) == ["ambiguous", "hard", "outlier"]


def test_the_keys_are_printed_on_the_buttons_and_listed(review):
    _, page = review
    printed = page.locator(".hem-review footer kbd").all_inner_texts()
    assert printed == [*(one.key for one in ALL if one.key), "0", "U", "←", "→"]
    press(page, "?")
    listed = page.locator(".hem-sheet dl").first.locator("dt").all_inner_texts()
    assert listed[: len(printed) - 4] == [one.key for one in ALL if one.key]


# --- undo ---


def test_undo_goes_back_to_the_example_takes_the_verdict_away_and_says_so(review):
    folder, page = review
    first = shown(page)
    press(page, "2")
    wait_saved(page, 1)
    press(page, ["Control+z"])
    wait_saved(page, 0)
    note(page).get_by_text(f"Undone: “hard” on {first}.").wait_for()
    assert shown(page) == first
    assert len(verdicts(folder)) == 0


def test_a_key_typed_ahead_of_the_server_is_undone_in_order(review):
    folder, page = review
    press(page, "22u5")
    wait_saved(page, 2)
    assert sorted(verdicts(folder)["tag"]) == ["hard", "outlier"]


def test_after_a_reload_it_resumes_where_it_stopped_and_undo_still_works(review):
    folder, page = review
    press(page, "111")
    wait_saved(page, 3)
    page.wait_for_selector(".hem-review .body[data-id]")
    last = shown(page)
    page.reload()
    ready(page)
    wait_saved(page, 3)
    assert shown(page) == last
    press(page, "u")
    wait_saved(page, 2)
    assert len(verdicts(folder)) == 2


def test_undo_leaves_what_was_done_in_another_window_of_the_same_person(site, opened):
    here = ready(opened("review"))
    press(here, "2")
    wait_saved(here, 1)
    there = ready(opened("review"))
    wait_saved(there, 1)
    press(there, "5")
    wait_saved(there, 2)
    press(here, "u")
    note(here).get_by_text("Undone: “hard”").wait_for()
    assert list(tags_of(site.folder).values()) == ["outlier"]
    press(here, "u")
    note(here).get_by_text("Nothing to undo in this window.").wait_for()
    assert list(tags_of(site.folder).values()) == ["outlier"]


def test_undo_of_what_another_person_has_overridden_says_so_and_keeps_theirs(site, opened):
    page = ready(opened("review"))
    first = shown(page)
    press(page, "2")
    wait_saved(page, 1)
    home = open_workspace(site.folder)
    home.tags().add(home.run("animals").data, [first], "outlier", who="ben")
    press(page, "u")
    note(page).get_by_text("ben said something else about it since; that stays.").wait_for()
    assert tags_of(site.folder) == {first: "outlier"}
    page.locator(".hem-review .frame .verdict", has_text="outlier by ben").wait_for()


# --- two people, two windows ---


def test_what_another_person_says_meanwhile_shows_when_the_window_comes_to_the_front(site, opened):
    page = ready(opened("review"))
    first = shown(page)
    home = open_workspace(site.folder)
    home.tags().add(home.run("animals").data, [first], "mislabelled", who="ben", value="hen")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.locator(".hem-review .frame .verdict", has_text="label wrong → hen by ben").wait_for()
    assert shown(page) == first


def test_a_verdict_over_another_person_s_unseen_one_is_said(site, opened):
    page = ready(opened("review"))
    first = shown(page)
    home = open_workspace(site.folder)
    home.tags().add(home.run("animals").data, [first], "outlier", who="ben")
    press(page, "2")
    note(page).get_by_text("This replaced a tag by ben; undo brings that back.").wait_for()
    press(page, "u")
    page.locator(".hem-review .frame .verdict", has_text="outlier by ben").wait_for()
    assert tags_of(site.folder) == {first: "outlier"}


def test_two_people_share_out_a_queue_and_get_what_a_closed_browser_had(site, opened):
    home = open_workspace(site.folder)
    log, data = home.tags(), home.run("animals").data
    rows = home.run("animals").table().query("difficulty >= 98")["id"].tolist()
    closed = log.claims(data, clock=lambda: time.time() - 1.1 * LIFETIME)
    closed.take(Holder("carl", "w"), rows, 3)  # two minutes ago
    queue = 'review?queue=filter&rule={"all":[{"column":"difficulty","min":98,"max":null}]}'
    ben, anna = ready(opened(queue, person="ben")), ready(opened(queue))
    assert shown(ben) != shown(anna)
    seen = {shown(ben), shown(anna)}
    for page in (ben, anna, ben, anna):
        before = shown(page)
        press(page, "2")
        page.wait_for_selector(f".hem-review .body[data-id]:not([data-id='{before}'])")
        assert shown(page) not in seen
        seen.add(shown(page))
    while before := shown(ben):
        press(ben, "2")
        ben.wait_for_selector(f".hem-review .body:has(.finished), .hem-review .body[data-id]:not([data-id='{before}'])")
        assert shown(ben) not in seen
        seen.add(shown(ben))
    ben.get_by_text("on the screen of anna.").wait_for()
    press(anna, "2222")
    anna.get_by_text("Nothing left in this queue").wait_for()
    wait_saved(anna, 12)
    assert sorted(verdicts(site.folder)["id"]) == sorted(rows)
    assert log.revision(data) == len(rows)  # nobody judged what another had


def test_a_dispute_is_shown_with_both_verdicts_and_settled_by_a_third(site, opened):
    home = open_workspace(site.folder)
    log, data = home.tags(), home.run("animals").data
    log.add(data, ["animal-007"], "right", who="ben")
    log.add(data, ["animal-007"], "outlier", who="carl")
    page = ready(opened("review"))
    page.get_by_text("Disagreements (1)").click()
    page.wait_for_selector(".hem-review .body[data-id='animal-007']")
    assert page.locator(".hem-review .opinion").all_inner_texts() == ["ben right", "carl outlier"]
    page.get_by_text("ben and carl gave the same answer on 0 of 1").wait_for()
    press(page, "5")
    page.get_by_text("Nothing left in this queue").wait_for()
    page.wait_for_selector(".hem-review header.head[data-waiting='0']")
    press(page, "u")
    page.wait_for_selector(".hem-review .body[data-id='animal-007']")


# --- the address ---


def test_the_address_carries_the_example_over_reload_share_and_back(opened):
    page = ready(opened("review"))
    press(page, ["ArrowRight", "ArrowRight", "ArrowRight"])
    page.wait_for_selector(".hem-review .body[data-id]")
    fourth = shown(page)
    wait_address(page, "example", fourth)
    page.reload()
    assert shown(ready(page)) == fourth
    colleague = ready(opened(page.url.partition(".1:")[2].partition("/")[2]))
    assert shown(colleague) == fourth
    page.get_by_role("link", name="Sets").click()
    page.wait_for_url("**/sets**")
    page.go_back()
    assert shown(ready(page)) == fourth
    wait_address(page, "example", fourth)


def test_one_press_of_back_leaves_review_for_the_page_that_it_was_opened_from(opened):
    page = opened("labels?run=animals")
    page.locator('[data-testid="stMain"] button', has_text="suspects").first.click()
    ready(page)
    page.go_back()
    page.get_by_text("Most suspected labels").wait_for()
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector(".hem-explorer[data-ready]")
    before = page.evaluate("history.length")
    page.locator(".hem-tiles > *").first.dblclick()
    page.get_by_role("button", name="Open in Review").click()
    page.wait_for_url("**/review*")
    wait_address(page, "example", shown(ready(page)))
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    page.wait_for_selector(".hem-explorer[data-ready]")


def test_an_example_outside_of_the_queue_opens_by_its_address(opened):
    rule = '{"all":[{"column":"difficulty","min":98,"max":null}]}'
    page = ready(opened(f"review?queue=filter&rule={rule}&example=animal-001"))
    assert shown(page) == "animal-001"
    page.locator(".hem-review .place", has_text="opened by its address").wait_for()


# --- blind ---


def test_blind_asks_for_the_class_and_nothing_in_the_page_gives_it_away(review):
    folder, page = review
    first = shown(page)
    go_blind(page)
    text = page.locator(".hem-review main").evaluate("(one) => one.outerHTML")
    text += page.locator(".hem-review .place").evaluate("(one) => one.outerHTML")
    for hidden in (first, *open_workspace(folder).run("animals").classes, "suspected", 'class="reason', "%"):
        assert not re.search(rf"\b{re.escape(hidden)}", text), hidden
    assert in_address(page, "example") is None
    place = in_address(page, "place")
    assert (place, in_address(page, "row")) == (str(place_of(folder, shown_row(page))), None)
    assert first not in page.title()
    page.get_by_text("Which class is it?").wait_for()


def test_blind_a_queue_that_is_chosen_by_its_label_is_said_not_to_be_blind(opened):
    page = ready(opened('review?rule={"all":[{"column":"label","in":["cat"]}]}&queue=filter'))
    go_blind(page)
    page.get_by_text("Not blind: this queue is defined by label is cat.").wait_for()


def test_blind_the_given_label_is_stored_as_right_and_shown_for_a_moment(review):
    folder, page = review
    first = shown(page)
    go_blind(page)
    label = example_of(folder, first)["label"]
    page.locator(f".hem-review .choice[title='{label}']").click()
    page.get_by_text(f"You said {label}, and so does the given label: stored as right.").wait_for()
    assert page.locator(".hem-review .labels .pair strong").first.inner_text() == label
    assert shown(page) == first
    page.wait_for_selector(".hem-review .body.is-blind")  # it goes on by itself
    wait_saved(page, 1)
    assert tags_of(folder) == {first: "right"}


def test_blind_another_class_is_stored_as_a_wrong_label_and_ctrl_z_takes_it_back(review):
    folder, page = review
    first = shown(page)
    go_blind(page)
    label = example_of(folder, first)["label"]
    classes = open_workspace(folder).run("animals").classes
    other = next(k for k, name in enumerate(classes) if name != label)
    press(page, str(other + 1))
    page.get_by_text(f"stored as label wrong → {classes[other]}").wait_for()
    state = verdicts(folder)
    assert state[["id", "tag", "value"]].to_numpy().tolist() == [[first, "mislabelled", classes[other]]]
    press(page, ["1", "2", "Control+z"])  # while the label is shown, no key judges
    wait_saved(page, 0)
    page.wait_for_selector(".hem-review .body.is-blind")
    assert tags_of(folder) == {}
    assert shown_row(page) == int(first.removeprefix("animal-"))


def test_blind_typing_finds_a_class_and_letters_are_no_commands(review):
    folder, page = review
    first = shown(page)
    go_blind(page)
    press(page, ["Enter", "u", "b", "n", "Escape"])  # Enter alone names no class
    press(page, [*"fox", "Enter"])
    page.get_by_text("You said <b>fox</b>").wait_for()
    wait_saved(page, 1)
    is_right = example_of(folder, first)["label"] == "<b>fox</b>"
    assert tags_of(folder) == {first: "right" if is_right else "mislabelled"}


def test_blind_a_shifted_digit_is_a_verdict_that_needs_no_class(review):
    folder, page = review
    first = shown(page)
    go_blind(page)
    press(page, ["Shift+Digit5"])
    wait_saved(page, 1)
    assert tags_of(folder) == {first: "outlier"}
    press(page, ["ArrowLeft"])
    page.wait_for_selector(f".hem-review .body[data-id='{first}'] .labels .pair")


def test_blind_over_a_reload_the_same_example_is_open_and_still_blind(review):
    folder, page = review
    go_blind(page)
    press(page, ["ArrowRight"])
    row = shown_row(page)
    wait_address(page, "place", str(place_of(folder, row)))
    page.reload()
    page.wait_for_selector(".hem-review .body.is-blind[data-row]")
    assert shown_row(page) == row


# --- beginning and end ---


def test_the_end_of_the_queue_is_said_with_what_comes_next(opened):
    page = ready(opened('review?queue=filter&rule={"all":[{"column":"difficulty","min":98,"max":null}]}'))
    press(page, "1" * 12)
    wait_saved(page, 12)
    page.get_by_text("All 12 examples in it have a verdict.").wait_for()
    page.locator(".hem-review [data-page=sets]").click()
    page.wait_for_url("**/sets**")


@pytest.mark.looks
def test_an_empty_queue_says_why(opened):
    page = opened('review?queue=filter&rule={"all":[{"column":"difficulty","min":200,"max":null}]}')
    page.get_by_text("No example matches the filter of Explore.").wait_for()
    page.locator(".hem-review [data-page=labels]").click()
    page.wait_for_url("**/labels**")


def test_what_the_server_could_not_take_is_kept_over_a_reload_and_sent_then(review):
    folder, page = review
    page.route("**/hem/tags", lambda route: route.abort())
    press(page, "25")
    page.wait_for_selector(".hem-review header.head[data-waiting='2']")
    page.unroute("**/hem/tags")
    page.evaluate("window.stop()")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    ready(page)
    page.wait_for_function("Object.keys(localStorage).every((key) => !key.startsWith('hem-outbox:'))")
    wait_saved(page, 2)
    assert sorted(verdicts(folder)["tag"]) == ["hard", "outlier"]


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


def test_a_picture_that_was_moved_is_said_and_its_thumbnail_shown(site, opened):
    path = site.folder / "runs" / "animals" / "run.json"
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, "data": {**info["data"], "root": str(site.folder / "gone")}}))
    page = ready(opened("review"))
    page.wait_for_selector(".hem-review .moved")
    assert "if the data were moved" in page.locator(".hem-review .moved").inner_text()
    assert page.locator(".hem-review .frame img").is_visible()


# --- screens ---


@pytest.mark.looks
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1280, 800), (2560, 1440), (1920, 1080)])
def test_the_class_bars_and_the_verdicts_are_in_sight_at_once(opened, width, height):
    page = ready(opened("review", viewport={"width": width, "height": height}))
    for selector in (".labels .bar >> nth=-1", "footer .act >> nth=0", "footer .act >> nth=-1", ".frame img"):
        box = page.locator(f".hem-review {selector}").bounding_box()
        assert box["y"] >= 0, selector
        assert box["y"] + box["height"] <= height, selector
    frame = page.locator(".hem-review .frame").bounding_box()
    assert frame["width"] * frame["height"] > 0.1 * width * height  # the example is what one looks at


@pytest.mark.looks
@pytest.mark.parametrize("width", [900, 1280, 2560])
def test_nothing_in_review_lies_over_something_else(opened, width):
    page = ready(opened("review", viewport={"width": width, "height": 1000}))
    parts = ".hem-review header > *, .hem-review section, .hem-review .frame, .hem-review footer > button"
    boxes = page.locator(parts).evaluate_all(
        """(all) => all.map((one) => one.getBoundingClientRect()).filter((box) => box.width && box.height)
          .map((box) => [box.left, box.top, box.right, box.bottom])"""
    )
    body = [box for box in boxes if box[3] <= 1000]
    for k, one in enumerate(body):
        for other in body[k + 1 :]:
            apart = one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
            assert apart or is_bar(other, one) or is_bar(one, other), (one, other)
    assert max(box[2] for box in boxes) <= width


def is_bar(bar, section):
    """The verdicts stay at the lower edge; what is scrolled lies below them."""
    return bar[3] > 880 and section[3] > bar[1]


def test_a_number_is_corrected_by_typing_the_right_one(site, opened):
    path = site.folder / "runs" / "animals" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"task": "regression", "classes": []}))
    page = ready(opened("review"))
    id = shown(page)
    press(page, ["3", "0", ".", "5"])
    page.get_by_text("Which value is right?").wait_for()
    assert page.get_by_label("the right value", exact=True).input_value() == "0.5"
    press(page, ["Enter"])
    wait_saved(page, 1)
    (tag,) = open_workspace(site.folder).tags().state("animals").to_dict("records")
    assert (tag["id"], tag["tag"], tag["value"]) == (id, "mislabelled", "0.5")
