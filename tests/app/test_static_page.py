"""A run as one HTML file: what is in it, what is not, and that data never become markup."""

import base64
import gzip
import json
import re

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from app import loaders
from app.in_process import place_of
from app.static_page.chosen_rows import chosen_rows
from app.static_page.write import content, write
from app.views.share.page import limits
from hem_core.cli import hem
from hem_core.errors import HemError
from hem_core.store.atomic import write_array, write_table
from hem_core.store.run import open_run
from hem_core.store.tags import open_tags


def files(page):
    """The files inside a page by name."""
    packed = re.search(r'id="hem-files">([^<]*)<', page.decode())[1]
    whole = gzip.decompress(base64.b64decode(packed))
    size = int.from_bytes(whole[:4], "little")
    found, at = {}, 4 + size
    for name, length in json.loads(whole[4:at]):
        found[name] = whole[at : at + length]
        at += length
    return found


@pytest.fixture(scope="module")
def run(whole_workspace):
    return open_run(whole_workspace / "runs" / "tiny")


@pytest.fixture(scope="module")
def page(run):
    return content(run, level="examples", limit=20)[0]


def test_half_of_the_rows_are_the_hardest_and_the_page_says_so(run):
    chosen = chosen_rows(run.examples, np.arange(60), 20)
    assert set(range(50, 60)) < set(chosen.rows.tolist())
    assert len(chosen.rows) == len(set(chosen.rows.tolist())) == 20
    assert chosen.hardest[:3].tolist() == [59, 58, 57]
    assert chosen.sentence.startswith("20 of 60 examples: the 10 hardest and 10 at random")
    assert chosen_rows(run.examples, np.arange(60), 60).sentence == ""


def test_columns_ids_details_and_pictures_are_of_the_same_rows(run, page):
    found, rows = files(page), chosen_rows(run.examples, np.arange(60), 20).rows
    wanted = run.at(rows, ["id", "difficulty"])
    assert json.loads(found["ids"]) == wanted["id"].tolist()
    np.testing.assert_array_equal(np.frombuffer(found["column/difficulty"], "<f4"), wanted["difficulty"])
    details = json.loads(found["details"])
    assert [item["id"] for item in details] == wanted["id"].tolist()
    assert all(one["id"] == details[one["row"]]["id"] for item in details for one in item["neighbours"] or ())
    assert int.from_bytes(found["thumbs"][:4], "little") == 20


def test_no_text_of_the_data_stands_in_the_markup(page):
    outside = re.sub(r'<script type="text/plain"[^>]*>[^<]*</script>', "", page.decode())
    assert "<b>fox</b>" not in outside
    assert "**dog**" not in outside
    assert outside.count("</script>") == outside.count("<script") == 1


def test_nothing_is_loaded_from_elsewhere_and_reviewers_are_not_named(workspace, page):
    assert b"default-src 'none'" in page
    assert not re.search(rb'(src|href)="', page)
    details = json.loads(files(page)["details"])
    assert not {"history", "verdict", "bulk"} & set(details[0])


def test_a_condition_narrows_it_and_an_existing_file_stays(run, tmp_path):
    out = tmp_path / "page.html"
    done = write(run, out, level="examples", limit=100, where="difficulty > 90")
    assert (done.n, done.size_bytes) == (6, out.stat().st_size)
    assert done.sentence == "6 examples of 60 met the condition of this copy."
    with pytest.raises(HemError, match="exists"):
        write(run, out, level="examples", limit=100, where=None)
    with pytest.raises(HemError, match="no row of run 'tiny' meets"):
        content(run, level="examples", limit=5, where="difficulty > 900")


def test_hem_export_static_says_how_large_the_page_is_and_what_it_left_out(run, tmp_path):
    command = ["export", str(run.folder), "--static", "--out", str(tmp_path / "a.html"), "--limit", "10"]
    done = CliRunner().invoke(hem, command)
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert re.search(r"10 examples in .*a\.html: \d+\.\d MB", said)
    assert "the 5 hardest and 5 at random" in said
    both = CliRunner().invoke(hem, [*command[:3], "--out", str(tmp_path / "b.html"), "--format", "csv"])
    assert "--format and --static exclude each other" in str(both.exception)
    held_out = CliRunner().invoke(hem, [*command, "--with-held-out"])
    assert "--with-held-out and --static exclude each other" in str(held_out.exception)


def test_the_tags_that_were_given_are_in_it_and_who_gave_them_is_not(workspace):
    folder = workspace()
    run = open_run(folder / "runs" / "tiny")
    log = open_tags(folder / "tags.sqlite")
    log.add(run.data, ["e03"], "hard", who="anna-the-reviewer")
    log.add(run.data, ["e04", "e05"], "of my own", who="anna-the-reviewer")
    found = files(content(run, level="examples", limit=100)[0])
    assert [row for row, code in enumerate(found["verdicts"]) if code] == [3]
    assert [row for row, tags in enumerate(json.loads(found["free"])) if tags == ["of my own"]] == [4, 5]
    assert not [name for name, bytes_ in found.items() if b"anna-the-reviewer" in bytes_]


def test_a_search_finds_in_it_what_the_run_has(run):
    searched = json.loads(files(content(run, level="examples", limit=100)[0])["searched"])
    wanted = run.rows({"all": [{"search": "e1 fox"}]})
    assert [row for row, texts in enumerate(searched) if all(any(w in t for t in texts) for w in ("e1", "fox"))] == (
        wanted.tolist()
    )


def test_the_clusters_of_its_map_have_the_names_that_explore_shows(run, page):
    with place_of(run).entered():
        assert json.loads(files(page)["clusters"]) == {"clusters": loaders.clusters_on_map(run.examples)}


def test_the_typical_rows_of_its_clusters_are_rows_of_the_page(calibrated):
    home = calibrated() / "runs" / "tiny"
    write_array(home / "embeddings" / "00000.npy", np.random.default_rng(0).normal(size=(60, 4)).astype("f4"))
    table = pq.read_table(home / "scores.parquet")
    at = table.column_names.index("cluster")
    write_table(home / "scores.parquet", table.set_column(at, "cluster", pc.utf8_slice_codeunits(table["label"], 0, 5)))
    run = open_run(home)
    whole, page = (files(content(run, level="examples", limit=limit)[0]) for limit in (60, 20))
    ids, of_page = json.loads(whole["ids"]), json.loads(page["ids"])
    clusters = run.examples.table(["id", "cluster"]).set_index("id")["cluster"].astype(str)
    found = json.loads(page["clusters"])["clusters"]
    assert len(ids) == 60
    assert [len(one["typical"]) for one in found] == [3] * len(found)
    assert found
    for one in found:
        assert {clusters[of_page[row]] for row in one["typical"]} == {one["cluster"]}


def test_a_label_that_would_end_the_script_stays_data(workspace):
    home = workspace() / "runs" / "tiny"
    table, label = pq.read_table(home / "scores.parquet"), "</script><script>alert(1)</script>"
    write_table(home / "scores.parquet", table.set_column(table.column_names.index("label"), "label", [[label] * 60]))
    page = content(open_run(home), level="examples", limit=100)[0]
    assert b"alert(1)" not in page
    assert page.count(b"<script") == page.count(b"</script>") == 3
    assert json.loads(files(page)["details"])[0]["label"] == label


def test_a_copy_is_never_offered_more_rows_than_there_are():
    assert limits(364) == [364]
    assert limits(2_000) == [500, 2_000]
    assert limits(20_001) == [500, 2_000, 5_000, 20_000]
    assert limits(0) == [0]
