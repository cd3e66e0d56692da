"""What only a real browser on a real server shows: who gets in, and whose verdicts arrive where."""

import json
import shutil

import pyarrow.parquet as pq
import pytest

from hem_core.store.atomic import write_json, write_table
from hem_core.store.workspace import open_workspace

from .conftest import Site

pytestmark = pytest.mark.browser


def head(page):
    return page.locator(".hem-review header.head")


def ready(page):
    page.wait_for_selector(".hem-review .look")
    return page


def shown(page):
    return page.locator(".hem-review main.body").get_attribute("data-id")


def verdicts(folder):
    home = open_workspace(folder)
    return home.tags().state(home.run("animals").data).set_index("id")["tag"].to_dict()


def test_the_token_lets_a_browser_in_and_nobody_else(site, opened, browser):
    page = ready(opened("review"))
    assert "token" not in page.url
    page.reload()
    ready(page)
    stranger = browser.new_context()
    other = stranger.new_page()
    assert other.goto(f"{site.url}/review").status == 403
    assert "hem app" in other.inner_text("body")
    socket = """(url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve("in"); socket.onerror = () => resolve("refused"); })"""
    address = f"ws://127.0.0.1:{site.port}/_stcore/stream"
    assert other.evaluate(socket, address) == "refused"
    assert page.evaluate(socket, address) == "in"
    stranger.close()


def test_a_page_on_another_port_of_this_machine_opens_no_socket_and_posts_nothing(site, opened, tmp_path):
    page = ready(opened("review"))
    (tmp_path / "evil").mkdir()
    with type(site)(tmp_path / "evil") as other:
        page.goto(f"{other.url}/_stcore/health")  # the cookie of 127.0.0.1 goes along to every port
        found = page.evaluate(
            """async (port) => {
              const socket = await new Promise((resolve) => {
                const one = new WebSocket(`ws://127.0.0.1:${port}/_stcore/stream`);
                one.onopen = () => resolve("in"); one.onerror = () => resolve("refused"); });
              const post = await fetch(`http://127.0.0.1:${port}/hem/name`,
                { method: "POST", mode: "no-cors", credentials: "include", body: "who=mallory" });
              return [socket, post.type];
            }""",
            site.port,
        )
        assert found[0] == "refused"
    page.goto(f"{site.url}/hem/name")
    assert page.get_by_label("Your name").input_value() == site.person  # not mallory


def test_a_reviewer_is_asked_for_a_name_once_and_the_browser_keeps_it(made_workspace, browser, tmp_path):
    folder = tmp_path / "shared"
    shutil.copytree(made_workspace, folder)
    with Site(folder, person="") as shared:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(shared.address("review?who=mallory"))
        page.get_by_label("Your name").fill("Zoë")
        page.get_by_role("button", name="Start reviewing").click()
        ready(page)
        page.keyboard.press("1")
        page.wait_for_selector(".hem-review header.head[data-waiting='0'][data-done='1']")
        home = open_workspace(folder)
        assert home.tags().state(home.run("animals").data)["who"].tolist() == ["Zoë"]
        page.reload()
        ready(page)
        context.close()


def test_verdicts_given_while_the_server_is_down_never_land_in_another_workspace(
    site, opened, made_workspace, tmp_path
):
    other = tmp_path / "other"
    shutil.copytree(made_workspace, other)
    _turn_rows(other)
    page = ready(opened("review"))
    first = shown(page)
    site.__exit__()
    page.keyboard.press("4")
    page.wait_for_selector(".hem-review header.head[data-waiting='1']")
    page.on("dialog", lambda dialog: dialog.accept())
    with type(site)(other, site.port) as wrong:
        page.goto(wrong.address("review"))
        ready(page)
        page.get_by_text("1 of another workspace").wait_for()
        assert verdicts(other) == {}
    site.__enter__()
    page.goto(site.address("review"))
    ready(page)
    page.wait_for_function("Object.keys(localStorage).every((key) => !key.startsWith('hem-outbox:'))")
    assert (verdicts(site.folder), verdicts(other)) == ({first: "ambiguous"}, {})


def test_a_run_made_again_in_another_order_while_review_is_open_gets_no_verdict_of_the_old_page(site, opened):
    page = ready(opened("review"))
    _turn_rows(site.folder)
    page.keyboard.press("4")
    page.wait_for_selector(".hem-review header.head[data-refused='1'][data-waiting='0']")
    assert verdicts(site.folder) == {}
    page.get_by_text("1 not saved").click()
    assert "in another order" in page.locator(".unsaved .list").inner_text()
    page.get_by_role("button", name="Discard", exact=True).click()
    page.wait_for_selector(".hem-review header.head[data-refused='0']")


def _turn_rows(folder):
    """The run made again from the same data in another order; its ids are positions."""
    home = folder / "runs" / "animals"
    for name in ("scores", "catalog"):
        table = pq.read_table(home / f"{name}.parquet").to_pandas()
        turned = table.iloc[::-1].reset_index(drop=True).assign(id=table["id"])
        write_table(home / f"{name}.parquet", turned)
    info = json.loads((home / "run.json").read_text())
    write_json(home / "run.json", {**info, "fingerprint": "turned"})
