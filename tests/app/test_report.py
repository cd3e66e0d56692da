"""The report of a run: the numbers of Overview, escaped, in a file that loads nothing."""

import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from app import bars, loaders
from app.in_process import place_of
from app.report import charts
from app.report.page import page
from app.report.write import write
from app.views.overview.five_numbers import five_numbers
from app.wire.distribution import Headline, counted
from hem_core.cli import hem
from hem_core.errors import HemError
from hem_core.store.run import open_run


@pytest.fixture
def run(whole_workspace):
    return open_run(whole_workspace / "runs" / "tiny")


@pytest.fixture
def text(run):
    with place_of(run).entered():
        return page(run, run.examples)


def test_its_numbers_are_those_of_overview(run, text):
    with place_of(run).entered():
        wanted = five_numbers(run.examples, loaders.overview(run.examples))
    shown = re.findall(r"<div><span>([^<]*)</span><b>([^<]*)</b>", text)
    assert shown == [(one.title, one.value) for one in wanted]
    assert dict(shown)["Examples"] == "60"


def test_it_has_the_sections_of_a_run_and_says_what_the_numbers_mean(text):
    titles = re.findall(r"<h2>([^<]*)", text)
    for title in ("Classes ", "The hardest ", "Model, data, checkpoint", "What the numbers mean"):
        assert title in titles
    assert "95% interval" in text


def test_data_are_text_and_nothing_is_loaded_or_run(text):
    assert "&lt;b&gt;fox&lt;/b&gt;" in text
    assert "<b>fox" not in text
    assert "<script" not in text
    assert set(re.findall(r'(?:src|href)="([a-z]*):', text)) <= {"data"}
    assert "default-src 'none'" in text


def test_a_report_is_written_once(run, tmp_path):
    out = write(run, tmp_path / "new" / "report.html", level="examples")
    assert out.read_text("utf-8").startswith("<!doctype html>")
    with pytest.raises(HemError, match="exists"):
        write(run, out, level="examples")


def test_the_share_page_shows_the_report_and_offers_both_files(whole_workspace, show):
    test = show(whole_workspace, "share", run="tiny")
    assert not test.exception
    assert [one.label for one in test.get("download_button")] == ["Download the report", "Download the copy"]


def test_bars_are_as_long_as_their_counts():
    drawn = charts.bars(pd.Series({"a<b": 30, "c": 10}), ["#000", "#111"])
    long, short = (float(width) for width in re.findall(r'<rect[^>]*width="([\d.]+)"', drawn))
    assert long == pytest.approx(3 * short, abs=0.2)
    assert long < charts.WIDTH
    assert "a&lt;b" in drawn
    assert "30 · 75.0%" in drawn


def test_an_interval_stands_where_its_ends_are():
    table = pd.DataFrame({"name": ["s"], "error_rate": [0.5], "low": [0.25], "high": [1.0]})
    drawn = charts.intervals(table, 0.0)
    places = [[float(x) for x in ends] for ends in re.findall(r'<line x1="([\d.]+)"[^>]* x2="([\d.]+)"', drawn)]
    (zero, _), (low, high) = places
    assert (low - zero) / (high - zero) == pytest.approx(0.25, abs=0.01)


def test_hem_report_names_its_file(run, tmp_path):
    done = CliRunner().invoke(hem, ["report", str(run.folder), "--out", str(tmp_path / "a.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.html").is_file()
    assert "a.html" in done.output.replace("\n", "")


def test_the_report_counts_the_bins_of_overview():
    table = pd.DataFrame({"loss": [0.0, 0.1, 0.2, 3.0, 3.0], "error": [0.0, 0.04, 0.2, 0.97, 1.0]})
    drawn = bars.errors(table["error"])
    counts = {f"{low} to {high}": n for (low, high), n in zip(drawn.data[0].customdata, drawn.data[0].y, strict=True)}
    assert {name: n for name, n in counts.items() if n} == {"0.00 to 0.05": 2, "0.20 to 0.25": 1, "0.95 to 1.00": 2}
    text = charts.errors(table["error"])
    assert re.findall(r"\d\.\d\d to \d\.\d\d", text) == list(counts)
    headline = Headline("loss", "loss", "nats", is_log=False)
    borders, right, wrong = counted(table, headline)
    found = bars.histogram(table, headline)
    assert [list(bar.y) for bar in found.data] == [right.tolist(), wrong.tolist()]
    assert (sum(right), sum(wrong), borders[0], borders[-1]) == (3, 2, 0.0, 3.0)
    assert counted(table[["loss"]], headline)[1].sum() == 5
