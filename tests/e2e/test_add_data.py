"""From nothing to a first result without a terminal."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made_workspace(tmp_path_factory):
    """An empty workspace."""
    return tmp_path_factory.mktemp("empty")


def test_a_csv_that_is_dropped_in_an_empty_workspace_becomes_a_run(opened):
    rows = [f"e{k},{'cat' if k % 2 else 'dog'},{0.9 if k % 2 else 0.2},{0.1 if k % 2 else 0.8}" for k in range(60)]
    note = "x" * 20_000  # together over 1 MB
    content = "\n".join(["id,label,prob_cat,prob_dog,note", *(f"{row},{note}" for row in rows)])
    page = opened()
    page.wait_for_url("**/add_data*")
    file = {"name": "animals.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_text("60 examples").first.wait_for()
    page.get_by_text("Predictions recognised").wait_for()
    page.reload()
    page.get_by_text("Predictions recognised").wait_for()
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Open the run").click(timeout=90_000)
    page.wait_for_url("**/?*run=animals*")
    page.get_by_text("60 examples").first.wait_for()
