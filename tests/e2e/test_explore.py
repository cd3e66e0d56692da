import csv
import json
import re
import shutil
import time
import urllib.parse

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from hem_core.runs.why import why
from hem_core.store.atomic import write_json, write_table
from hem_core.store.polygon import inside
from hem_core.store.run import open_run
from hem_core.store.tags import open_tags

TAGGED = re.compile(r"^Tagged [\d,]+ example")
pytestmark = pytest.mark.browser
LASSO = [(0.15, 0.2), (0.6, 0.15), (0.75, 0.55), (0.5, 0.9), (0.2, 0.7)]


def explore(opened, query="", **options):
    page = opened(f"explore{query}", **options)
    page.wait_for_selector(".hem-explorer[data-ready]")
    page.wait_for_selector("[data-painted], [data-matrix=drawn]")
    return page


def read(page, name):
    return page.locator(".hem-explorer").get_attribute(f"data-{name}")


def eventually(wanted, limit=20):
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


def at(page, x, y, of=".hem-catcher"):
    """A point of an element, in shares of its width and height."""
    box = page.locator(of).bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


EMPTY = (0.97, 0.2)  # beside the points of the data map, where its margin is


def add_run(site, name, classes, **changes):
    """A run beside `animals` on the same 600 pictures, with other classes: every third one predicted as the next."""
    home = site.folder / "runs" / name
    shutil.copytree(site.folder / "runs" / "animals", home)
    target = np.arange(600) % len(classes)
    prediction = (target + (np.arange(600) % 3 == 0)) % len(classes)
    names = np.array(classes, object)
    table = pq.read_table(home / "scores.parquet").to_pandas()
    table = table.assign(label=names[target], predicted=names[prediction], is_correct=target == prediction)
    write_table(home / "scores.parquet", table)
    catalog = pd.read_parquet(home / "catalog.parquet").drop(columns="night")
    write_table(home / "catalog.parquet", catalog.assign(label=names[target]))
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", {**info, "name": name, "fingerprint": name, "classes": list(classes), **changes})


def overlaps(page, selector):
    """Pairs of visible elements whose boxes lie on one another, by their texts."""
    return page.evaluate(
        """(selector) => {
          const all = [...document.querySelectorAll(selector)].map((one) => [one, one.getBoundingClientRect()])
            .filter(([, box]) => box.width && box.height), found = [];
          all.forEach(([one, a], k) => all.slice(k + 1).forEach(([other, b]) => {
            if (one.contains(other) || other.contains(one)) return;
            if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
              found.push([one.textContent || one.className, other.textContent || other.className]);
          }));
          return found;
        }""",
        selector,
    )


def painted_share(page, count):
    """Share of the matrix that `count` cells take which lie three columns and rows apart and are 3 px or larger.

    The size of a cell comes from the places of the first and the last name on each axis.
    """
    canvas = page.locator(".hem-matrix canvas").bounding_box()
    cell = {}
    for axis in "xy":
        names = page.locator(f".hem-matrix .{axis}tick")
        (first, start), (last, end) = [
            (int(name.locator("title").text_content().split()[-1]), float(name.locator("text").get_attribute(axis)))
            for name in (names.first, names.last)
        ]
        cell[axis] = (end - start) / (last - first)
    width, height = (max(3, cell[axis]) for axis in "xy")
    overlap = max(0, width - 3 * cell["x"]) * max(0, height - 3 * cell["y"])
    return (count * width * height - (count - 1) * overlap) / (canvas["width"] * canvas["height"])


def run_of(site):
    return open_run(site.folder / "runs" / "animals")


def tags_of(site, tag="hard"):
    state = open_tags(site.folder / "tags.sqlite").state("animals")
    return set(state.loc[state["tag"] == tag, "id"])


@pytest.mark.looks
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


