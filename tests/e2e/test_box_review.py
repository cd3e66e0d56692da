"""Boxes reviewed in a real browser: keys, dragging, drawing, undo, an offline page, and the corrected file."""

import importlib.util
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hem_core
from hem_core.store.workspace import open_workspace

pytestmark = pytest.mark.browser

_found = importlib.util.spec_from_file_location("e2e_conftest", Path(__file__).parent / "conftest.py")
e2e = importlib.util.module_from_spec(_found)
_found.loader.exec_module(e2e)

BOXES = {"given": (100, 80, 220, 200), "predicted": (110, 90, 240, 210), "stray": (300, 60, 360, 120),
         "unsure": (20, 220, 60, 260)}  # fmt: skip
"""On the picture: a given box, the prediction that belongs to it, and two where nothing is given, one unsure."""


def xywh(box):
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]


def write_data(home):
    """Three drawn pictures of 400 × 300 px: two with two squares, one without a box."""
    (home / "photos").mkdir(parents=True)
    images, notes, results = [], [], []
    for number in (1, 2, 3):
        pixels = np.full((300, 400, 3), 90, np.uint8)
        pixels[85:205, 105:230] = (200, 60, 60)
        pixels[60:120, 300:360] = (60, 60, 200)
        Image.fromarray(pixels).save(home / "photos" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 400, "height": 300})
        if number < 3:
            box = xywh(BOXES["given"])
            notes.append({"id": number, "image_id": number, "category_id": 1, "bbox": box, "area": 1, "iscrowd": 0,
                          "mine": "kept"})  # fmt: skip
            for name, k, score in (("predicted", 1, 0.8), ("stray", 2, 0.9)):
                results.append({"image_id": number, "category_id": k, "bbox": xywh(BOXES[name]), "score": score})
    results.append({"image_id": 1, "category_id": 1, "bbox": xywh(BOXES["unsure"]), "score": 0.2})
    categories = [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}]
    document = {"info": {"by": "us"}, "images": images, "annotations": notes, "categories": categories}
    (home / "annotations.json").write_text(json.dumps(document))
    (home / "results.json").write_text(json.dumps(results))
    return home


@pytest.fixture(scope="session")
def made_workspace(tmp_path_factory):
    """The run `squares` with the level boxes; takes the place of the usual one for `site`."""
    home = tmp_path_factory.mktemp("squares")
    data = write_data(home / "data")
    out = home / "w" / "runs" / "squares"
    hem_core.score(None, data / "annotations.json", predictions=data / "results.json", images=data / "photos", out=out)
    return home / "w"


@pytest.fixture
def site(made_workspace, tmp_path):
    shutil.copytree(made_workspace, tmp_path / "w")
    with e2e.Site(tmp_path / "w") as running:
        yield running


def at_box(page, id):
    page.wait_for_selector(f".hem-review .body[data-id='{id}'] .stage image[href]")
    return page


def review(opened, id="1.png%23g1", **options):
    return at_box(opened(f"review?run=squares&level=boxes&example={id}", **options), id.replace("%23", "#"))


def said(site):
    home = open_workspace(site.folder)
    state = home.tags().level("boxes").state(home.run("squares").data)
    return {id: (tag, value) for id, tag, value in zip(state["id"], state["tag"], state["value"], strict=True)}


def wait_saved(page, done):
    page.wait_for_selector(f".hem-review header.head[data-waiting='0'][data-done='{done}']")


def on_screen(page, x, y):
    """A point of the image, in px of the screen."""
    place = page.locator(".stage svg").bounding_box()
    left, top, width, _height = map(float, page.locator(".stage svg").get_attribute("data-view").split())
    scale = place["width"] / width
    return place["x"] + (x - left) * scale, place["y"] + (y - top) * scale


def view_width(page):
    """Of the part of the image that is in sight, in its px."""
    return float(page.locator(".stage svg").get_attribute("data-view").split()[2])


