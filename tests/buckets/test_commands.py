"""Every command and addresses: what reads a run reads it in a bucket too, and what writes says what to do instead."""

import inspect
import json
from pathlib import Path
from typing import get_type_hints

import fsspec
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import hem_core.cli
from hem_core import folder
from hem_core.cli import hem as command_line
from hem_core.cli._paths import IN_BUCKET, RUN_IN_BUCKET, WORKSPACE_IN_BUCKET, _metadata
from hem_core.errors import DataError

COMMANDS = {name: folder.load(hem_core.cli, name) for name in folder.names(hem_core.cli)}
FETCHED = (RUN_IN_BUCKET, WORKSPACE_IN_BUCKET)
MORE = {
    "near": ["--id", "e3"],
    "why": ["--where", "difficulty > 50"],
    "select": ["--n", "5", "--policy", "random"],
    "check": ["--run", "first", "--against", "first"],
    "export": ["--static", "--out", "page.html"],
}
"""What a command needs beside the run."""
OTHERS = {"import_tags", "import_labels", "correct", "copy", "mcp"}
"""Their answers speak of a file that they write or read, or they serve; tested below or where they are."""


def hints(name):
    return get_type_hints(getattr(COMMANDS[name], name), include_extras=True)


def fetched(name):
    """The parameter of a command that a run in a bucket is fetched for."""
    return next((each for each, hint in hints(name).items() if set(FETCHED) & set(_metadata(hint))), None)


def hem(*words):
    """What a command answers, or its error."""
    done = CliRunner().invoke(command_line, [*map(str, words), "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return {"error": str(done.exception)}
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """One run twice: its folder in a workspace, and its address."""
    made, patch = tmp_path_factory.mktemp("commands"), pytest.MonkeyPatch()
    patch.setenv("HEM_CACHE", str(made / "cache-of-the-maker"))
    random = np.random.default_rng(0)
    prob, x = random.uniform(size=60), random.normal(size=(60, 4))
    rows = {"id": [f"e{row}" for row in range(60)], "label": ["x", "y"] * 30, "prob_x": prob, "prob_y": 1 - prob}
    table = pd.DataFrame({**rows, "embedding": list(x.astype(np.float32))})
    here, there = made / "work/runs/first", f"memory://{made.name}/work/runs/first"
    hem_core.score(None, table, out=here, has_map=False)
    assert hem("copy", here, there)["run"] == there
    patch.undo()
    yield here, there
    fsspec.filesystem("memory").rm(f"/{made.name}", recursive=True)


def files(place):
    return {path: path.read_bytes() for path in sorted(Path(place).rglob("*")) if path.is_file()}


def objects(address):
    system = fsspec.filesystem("memory")
    return {name: system.cat(name) for name in system.find(address.partition("/runs/")[0])}


@pytest.mark.parametrize("name", sorted(name for name in set(COMMANDS) - OTHERS if fetched(name)))
def test_a_command_that_only_reads_a_run_reads_it_in_a_bucket_and_leaves_nothing(
    name, two, tmp_path, cache, monkeypatch
):
    here, there = two
    monkeypatch.chdir(tmp_path)
    is_of_run = RUN_IN_BUCKET in _metadata(hints(name)[fetched(name)])
    before, stored = files(here.parents[1]), objects(there)
    with_settled = ["--no-curve"] if name == "advise" else []
    words = [*MORE.get(name, []), *with_settled]
    theirs = hem(name, there if is_of_run else there.partition("/runs/")[0], *MORE.get(name, []))
    assert objects(there) == stored
    assert {path.parent.name for path in files(cache / "work")} <= {path.parent.name for path in files(here)}
    for made in tmp_path.glob("*.html"):
        made.unlink()
    ours = hem(name, here if is_of_run else here.parents[1], *words)
    assert "error" not in ours
    if "size_bytes" in ours:  # of a page, which says when it was written
        assert theirs.pop("size_bytes") == pytest.approx(ours.pop("size_bytes"), rel=0.01)
    assert json.loads(json.dumps(theirs).replace(there.partition("/runs/")[0], str(here.parents[1]))) == ours
    assert files(here.parents[1]) == before


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_what_takes_no_address_says_what_to_do_instead(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    command = getattr(COMMANDS[name], name)
    takes = {each for each, hint in hints(name).items() if {IN_BUCKET, *FETCHED} & set(_metadata(hint))}
    checked = hem_core.cli.with_checked_paths(command)
    for each, hint in hints(name).items():
        if each in takes or "Path" not in str(hint):
            continue
        given = dict.fromkeys(inspect.signature(command).parameters)
        with pytest.raises(DataError, match=r"is in a bucket, .*: pass a local path; hem copy copies"):
            checked(**{**given, each: Path("memory://nothing/work")})


@pytest.mark.parametrize(
    ("name", "option"), [(name, each) for name in sorted(COMMANDS) if fetched(name) for each in
                         getattr(COMMANDS[name], "READ_ONLY", ())]
)  # fmt: skip
def test_an_option_that_writes_to_the_run_is_refused_with_the_way_out(name, option, two):
    command = getattr(COMMANDS[name], name)
    parameters = inspect.signature(command).parameters
    given = {each: one.default for each, one in parameters.items()}
    asked = {fetched(name): Path(two[1]), option: True if isinstance(parameters[option].default, bool | None) else "x"}
    with pytest.raises(DataError, match=r"--.* needs the run on the local disk, .*: copy it with hem copy"):
        hem_core.cli.with_checked_paths(command)(**{**given, **asked})


def test_files_of_a_run_in_a_bucket_are_written_there_or_here(two, tmp_path):
    there, bucket = two[1], two[1].partition("/runs/")[0]
    assert hem("report", there, "--out", f"{bucket}/report.html") == {"report": f"{bucket}/report.html"}
    assert fsspec.filesystem("memory").cat(f"{bucket}/report.html").startswith(b"<!")
    assert hem("export", there, "--out", tmp_path / "hard", "--format", "csv", "--where", "difficulty > 50")["n"] > 0
    assert (tmp_path / "hard/examples.csv").is_file()
    fsspec.filesystem("memory").rm(f"{bucket}/report.html")


def test_a_run_comes_back_from_a_bucket_as_it_went(two, tmp_path):
    here, there = two
    assert hem("copy", there, tmp_path / "work/runs/back")["n"] == 60
    names = {path.relative_to(here): path.read_bytes() for path in files(here)}
    back = tmp_path / "work/runs/back"
    assert {path.relative_to(back): path.read_bytes() for path in files(back)} == names
    assert "exists; name another place" in hem("copy", there, back)["error"]
    assert "exists; name another place" in hem("copy", here, there)["error"]


def test_tags_of_a_run_in_a_bucket_go_to_a_database_or_are_refused(two, tmp_path, monkeypatch):
    there = two[1]
    (tmp_path / "ids.txt").write_text("e1\ne2\n")
    words = ("import-tags", tmp_path / "ids.txt", there, "--as", "seen")
    assert "which is in a bucket, need a database: set HEM_TAGS_URL" in hem(*words)["error"]
    monkeypatch.setenv("HEM_TAGS_URL", f"sqlite:///{tmp_path}/tags.db")
    assert (hem(*words)["n_new"], hem(*words)["n_new"]) == (2, 0)
