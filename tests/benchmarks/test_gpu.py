"""The script for a GPU, tried without one: its figures are of the processor, its paths are the same."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"
SMALL = ["--device", "cpu", "--n", "32", "--size", "16", "--rows", "200", "--no-tests"]


@pytest.mark.slow
def test_every_table_has_its_figures():
    done = subprocess.run([sys.executable, SCRIPT, *SMALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ") and "---" not in line]
    titles = [line for line in lines if "/s" in line or ", s" in line]
    assert len(titles) == 3
    for line in sorted(set(lines) - set(titles)):
        figures = [float(cell.replace(",", "")) for cell in line.split("|")[2:6]]
        assert min(figures) >= 0, line
    assert "Exact gradient norms: " in done.stdout
    assert "Largest difference of fp32 from fp32: predicted_prob 0, " in done.stdout
