"""What the README and the pages of the documentation show is run."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def examples(text):
    """The blocks of Python in a page."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


PAGES = {path.stem: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
FOLDS, PYTHON, MINING = (examples(PAGES[name]) for name in ("folds", "python", "mining"))


def test_the_train_function_trains_in_folds(tmp_path):
    pixels, target = load_digits(return_X_y=True)
    images = (pixels.reshape(-1, 8, 8) * 15).astype(np.uint8)[:300]
    np.savez(tmp_path / "digits.npz", images=images, labels=target.astype(np.int64)[:300])
    (tmp_path / "mine.py").write_text(FOLDS[0])
    words = ["score", "digits.npz", "--train", "mine:train", "--oos", "2", "--no-map", "--out", "work/runs/folds"]
    code = f"import sys; sys.argv = ['hem', *{words}]; from hem_core.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "(out-of-sample)" in done.stderr
    assert "fold 2 of 2" in done.stderr


def test_the_python_example_runs_as_it_stands(tmp_path):
    code = next(example for example in PYTHON if "hem_core.score(" in example)
    assert len(code.strip().splitlines()) <= 20
    pixels, target = load_digits(return_X_y=True)
    np.save(tmp_path / "images.npy", (pixels.reshape(-1, 8, 8) * 15).astype(np.uint8)[:400])
    np.save(tmp_path / "labels.npy", target.astype(np.int64)[:400])
    more = next(example for example in PYTHON if "run.level(" in example)
    both = [sys.executable, "-c", code + more]
    done = subprocess.run(both, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "difficulty" in done.stdout
    assert "('examples',) 400" in done.stdout
    assert (tmp_path / "work" / "runs" / "first" / "scores.parquet").exists()


def test_the_example_of_mining_runs_as_it_stands():
    code = next(example for example in PYTHON if "mining" in example)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Report" in done.stdout


@pytest.mark.parametrize("number", range(1, len(MINING)))
def test_an_example_of_the_page_on_mining_runs_after_the_first(number, tmp_path, run_twice):
    code = MINING[0] + MINING[number]
    if "init_process_group" in code:
        run_twice(code, cwd=tmp_path)
        return
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_and_option_in_the_readme_and_the_pages_exists():
    from typer.testing import CliRunner

    from hem_core.cli import hem

    for line in re.findall(r"^(hem [a-z].*)$", "\n".join([README, *PAGES.values()]), re.MULTILINE):
        words = line.split("#")[0].split()
        help_text = CliRunner().invoke(hem, [words[1], "--help"], env={"COLUMNS": "200"}).stdout
        assert "Usage" in help_text, line
        for option in re.findall(r"--[a-z-]+", line.split("#")[0]):
            assert option in help_text, line


def test_the_pictures_and_pages_that_the_readme_links_are_there():
    for path in re.findall(r"\]\(([^)#]+)[^)]*\)", README):
        assert path.startswith("https://") or (ROOT / path).is_file(), path