def drag(page, begin, end):
    page.mouse.move(*on_screen(page, *begin))
    page.mouse.down()
    page.mouse.move(*on_screen(page, (begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2))
    page.mouse.move(*on_screen(page, *end))
    page.mouse.up()


def near(value, label, box):
    """Is this the text of a box within a px or two of the one that was drawn by hand?"""
    name, _, numbers = value.rpartition(" [")
    return name == label and np.allclose([float(part) for part in numbers.rstrip("]").split(",")], box, atol=2)


def test_a_picture_with_boxes_gets_verdicts_by_keys_too(site, opened):
    page = opened("review?run=squares&example=1.png")
    page.wait_for_selector(".hem-review .body[data-id='1.png'] .stage image[href]")
    page.keyboard.press("3")
    wait_saved(page, 1)
    home = open_workspace(site.folder)
    state = home.tags().state(home.run("squares").data)
    assert list(zip(state["id"], state["tag"], state["value"], strict=True)) == [("1.png", "mislabelled", "")]


def test_keys_take_the_predicted_box_delete_and_add_and_undo_takes_them_back(site, opened):
    page = review(opened)
    page.keyboard.press("2")
    wait_saved(page, 1)
    assert said(site) == {"1.png#g1": ("moved", "red [110, 90, 240, 210]")}
    page.goto(site.address("review?run=squares&level=boxes&example=1.png%23p2"))
    at_box(page, "1.png#p2")
    assert page.locator(".actions [data-verdict='nothing']").count() == 0  # there is no given box to delete
    page.keyboard.press("2")
    wait_saved(page, 2)
    assert said(site)["1.png#p2"] == ("added", "blue [300, 60, 360, 120]")
    page.keyboard.press("u")
    at_box(page, "1.png#p2")
    wait_saved(page, 1)
    page.keyboard.press("u")  # of the page before, in this window
    at_box(page, "1.png#g1")
    wait_saved(page, 0)
    assert said(site) == {}


def test_a_box_is_dragged_nudged_drawn_anew_and_left_by_escape(site, opened):
    page = review(opened, device_scale_factor=2)
    page.keyboard.press("4")
    page.locator(".stage .handle").first.wait_for()
    drag(page, (220, 140), (240, 140))
    page.keyboard.press("Escape")
    page.locator(".stage .handle").first.wait_for(state="detached")
    page.keyboard.press("4")
    page.locator(".stage .handle").first.wait_for()
    drag(page, (220, 140), (250, 140))
    page.keyboard.press("Shift+ArrowLeft")  # the edge that was dragged, by 10 px
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    (found,) = said(site).values()
    assert found[0] == "moved"
    assert near(found[1], "red", (100, 80, 240, 200)), found
    page.keyboard.press("u")
    wait_saved(page, 0)
    at_box(page, "1.png#g1")
    whole = view_width(page)
    page.keyboard.press("z")
    page.wait_for_selector(".stage svg[data-close='true']")
    assert view_width(page) < 0.9 * whole
    page.keyboard.press("4")
    page.locator(".stage .handle").first.wait_for()
    drag(page, (255, 215), (130, 225))  # outside of the box: another one is drawn
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    (found,) = said(site).values()
    assert near(found[1], "red", (130, 215, 255, 225)), found


def test_an_object_is_drawn_into_an_image_without_boxes_with_a_new_class(site, opened):
    page = opened("review?run=squares&example=3.png")
    at_box(page, "3.png")
    page.keyboard.press("a")
    page.get_by_text("Draw a box around the object").wait_for()
    drag(page, (105, 85), (230, 205))
    page.keyboard.press("Enter")
    page.get_by_text("Which class is right?").wait_for()
    for letter in "green":
        page.keyboard.press(letter)
    page.keyboard.press("Enter")
    page.wait_for_selector(".hem-review header.head[data-waiting='0']")
    page.locator(".stage rect.box.added").wait_for()
    ((id, (tag, value)),) = said(site).items()
    assert (id.startswith("3.png#a"), tag) == (True, "added")
    assert near(value, "green", (105, 85, 230, 205)), value
    page.keyboard.press("u")
    page.locator(".stage rect.box.added").wait_for(state="detached")
    page.wait_for_selector(".hem-review header.head[data-waiting='0']")
    assert said(site) == {}


def test_a_corrected_box_waits_in_an_offline_page_and_is_stored_when_the_server_is_back(site, opened):
    page = review(opened)
    page.context.set_offline(True)
    page.keyboard.press("5")
    page.wait_for_selector(".hem-review header.head[data-waiting='1']")
    page.context.set_offline(False)
    wait_saved(page, 1)
    assert said(site) == {"1.png#g1": ("removed", "")}


def test_blind_one_box_is_shown_and_nothing_here_is_an_answer(site, opened):
    page = review(opened, "1.png%23p2")
    page.keyboard.press("b")
    page.wait_for_selector(".hem-review .body.is-blind .stage .box.hidden")
    assert page.locator(".stage .box").count() == 1
    assert "blue" not in page.locator(".hem-review .stage").inner_html()
    page.keyboard.press("Shift+Digit5")
    page.get_by_text("so does the given label").wait_for()
    wait_saved(page, 1)
    assert said(site) == {"1.png#p2": ("right", "")}


def test_the_corrected_file_is_downloaded_from_labels(site, opened):
    page = review(opened)
    page.keyboard.press("2")
    wait_saved(page, 1)
    page.goto(site.address("labels?run=squares&level=boxes"))
    page.get_by_text("1 box corrected: 1 moved.").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download corrected annotations").click()
    content = Path(waiting.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        document = json.loads(whole.read("annotations.json"))
        changes = whole.read("changes.csv").decode()
    before = json.loads(
        (Path(open_workspace(site.folder).run("squares").info["data"]["annotations"]["path"])).read_text()
    )
    before["annotations"][0] |= {"bbox": [110, 90, 130, 120], "area": 130 * 120}
    assert document == before
    assert "anna" in changes


def wait_confidence(page, value):
    """Until the figures of Detection are those of a confidence."""
    page.get_by_text(f"at confidence {value}, IoU 0.50").wait_for()


def test_reload_a_sent_link_and_back_show_the_thresholds_of_their_address(opened):
    page = opened("detection?run=squares")
    page.get_by_role("button", name="Best F1: 0.80").click()
    page.wait_for_function("location.search.includes('detection=')")
    wait_confidence(page, "0.80")
    link = page.url
    page.go_back()
    wait_confidence(page, "0.05")
    page.goto(link)
    wait_confidence(page, "0.80")


def test_many_boxes_get_a_verdict_of_boxes_that_leaves_out_what_it_cannot_be_about(site, opened):
    rule = '{"all":[{"column":"difficulty","min":0,"max":null}]}'
    page = opened(f"explore?run=squares&level=boxes&rule={rule}")
    page.wait_for_selector(".hem-explorer[data-ready][data-scope='5']")
    bar, note = page.locator(".hem-actions"), page.locator(".hem-note")
    assert bar.get_by_role("button", name="Mislabelled").count() == 0
    bar.get_by_role("button", name="Nothing here").click()
    note.get_by_text("Tagged 2 boxes as nothing here. Left out: 3 boxes where nothing is given.").wait_for()
    assert said(site) == {"1.png#g1": ("removed", ""), "2.png#g1": ("removed", "")}
    note.get_by_role("button", name="Undo").click()
    note.get_by_text("Undone: “removed” on 2 boxes.").wait_for()
    assert said(site) == {}
    bar.get_by_role("button", name="Take predicted").click()
    note.get_by_text("Tagged 5 boxes as take predicted").wait_for()
    assert set(said(site).values()) == {("take predicted", "")}


def test_predictions_too_unsure_to_count_are_drawn_when_asked_for(opened):
    page = review(opened)
    drawn = page.locator(".stage rect.box.predicted")
    page.get_by_role("button", name="1 unsure prediction hidden").wait_for()
    picture = page.locator(".stage svg").bounding_box()
    for below in (".frame .id", ".frame .unsure"):  # they cover no box and no words of the picture
        assert page.locator(below).bounding_box()["y"] >= picture["y"] + picture["height"] - 1
    before = drawn.count()
    page.keyboard.press("l")
    page.get_by_role("button", name="1 unsure prediction shown").wait_for()
    assert drawn.count() == before + 1


def test_a_third_person_settles_a_dispute_about_a_box_with_both_boxes_in_sight(site, opened):
    home = open_workspace(site.folder)
    log, data = home.tags().level("boxes"), home.run("squares").data
    for who, box in (("ben", "110, 90, 240, 210"), ("carl", "20, 20, 90, 90")):
        log.add(data, ["1.png#g1"], "moved", value=f"red [{box}]", who=who)
    page = opened("labels?run=squares&level=boxes")
    page.get_by_text("ben and carl gave the same answer on 0 of 1").wait_for()
    page.get_by_role("button", name="Review 1 disagreement").click()
    at_box(page, "1.png#g1")
    assert page.locator(".stage text.opinion").all_text_contents() == ["ben: red", "carl: red"]
    assert page.locator(".stage rect.box.opinion").count() == 2
    assert "carl" in page.locator(".hem-review .opinions").inner_text()
    page.keyboard.press("2")  # as ben has it
    page.get_by_text("Nothing left in this queue").wait_for()
    page.wait_for_selector(".hem-review header.head[data-waiting='0']")
    page.goto(site.address("labels?run=squares&level=boxes"))
    page.get_by_text("1 box corrected: 1 moved.").wait_for()
    page.get_by_text("No disagreements:").wait_for()


def test_the_switch_of_levels_leaves_the_image_on_screen_for_a_box(opened):
    page = at_box(opened("review?run=squares&example=1.png"), "1.png")
    with page.expect_response(lambda response: "level=boxes" in response.url):
        page.get_by_role("radio", name="boxes").click()
    page.wait_for_selector(".hem-review .body[data-id*='#'] .stage image[href]")
    assert "example=1.png&" not in page.url + "&"
    assert page.locator(".actions [data-verdict='right']").count() == 1
    first = page.locator(".hem-review .body").get_attribute("data-id")
    page.keyboard.press("ArrowRight")  # the switch, which was clicked last, does not keep the key
    page.wait_for_selector(f".hem-review .body:not([data-id='{first}']) .stage image[href]")
