import json
import re
import time
import urllib.parse

import numpy as np
import pytest

from hem_core.store.polygon import inside
from hem_core.store.run import open_run
from hem_core.store.tags import open_tags

pytestmark = pytest.mark.browser
LASSO = [(0.15, 0.2), (0.6, 0.15), (0.75, 0.55), (0.5, 0.9), (0.2, 0.7)]


def explore(opened, query="", **options):
    page = opened(f"explore{query}", **options)
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.wait_for_selector("[data-painted], [data-matrix=drawn]")
    return page


def read(page, name):
    return page.locator(".hem-explorer").get_attribute(f"data-{name}")


def eventually(wanted, limit=8):
    """Wait until `wanted()` is true; its last value is returned."""
    end = time.monotonic() + limit
    while not (value := wanted()) and time.monotonic() < end:
        time.sleep(0.05)
    assert value
    return value


def lasso(page, corners=LASSO):
    box = page.locator(".hem-catcher").bounding_box()
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()
    return eventually(lambda: int(read(page, "selected") or 0))


def in_address(page, name):
    """A rule as it stands in the URL; None when it does not."""
    query = urllib.parse.parse_qs(page.evaluate("location.search.slice(1)"))
    return json.loads(query[name][0]) if name in query else None


def run_of(site):
    return open_run(site.folder / "runs" / "animals")


def tags_of(site, tag="hard"):
    state = open_tags(site.folder / "tags.sqlite").state("animals")
    return set(state.loc[state["tag"] == tag, "id"])


@pytest.mark.parametrize(("mode", "x", "y"), [("data", "variability", "confidence_mean"), ("embedding", "x", "y")])
def test_the_page_python_and_numpy_count_a_lasso_alike(opened, site, mode, x, y):
    page = explore(opened, "?view=" + urllib.parse.quote(json.dumps({"mode": mode})))
    selected = lasso(page)
    rule = eventually(lambda: in_address(page, "selection"))
    eventually(lambda: read(page, "count") == str(selected))
    table = run_of(site).table([x, y])
    points = rule["all"][0]["polygon"]["points"]
    assert inside(table[x].to_numpy(), table[y].to_numpy(), points).sum() == selected
    assert np.asarray(points).shape[1] == 2
    page.get_by_text(re.compile(rf"applies to {selected} selected of 600 examples")).wait_for()
    page.get_by_text(f"of {selected}", exact=False).first.wait_for()


def test_a_click_on_a_facet_filters_gallery_count_and_address(opened, site):
    page = explore(opened)
    page.locator("[data-column=reason] .hem-line", has_text="mislabelled").click()
    wanted = len(run_of(site).rows({"all": [{"column": "reason", "in": ["mislabelled"]}]}))
    eventually(lambda: read(page, "filtered") == str(wanted) == read(page, "count"))
    assert in_address(page, "rule") == {"all": [{"column": "reason", "in": ["mislabelled"]}]}
    page.locator(".hem-chip.is-filter .hem-chip-close").click()
    eventually(lambda: read(page, "filtered") == "600" and in_address(page, "rule") is None)


def test_a_user_column_and_an_id_are_filters_too(opened):
    page = explore(opened)
    page.locator("[data-column=night] .hem-line", has_text="yes").click()
    eventually(lambda: read(page, "filtered") == "200" == read(page, "count"))
    page.get_by_placeholder("Find an id").fill("ANIMAL-00")
    eventually(lambda: read(page, "filtered") == "4" == read(page, "count"))


def test_nothing_matches_offers_to_clear_the_filters(opened):
    page = explore(opened)
    page.get_by_placeholder("Find an id").fill("no such id")
    page.get_by_text("Nothing matches these filters").wait_for()
    page.get_by_role("button", name="Clear filters").click()
    eventually(lambda: read(page, "filtered") == "600")


