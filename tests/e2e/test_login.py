"""People log in with an identity provider: its name signs what they do, and no other name does."""

import shutil

import pytest

from hem_core.store.workspace import open_workspace

from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def site(made_workspace, identity_provider, tmp_path):
    folder = tmp_path / "workspace"
    shutil.copytree(made_workspace, folder)
    served = Site(folder)
    identity_provider.write_secrets(folder, served.url)
    with served as running:
        yield running


def test_who_logs_in_signs_with_that_name_and_cannot_take_another(site, opened):
    page = opened("review", person="mallory")  # the name in the cookie, and that of the server's account, count nothing
    page.get_by_role("button", name="Log in").last.click()
    page.fill("input[name='as']", "Ada Lovelace")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Ada Lovelace").wait_for()  # back, by way of another address
    page.goto(f"{site.url}/review?who=mallory")
    page.wait_for_selector(".hem-review .body[data-id] .look")
    page.get_by_role("button", name="Ada Lovelace").wait_for()
    page.keyboard.press("2")
    page.wait_for_selector(".hem-review header.head[data-waiting='0'][data-done='1']")
    home = open_workspace(site.folder)
    assert home.tags().state("animals")["who"].tolist() == ["Ada Lovelace"]
    answer = page.request.post(f"{site.url}/hem/name", form={"who": "mallory"})
    assert answer.status == 409
    assert "the name that you log in with" in page.request.get(f"{site.url}/hem/name").text()
    page.reload()
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in").first.wait_for()