@pytest.mark.looks
def test_a_click_on_a_facet_filters_gallery_count_and_address(opened, site):
    page = explore(opened)
    page.locator("[data-column=reason] .hem-line", has_text="mislabelled").click()
    wanted = len(run_of(site).rows({"all": [{"column": "reason", "in": ["mislabelled"]}]}))
    eventually(lambda: read(page, "filtered") == str(wanted) == read(page, "count"))
    assert in_address(page, "rule") == {"all": [{"column": "reason", "in": ["mislabelled"]}]}
    page.locator(".hem-chip.is-filter .hem-chip-close").click()
    eventually(lambda: read(page, "filtered") == "600" and in_address(page, "rule") is None)


@pytest.mark.looks
def test_a_sentence_says_why_and_becomes_a_filter_and_the_nearest_are_a_selection(opened, site):
    wrong = {"all": [{"column": "is_correct", "in": [False]}]}
    page = explore(opened, "?selection=" + urllib.parse.quote(json.dumps(wrong)))
    run = run_of(site)
    found = why(run.examples, wrong, most=10)
    lines = page.locator(".hem-why:not(.is-late) .hem-why-line")
    first = lines.filter(has_text="mislabelled").first
    assert found.statements[0].finding() in first.inner_text()
    # The facets count the selection beside the filter.
    line = page.locator("[data-column=reason] .hem-line", has_text="mislabelled")
    assert line.locator(".hem-line-chosen").inner_text() == str(found.n)
    first.get_by_role("button", name="filter by this").click()
    eventually(lambda: in_address(page, "rule") == {"all": list(found.statements[0].clauses)})
    assert in_address(page, "selection") is None
    tile = page.locator(".hem-tile").first
    id = tile.get_attribute("data-id")
    tile.press("m")
    near = {"all": [{"near": {"id": id, "k": 60}}]}
    eventually(lambda: in_address(page, "selection") == near)
    nearest = run.examples.nearest(id, 60)[0]
    inside_filter = set(run.rows({"all": list(found.statements[0].clauses)}).tolist())
    shown = [row for row in nearest.tolist() if row in inside_filter]
    tiles = page.locator(".hem-tile")
    eventually(lambda: [int(one.get_attribute("data-row")) for one in tiles.all()] == shown[:48])
    assert len(shown) < 60
    page.get_by_role("button", name=f"The filter hides {60 - len(shown)} of the 60 nearest; show them too").click()
    eventually(lambda: read(page, "selected") == "60")
    assert in_address(page, "selection") == near


@pytest.mark.looks
def test_a_user_column_and_an_id_are_filters_too(opened):
    page = explore(opened)
    page.locator("[data-column=night] .hem-line", has_text="yes").click()
    eventually(lambda: read(page, "filtered") == "200" == read(page, "count"))
    page.get_by_placeholder("Words or").fill("ANIMAL-00")
    eventually(lambda: read(page, "filtered") == "4" == read(page, "count"))


@pytest.mark.looks
def test_nothing_matches_offers_to_clear_the_filters(opened):
    page = explore(opened)
    page.get_by_placeholder("Words or").fill("no such id")
    page.get_by_text("Nothing matches these filters").wait_for()
    page.get_by_role("button", name="Clear filters").click()
    eventually(lambda: read(page, "filtered") == "600")


@pytest.mark.looks
def test_the_density_of_a_map_is_selected_from_and_keeps_its_counts_true(opened, site):
    page = explore(opened)
    page.get_by_role("button", name="density").click()
    page.wait_for_selector(".hem-figure-place[data-density=cells]")
    page.locator(".hem-density-note", has_text="600 examples in cells").wait_for()
    selected = lasso(page)
    rule = eventually(lambda: in_address(page, "selection"))
    assert len(run_of(site).rows(rule)) == selected
    page.locator("[data-column=reason] .hem-line", has_text="mislabelled").click()  # few enough to be points
    page.wait_for_selector(".hem-figure-place[data-density=points]")
    page.get_by_role("button", name="density").click()
    page.wait_for_selector(".hem-figure-place:not([data-density])")


@pytest.mark.looks
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
    page.get_by_text(TAGGED).wait_for()
    page.keyboard.press("Escape")
    page.locator("[data-column=tag] .hem-line", has_text="outlier").click()
    eventually(lambda: read(page, "filtered") == str(selected) == read(page, "count"))
    page.locator("[data-column=tag] .hem-line", has_text="outlier").click()
    page.locator("[data-column=tag] .hem-line", has_text="no tag").click()
    eventually(lambda: read(page, "filtered") == str(600 - selected) == read(page, "count"))


