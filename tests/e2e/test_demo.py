"""What `hem demo` makes, the app shows: the engine's files and the pages agree."""

import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from hem_core import open_run


@pytest.fixture(scope="module")
def made_workspace(tmp_path_factory):
    """The real thing instead of the hand-made run: digits, trained, recorded and scored."""
    folder = tmp_path_factory.mktemp("demo")
    command = [Path(sys.executable).with_name("hem"), "demo", "digits", "--no-app", "--workspace", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "s left" in done.stderr
    return folder


@pytest.mark.slow
def test_the_planted_flips_are_suspected(made_workspace):
    table = open_run(made_workspace / "runs" / "digits").table()
    assert len(table) == 1797
    assert table["planted_flip"].sum() == 90
    assert (table["label"] != table["true_label"]).tolist() == table["planted_flip"].tolist()
    assert roc_auc_score(table["planted_flip"], table["label_suspicion"]) > 0.98


@pytest.mark.browser
def test_overview_and_explore_show_the_demo(opened, made_workspace):
    table = open_run(made_workspace / "runs" / "digits").table()
    page = opened()
    page.get_by_text("1,797", exact=True).first.wait_for()
    assert page.get_by_text(f"{(table['reason'] == 'mislabelled').sum()}", exact=False).count()
    page.goto(page.url.split("?")[0].rstrip("/") + "/explore")
    page.get_by_text("Embedding map").click()
    page.get_by_text("1,797 examples").first.wait_for()
    wrong = f"{(~table['is_correct']).sum():,}"
    assert page.locator("[data-column=is_correct] .hem-line", has_text="wrong").inner_text().split()[-1] == wrong