def test_a_brush_on_the_histogram_selects_a_range(opened, site):
    page = explore(opened)
    box = page.locator(".hem-histogram").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 50, steps=8)
    page.mouse.up()
    rule = eventually(lambda: in_address(page, "selection"))
    wanted = len(run_of(site).rows(rule))
    assert rule["all"][0]["column"] == "loss"
    eventually(lambda: read(page, "selected") == str(wanted) == read(page, "count"))


def test_tagging_what_is_selected_is_stored_undone_redone_and_there_after_a_reload(opened, site):
    page = explore(opened)
    selected = lasso(page)
    rule = eventually(lambda: in_address(page, "selection"))
    wanted = set(run_of(site).query(rule, columns=["id"])["id"])
    page.locator("[data-tag=hard]").click()
    page.get_by_text(f"Tagged {selected} examples as hard").wait_for()
    assert tags_of(site) == wanted
    assert page.locator(".hem-badge:visible").first.inner_text() == "hard"
    page.locator(".hem-note").get_by_role("button", name="Undo").click()
    page.get_by_text(f"Undone: “hard” on {selected} examples").wait_for()
    assert tags_of(site) == set()
    page.locator(".hem-note").get_by_role("button", name="Redo").click()
    page.get_by_text(f"Redone: “hard” on {selected} examples").wait_for()
    assert tags_of(site) == wanted
    page.reload()
    page.wait_for_selector(".hem-explorer[data-ready]")
    assert read(page, "selected") == str(selected)
    assert page.locator(".hem-badge:visible").first.inner_text() == "hard"
    page.keyboard.press("Control+z")
    page.get_by_text(f"Undone: “hard” on {selected} examples").wait_for()
    assert tags_of(site) == set()


def test_the_tag_filter_follows_the_tags(opened):
    page = explore(opened)
    selected = lasso(page)
    page.locator("[data-tag=outlier]").click()
    page.get_by_text("Tagged").wait_for()
    page.keyboard.press("Escape")
    page.locator("[data-column=tag] .hem-line", has_text="outlier").click()
    eventually(lambda: read(page, "filtered") == str(selected) == read(page, "count"))
    page.locator("[data-column=tag] .hem-line", has_text="outlier").click()
    page.locator("[data-column=tag] .hem-line", has_text="no tag").click()
    eventually(lambda: read(page, "filtered") == str(600 - selected) == read(page, "count"))


def test_two_tabs_see_each_others_tags(opened, site):
    one, two = explore(opened), explore(opened)
    lasso(one)
    one.locator("[data-tag=easy]").click()
    one.get_by_text("Tagged").wait_for()
    two.bring_to_front()
    two.evaluate("window.dispatchEvent(new Event('focus'))")
    two.locator("[data-column=tag] .hem-line", has_text="easy").wait_for()
    lasso(two, [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)])
    two.locator("[data-tag=hard]").click()
    two.get_by_text("Tagged").wait_for()
    eventually(lambda: not (tags_of(site, "easy") & tags_of(site, "hard")))


def test_tiles_are_picked_by_click_range_and_toggle(opened):
    page = explore(opened)
    tiles = page.locator(".hem-tile")
    tiles.nth(1).click()
    page.get_by_text("applies to 1 picked of 600 examples").wait_for()
    tiles.nth(4).click(modifiers=["Shift"])
    page.get_by_text("applies to 4 picked of 600 examples").wait_for()
    tiles.nth(2).click(modifiers=["Control"])
    page.get_by_text("applies to 3 picked of 600 examples").wait_for()
    eventually(lambda: read(page, "count") == "3")
    page.keyboard.press("Escape")
    page.get_by_text("applies to nothing yet").wait_for()


def test_the_gallery_is_sorted_and_paged(opened, site):
    page = explore(opened)
    hardest = run_of(site).query(order="difficulty", columns=["id"], limit=49)["id"].tolist()
    eventually(lambda: page.locator(".hem-tile").first.get_attribute("data-id") == hardest[0])
    page.get_by_role("button", name="next page").click()
    eventually(lambda: page.locator(".hem-tile").first.get_attribute("data-id") == hardest[48])