def test_a_tag_given_while_the_server_is_away_is_stored_when_explore_is_open_again(opened, site):
    page = explore(opened)
    lasso(page)
    rule = eventually(lambda: in_address(page, "selection"))
    eventually(lambda: read(page, "count") == read(page, "selected"))
    wanted = set(run_of(site).query(rule, columns=["id"])["id"])
    site.__exit__()
    page.locator("[data-tag=hard]").click()
    page.get_by_text("1 kept in this browser until the server stores them: the server does not answer").wait_for()
    context = page.context
    page.close()
    site.__enter__()
    again = context.new_page()
    again.goto(site.address("explore"))
    again.wait_for_selector(".hem-explorer[data-ready] .hem-kept[data-waiting='0']", state="attached")
    assert tags_of(site) == wanted


def test_two_tabs_see_each_others_tags(opened, site):
    one, two = explore(opened), explore(opened)
    lasso(one)
    one.locator("[data-tag=right]").click()
    one.get_by_text(TAGGED).wait_for()
    two.bring_to_front()
    two.evaluate("window.dispatchEvent(new Event('focus'))")
    two.locator("[data-column=tag] .hem-line", has_text="right").wait_for()
    lasso(two, [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)])
    two.locator("[data-tag=hard]").click()
    two.get_by_text(TAGGED).wait_for()
    eventually(lambda: not (tags_of(site, "right") & tags_of(site, "hard")))


@pytest.mark.looks
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


@pytest.mark.looks
def test_the_gallery_is_sorted_and_paged(opened, site):
    page = explore(opened)
    hardest = run_of(site).query(order="difficulty", columns=["id"], limit=49)["id"].tolist()
    eventually(lambda: page.locator(".hem-tile").first.get_attribute("data-id") == hardest[0])
    page.get_by_role("button", name="next page").click()
    eventually(lambda: page.locator(".hem-tile").first.get_attribute("data-id") == hardest[48])


@pytest.mark.looks
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


@pytest.mark.looks
def test_names_like_html_are_shown_letter_by_letter(opened):
    page = explore(opened, "?view=" + urllib.parse.quote('{"mode":"matrix","colour":"label"}'))
    page.wait_for_selector("[data-matrix=drawn]")
    assert page.locator(".hem-explorer b", has_text="fox").count() == 0
    assert page.locator("[data-column=label] .hem-line", has_text="<b>fox</b>").count() == 1
    assert page.locator(".hem-matrix .ytick text", has_text="<b>fox</b>").count() == 1


@pytest.mark.looks
def test_a_copied_address_opens_the_same_view(opened):
    page = explore(opened)
    page.get_by_role("tab", name="Score against score").click()
    page.locator("[data-column=is_correct] .hem-line", has_text="wrong").click()
    selected = lasso(page, [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)])
    eventually(lambda: in_address(page, "selection") and read(page, "count") == str(selected))
    other = explore(opened, page.evaluate("location.search"))
    assert other.get_by_role("tab", name="Score against score").get_attribute("aria-selected") == "true"
    assert (read(other, "selected"), read(other, "count")) == (str(selected), str(selected))


@pytest.mark.looks
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


