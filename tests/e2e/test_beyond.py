"""The explorer where there is no server: in a notebook's cell, and in a file without a network."""

import base64
import json
import shutil

import pytest

from app.static_page.write import write
from hem_core.store.run import open_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]
READY = ".hem-explorer[data-ready=true]"
HOST = """
<!doctype html><meta charset="utf-8"><body style="background: oklch(0.2 0 0)"><div id="cell"></div>
<script type="module">
window.savedRules = { selection: { all: [] } };
const traits = JSON.parse(await python("traits", "")), hears = {};
const model = {
  get: (name) => traits[name],
  set: (name, value) => { traits[name] = value; },
  async save_changes() {
    const saved = JSON.stringify(traits);
    await python("save", saved);
    window.savedRules = JSON.parse(saved);
  },
  on: (name, f) => { (hears[name] ??= new Set()).add(f); },
  off: (name, f) => hears[name]?.delete(f),
  async send(content) {
    const { about, body } = JSON.parse(await python("ask", JSON.stringify(content)));
    const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
    hears["msg:custom"].forEach((f) => f(about, [new DataView(bytes.buffer)]));
  },
};
window.put = (name, value) => { traits[name] = value; hears[`change:${name}`].forEach((f) => f()); };
const style = document.createElement("style");
style.textContent = await python("css", "");
document.head.append(style);
const address = URL.createObjectURL(new Blob([await python("esm", "")], { type: "text/javascript" }));
(await import(address)).default.render({ model, el: document.querySelector("#cell") });
</script>
"""


@pytest.fixture(scope="module")
def run(made_workspace, tmp_path_factory):
    folder = tmp_path_factory.mktemp("beyond") / "workspace"
    shutil.copytree(made_workspace, folder)
    return open_run(folder / "runs" / "animals")


@pytest.fixture
def blank(browser):
    """A page without a network; a script error or a request that leaves it fails the test."""
    trouble, context = [], browser.new_context(
        viewport={"width": 1440, "height": 900}, offline=True, accept_downloads=True
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
    page.on("request", lambda one: one.url.startswith(("file:", "blob:", "data:")) or trouble.append(one.url))
    yield page
    context.close()
    assert not trouble, trouble


def lasso(page):
    """Draw a lasso around the right half of the map; returns how many rows it selected."""
    box = page.locator(".hem-catcher").bounding_box()
    places = [(0.5, 0.05), (0.95, 0.05), (0.95, 0.95), (0.5, 0.95), (0.5, 0.1)]
    for k, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
        if k == 0:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_function("Number(document.querySelector('.hem-explorer').dataset.selected) > 0")
    return int(page.locator(".hem-explorer").get_attribute("data-selected"))


def test_a_page_in_one_file_filters_enlarges_and_downloads_without_a_network(blank, run, tmp_path):
    write(run, tmp_path / "animals.html", level="examples", limit=300, where=None)
    blank.goto((tmp_path / "animals.html").as_uri())
    blank.locator(READY).wait_for()
    blank.locator(".hem-figure-place[data-axes=drawn]").wait_for()
    assert blank.locator("h1").inner_text() == "animals: 300 examples"
    assert blank.get_by_text("nothing can be tagged here").is_visible()
    assert blank.locator(".hem-explorer b").first.evaluate("element => element.textContent") != "fox"
    blank.get_by_role("checkbox", name="<b>fox</b>").first.click()
    blank.wait_for_function("Number(document.querySelector('.hem-explorer').dataset.filtered) < 300")
    n = lasso(blank)
    with blank.expect_download() as download:
        blank.get_by_role("button", name="CSV", exact=True).click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 + n
    assert all("<b>fox</b>" in line for line in lines[1:])
    blank.locator(".hem-tile img").first.dblclick()
    blank.locator(".hem-enlarged[data-ready=true] img").first.wait_for()
    assert "3 of 3 neighbours say cat" in blank.locator(".hem-enlarged").inner_text()


def test_a_cell_of_a_notebook_selects_in_python_and_follows_it(blank, run, tmp_path):
    view = run.show(height=600, person="anna")
    sent = []
    view.send = lambda content, buffers: sent.append((content, buffers))

    def python(what, text):
        if what == "traits":
            return json.dumps({name: getattr(view, name) for name in ("data", "view", "filter", "selection", "opened")})
        if what == "save":
            for name, value in json.loads(text).items():
                setattr(view, name, value)
            return ""
        if what == "ask":
            view._answer(view, json.loads(text), [])
            about, (body,) = sent.pop()
            return json.dumps({"about": about, "body": base64.b64encode(body).decode()})
        return {"css": view._css, "esm": view._esm}[what]

    blank.expose_function("python", python)
    (tmp_path / "cell.html").write_text(HOST)
    blank.goto((tmp_path / "cell.html").as_uri())
    blank.locator(READY).wait_for()
    blank.locator(".hem-figure-place[data-axes=drawn]").wait_for()
    assert blank.locator(".hem-explorer.is-dark").count() == 1  # as the notebook around it
    n = lasso(blank)
    blank.wait_for_function("savedRules.selection.all.length === 1")
    assert "polygon" in view.selection["all"][0]
    assert len(view.selected(["id"])) == n
    blank.evaluate("put('selection', { all: [{ rows: ['animal-003', 'animal-007'] }] })")
    blank.wait_for_function("document.querySelector('.hem-explorer').dataset.selected === '2'")
    blank.locator("[data-tag=hard]").click()
    blank.get_by_text("Tagged 2 examples as hard").wait_for()
    rule = {"all": [{"tag": ["hard"]}]}
    view.filter, view.selection = rule, {"all": []}
    assert view.selected(["id"])["id"].tolist() == ["animal-003", "animal-007"]
    blank.locator(".hem-tile img").first.dblclick()
    blank.locator(".hem-drawer[data-shown]").wait_for()
    blank.wait_for_function("savedRules.opened !== ''")
    assert view.opened in ("animal-003", "animal-007")
    assert blank.get_by_role("button", name="Open in Review").count() == 0