def test_a_matrix_cell_and_a_class_name_select(opened, site):
    page = explore(opened, "?view=" + urllib.parse.quote('{"mode":"matrix"}'))
    page.wait_for_selector("[data-matrix=drawn]")
    box = page.locator(".hem-matrix").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + 30)
    rule = eventually(lambda: in_address(page, "selection"))
    assert [clause["column"] for clause in rule["all"]] == ["label", "predicted"]
    eventually(lambda: read(page, "count") == str(len(run_of(site).rows(rule))))
    page.mouse.click(box["x"] + 30, box["y"] + 30)
    eventually(lambda: in_address(page, "selection") == {"all": [{"column": "label", "in": ["cat"]}]})
    eventually(lambda: read(page, "selected") == "150" == read(page, "count"))


def test_names_like_html_are_shown_letter_by_letter(opened):
    page = explore(opened, "?view=" + urllib.parse.quote('{"mode":"matrix","colour":"label"}'))
    page.wait_for_selector("[data-matrix=drawn]")
    assert page.locator(".hem-explorer b", has_text="fox").count() == 0
    assert page.locator("[data-column=label] .hem-line", has_text="<b>fox</b>").count() == 1
    assert page.locator(".hem-matrix .ytick text", has_text="<b>fox</b>").count() == 1


def test_a_copied_address_opens_the_same_view(opened):
    page = explore(opened)
    page.get_by_role("tab", name="Score against score").click()
    page.locator("[data-column=is_correct] .hem-line", has_text="wrong").click()
    selected = lasso(page, [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)])
    eventually(lambda: in_address(page, "selection") and read(page, "count") == str(selected))
    other = explore(opened, page.evaluate("location.search"))
    assert other.get_by_role("tab", name="Score against score").get_attribute("aria-selected") == "true"
    assert (read(other, "selected"), read(other, "count")) == (str(selected), str(selected))


@pytest.mark.parametrize("format", ["PNG", "SVG", "CSV"])
@pytest.mark.parametrize("what", ["Map", "Histogram"])
def test_figures_are_downloaded(opened, what, format):
    page = explore(opened)
    page.wait_for_selector("[data-axes=drawn]")
    page.get_by_role("button", name="download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name=f"{what} as {format}").click()
    content = waiting.value.path().read_bytes()
    assert waiting.value.suggested_filename.endswith(f".{format.lower()}")
    assert {"PNG": content[:4] == b"\x89PNG", "SVG": b"<svg" in content[:300], "CSV": b"," in content[:80]}[format]
    assert len(content) > 300


def test_csv_of_the_scope_holds_its_examples(opened):
    page = explore(opened)
    selected = lasso(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert len(waiting.value.path().read_text().splitlines()) == 1 + selected


def test_hover_shows_the_example_and_double_click_opens_it_in_review(opened):
    page = explore(opened)
    tile = page.locator(".hem-tile").first
    eventually(lambda: tile.get_attribute("data-id"))
    chosen = tile.get_attribute("data-id")
    tile.dblclick()
    page.wait_for_url(re.compile("/review"))
    page.get_by_text(chosen).first.wait_for()


def test_a_filter_chosen_elsewhere_is_adopted_and_leaving_keeps_it(opened):
    page = explore(opened)
    page.locator("[data-column=reason] .hem-line", has_text="mislabelled").click()
    eventually(lambda: in_address(page, "rule"))
    shown = read(page, "filtered")
    page.get_by_role("link", name="Overview").click()
    page.wait_for_url(lambda url: "/explore" not in url)
    page.get_by_role("link", name="Explore").click()
    page.wait_for_selector(".hem-explorer[data-ready]")
    eventually(lambda: read(page, "filtered") == shown)