@pytest.mark.looks
def test_csv_of_the_scope_holds_its_examples(opened):
    page = explore(opened)
    selected = lasso(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert len(waiting.value.path().read_text().splitlines()) == 1 + selected


@pytest.mark.looks
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


@pytest.mark.looks
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_lasso_works_after_clicks_and_nothing_gets_selected_as_text(opened, count):
    page = explore(opened)
    page.mouse.click(*at(page, *EMPTY), click_count=count)
    assert page.evaluate("getSelection().toString()") == ""
    first = lasso(page)
    page.mouse.click(*at(page, *EMPTY), click_count=2)
    eventually(lambda: read(page, "selected") == str(first))
    page.keyboard.press("Escape")
    eventually(lambda: read(page, "selected") == "0")
    assert lasso(page) == first


@pytest.mark.looks
def test_a_double_click_on_empty_space_fits_the_view_and_keeps_the_selection(opened):
    page = explore(opened)
    selected = lasso(page)
    seen = page.locator("[data-on-screen]")
    page.mouse.move(*at(page, *EMPTY))
    page.mouse.wheel(0, -600)
    eventually(lambda: int(seen.get_attribute("data-on-screen")) < 500)
    page.mouse.dblclick(*at(page, *EMPTY))
    eventually(lambda: seen.get_attribute("data-on-screen") == "600")
    eventually(lambda: read(page, "selected") == str(selected))


@pytest.mark.looks
def test_a_lasso_is_broken_off_by_escape_and_ends_outside_of_the_window(opened):
    page = explore(opened)
    selected = lasso(page)
    page.mouse.move(*at(page, 0.1, 0.1))
    page.mouse.down()
    page.mouse.move(*at(page, 0.3, 0.1), steps=4)
    page.mouse.move(*at(page, 0.3, 0.3), steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert read(page, "selected") == str(selected)
    page.keyboard.press("Escape")
    eventually(lambda: read(page, "selected") == "0")
    assert lasso(page, [(0.01, 0.01), (9, -0.1), (9, 9), (-0.1, 9)]) == 600
    assert lasso(page) == selected


@pytest.mark.looks
def test_answers_that_overtake_each_other_leave_the_explorer_where_it_is(opened):
    """On a slow processor the next answer arrives while the one before is still being drawn."""
    page = explore(opened)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 10})
    page.evaluate("window.before = document.querySelector('.hem-explorer')")
    for number in range(1, 7):
        page.mouse.click(*at(page, *EMPTY))
        lasso(page)
        page.keyboard.press("Escape")
        eventually(lambda number=number: int(read(page, "agreed") or 0) >= number, limit=40)
    assert page.evaluate("window.before.isConnected")


