"""Every score has a page that says what its docstring says."""

import subprocess
import sys
from pathlib import Path

import pytest

from hem_core import scores

ROOT = Path(__file__).parents[1]
PAGES = ROOT / ".github" / "scores"


@pytest.mark.parametrize("name", scores.names())
def test_a_score_has_a_page_with_its_formula_and_a_figure(name):
    card = scores.describe(name)
    page = (PAGES / f"{name}.md").read_text()
    for said in (card["formula"].replace("|", "\\|"), card["range"], card["cost"], card["use"], "higher = harder"):
        assert said in page
    assert (PAGES / f"{name}.svg").read_text().startswith("<svg")
    assert f"[{name}]({name}.md)" in (PAGES / "README.md").read_text()


def check(script):
    return subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)


def test_no_page_is_stale():
    done = check(ROOT / ".ci" / "score_pages.py")
    assert done.returncode == 0, done.stderr


def test_a_stale_page_and_a_missing_figure_are_named(tmp_path):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".github").mkdir()
    script = tmp_path / ".ci" / "score_pages.py"
    script.write_text((ROOT / ".ci" / "score_pages.py").read_text())
    copied = tmp_path / ".github" / "scores"
    copied.mkdir()
    for path in PAGES.iterdir():
        (copied / path.name).write_text(path.read_text())
    entropy = copied / "entropy.md"
    entropy.write_text(entropy.read_text().replace("| flipped labels | 0.", "| flipped labels | 0.9"))  # may differ
    assert entropy.read_text() != (PAGES / "entropy.md").read_text()
    assert check(script).returncode == 0
    (copied / "margin.md").write_text((PAGES / "margin.md").read_text().replace("max over", "min over"))
    (copied / "loss.svg").unlink()
    (copied / "margn.md").write_text("# margn")
    done = check(script)
    assert done.returncode == 1
    assert done.stderr.splitlines()[:-1] == [
        "loss.svg is missing",
        "margin.md is stale",
        "margn.md belongs to no score",
    ]