@pytest.mark.parametrize("count", [150, 600])
def test_the_whole_matrix_of_many_classes_is_drawn_with_names_that_can_be_read_and_cells_that_select(
    opened, site, count
):
    add_run(site, "many", [f"a rather long class name {k}" for k in range(count)])
    view = urllib.parse.quote('{"mode":"matrix"}')
    page = explore(opened, f"?run=many&view={view}")
    page.get_by_text("Top confusions").wait_for()
    page.get_by_role("button", name=f"Show all {count} × {count}").click()
    page.locator(".hem-matrix .ytick").first.wait_for()
    share = page.evaluate(
        """() => {
          const canvas = document.querySelector(".hem-matrix canvas"), { width, height } = canvas;
          const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          let coloured = 0;
          for (let k = 0; k < data.length; k += 4) {
            const rgb = data.slice(k, k + 3);
            if (data[k + 3] && Math.max(...rgb) - Math.min(...rgb) > 60) coloured++;
          }
          return coloured / (width * height);
        }"""
    )
    wanted = painted_share(page, count // 3)  # every third class is taken for the next one
    assert share == pytest.approx(wanted, rel=0.3)  # pixels at the edges are blended, and count or do not
    assert page.locator(".hem-matrix .ytick").count() > 4
    assert overlaps(page, ".hem-matrix .ytick text") == []
    box = page.locator(".hem-matrix .ytick text").nth(2).bounding_box()
    named = page.locator(".hem-matrix .ytick title").nth(2).text_content()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    eventually(lambda: in_address(page, "selection") == {"all": [{"column": "label", "in": [named]}]})
    page.mouse.move(*at(page, 0.62, 0.4, of=".hem-matrix"))
    page.locator(".hem-matrix-tip", has_text="predicted a rather long").wait_for()


@pytest.mark.looks
def test_the_page_does_not_fade_while_python_follows(opened):
    page = explore(opened)
    page.evaluate(
        """() => {
          window.faintest = 1;
          const look = () => {
            for (let one = document.querySelector(".hem-figure-place"); one; one = one.parentElement)
              window.faintest = Math.min(window.faintest, Number(getComputedStyle(one).opacity));
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    for name in ("easy", "mislabelled", "easy"):
        page.locator("[data-column=reason] .hem-line", has_text=name).click()
        eventually(lambda: read(page, "filtered") == read(page, "count"))
    lasso(page)
    eventually(lambda: in_address(page, "selection") and read(page, "scope") == read(page, "count"))
    assert page.evaluate("window.faintest") == 1


@pytest.mark.looks
def test_clicks_faster_than_python_all_arrive(opened, site):
    page = explore(opened)
    page.get_by_role("tab", name="Embedding map").click()
    page.locator("[data-column=reason] .hem-line", has_text="mislabelled").click()
    page.locator("[data-column=night] .hem-line", has_text="yes").click()
    page.locator("[data-column=label] .hem-line", has_text="dog").click()
    page.locator("[data-column=label] .hem-line", has_text="cat").click()
    page.get_by_role("button", name="Create set").click()
    page.wait_for_url(re.compile("/sets"))
    rule = eventually(lambda: in_address(page, "rule"))
    wanted = [("reason", ["mislabelled"]), ("night", [True]), ("label", ["cat", "dog"])]
    assert [(clause["column"], clause["in"]) for clause in rule["all"]] == wanted
    assert eventually(lambda: in_address(page, "view"))["mode"] == "embedding"


NOTES_SKELETON = """new MutationObserver(() => {
  const bone = document.querySelector(".hem-skeleton .hem-bone");
  if (bone?.getBoundingClientRect().width) globalThis.hadSkeleton = true;
}).observe(document, { childList: true, subtree: true });"""


def test_first_loads_show_skeletons(opened):
    page = opened("explore", script=NOTES_SKELETON)
    page.wait_for_selector(".hem-explorer[data-ready]")
    assert page.evaluate("globalThis.hadSkeleton")  # for a moment, which no look from outside is sure to meet
    assert page.locator(".hem-skeleton").count() == 0
    assert not page.locator(".hem-page-skeleton").is_visible()


LONG = ["accept_reservations_and_orders", "a class, named in words, of some length", "Ünïcode-Ärger-Straße-№7"]


def test_tiles_show_the_given_label_whole_and_say_the_rest_on_hover(opened, site):
    add_run(site, "long", [*LONG, "x" * 200])
    page = explore(opened, "?run=long")
    page.locator(".hem-given").first.wait_for()
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".hem-given")]
          .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1)
          .map((one) => one.textContent)"""
    )
    assert not set(cut) & set(LONG)
    given = page.locator(".hem-given", has_text="x" * 200).first
    assert given.get_attribute("title") == "given: " + "x" * 200
    tile = page.locator(".hem-tile").first
    eventually(lambda: tile.get_attribute("title"))
    lines = tile.get_attribute("title").splitlines()
    assert lines[0] == f"given: {tile.locator('.hem-given').text_content()}"
    assert lines[1] == f"predicted: {tile.locator('.hem-predicted span:last-child').text_content()}"


HEADERS = (
    ".hem-stage .hem-segments button, .hem-gallery .hem-head > *, .hem-tools > *, .hem-controls > *, .hem-legend > *, "
    ".hem-filters .hem-head > *, .hem-below-head > *, .hem-pager > *"
)


@pytest.mark.looks
@pytest.mark.parametrize("width", [900, 1280, 2560])
def test_nothing_in_the_heads_of_the_panes_overlaps_or_leaves_its_pane(opened, width):
    page = opened("explore")
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_selector(".hem-explorer[data-ready]")
    for kind in ("Data map", "Score against score", "Confusion matrix"):
        page.get_by_role("tab", name=kind).click()
        page.locator(".hem-segments button[aria-selected=true]", has_text=kind).wait_for()
        assert overlaps(page, HEADERS) == []
        outside = page.evaluate(
            """(selector) => [...document.querySelectorAll(selector)].filter((one) => {
              const box = one.getBoundingClientRect(), pane = one.closest("section").getBoundingClientRect();
              return box.width && (box.left < pane.left - 1 || box.right > pane.right + 1);
            }).map((one) => one.textContent || one.className)""",
            HEADERS,
        )
        assert outside == []


@pytest.mark.looks
def test_a_wide_screen_has_more_columns_of_tiles_and_a_larger_map(opened):
    page = explore(opened)
    columns = "getComputedStyle(document.querySelector('.hem-tiles')).gridTemplateColumns.split(' ').length"
    before, map_before = page.evaluate(columns), page.locator(".hem-catcher").bounding_box()
    page.set_viewport_size({"width": 2560, "height": 1440})
    eventually(lambda: page.evaluate(columns) >= before + 2)
    eventually(lambda: page.locator(".hem-catcher").bounding_box()["height"] > 1.6 * map_before["height"])
    assert page.locator(".hem-catcher").bounding_box()["width"] > 1.4 * map_before["width"]


def test_filters_that_another_run_does_not_have_are_removed_and_said(opened, site):
    add_run(site, "birds", ["hen", "owl"])
    page = explore(opened, "?run=animals")
    page.locator("[data-column=night] .hem-line", has_text="yes").click()
    page.locator("[data-column=label] .hem-line", has_text="cat").click()
    page.locator("[data-column=label] .hem-line", has_text="hen").click()
    eventually(lambda: read(page, "filtered") == read(page, "count") == "100")
    page.get_by_test_id("stSelectbox").first.click()
    page.get_by_role("option", name="birds").click()
    page.get_by_text("no column 'night'", exact=False).wait_for()
    page.get_by_text("'cat' does not occur in the column 'label' of this run", exact=False).wait_for()
    page.wait_for_selector(".hem-explorer[data-ready]")
    eventually(lambda: read(page, "filtered") == read(page, "count") == "300")
    assert in_address(page, "rule") == {"all": [{"column": "label", "in": ["hen"]}]}


@pytest.mark.looks
def test_the_table_of_the_data_map_holds_the_columns_as_the_axis_shows_them(opened, site):
    page = explore(opened)
    page.locator(".hem-figure text", has_text="1 − mean confidence").wait_for()
    page.get_by_role("button", name="download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Map as CSV").click()
    rows = list(csv.DictReader(waiting.value.path().read_text().splitlines()))
    wanted = run_of(site).table(["id", "variability", "confidence_mean"])
    assert [row["id"] for row in rows] == wanted["id"].tolist()
    for name in ("variability", "confidence_mean"):
        np.testing.assert_allclose([float(row[name]) for row in rows], wanted[name])


@pytest.mark.looks
def test_the_histogram_begins_with_the_loss_on_a_log_axis(opened):
    page = explore(opened)
    assert page.locator(".hem-below").get_attribute("data-distribution") == "loss"
    marks = page.locator(".hem-histogram svg > text").all_text_contents()
    assert {"0.01", "0.1", "1"} <= set(marks)


def test_a_key_of_the_legend_filters_and_the_slider_replays_the_training(opened):
    page = explore(opened, "?run=animals&" + urllib.parse.urlencode({"view": json.dumps({"colour": "reason"})}))
    page.locator(".hem-key", has_text="mislabelled").click()
    eventually(lambda: in_address(page, "rule") == {"all": [{"column": "reason", "in": ["mislabelled"]}]})
    assert page.locator(".hem-key.is-on").inner_text() == "mislabelled"
    page.locator(".hem-key.is-on").click()
    eventually(lambda: in_address(page, "rule") is None)

    page.get_by_role("slider", name="epoch of the data map").fill("2")
    page.get_by_text("after epoch 2 of 3").wait_for()
    eventually(lambda: (in_address(page, "view") or {}).get("epoch") == 2)
    box = page.locator(".hem-catcher").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 160, steps=4)
    page.mouse.up()
    assert in_address(page, "selection") is None  # what is seen is not what the columns hold
    page.reload()
    page.get_by_text("after epoch 2 of 3").wait_for()
    page.get_by_role("button", name="replay the training").click()
    page.get_by_text("all 3 epochs").wait_for()
    assert lasso(page) > 0
