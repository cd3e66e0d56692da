"""Tags in a database that the environment or --tags-url names: used by every command, and never with its password."""

import os
import subprocess
import sys
import uuid

import pandas as pd
import pytest

from hem_core.cli._tags_url import tags_at
from hem_core.errors import HemError
from hem_core.store.run import open_run
from hem_core.store.tag_place import parsed, shown, tag_place
from hem_core.store.tags_url import TAGS_URL
from hem_core.store.workspace import Workspace
from tests.store import postgres
from tests.store.conftest import make_run

SECRET = "s3cr3t"
NOBODY = f"postgresql://me:{SECRET}@127.0.0.1:9/tags"


@pytest.fixture(autouse=True)
def no_url(monkeypatch):
    monkeypatch.setenv(TAGS_URL, "")


def test_the_option_comes_before_the_environment_and_both_before_the_file(tmp_path, monkeypatch):
    assert tag_place(tmp_path) == tmp_path / "tags.sqlite"
    monkeypatch.setenv(TAGS_URL, "postgresql://a/b")
    assert tag_place(tmp_path) == "postgresql://a/b"
    assert tag_place(tmp_path, "postgresql://c/d") == "postgresql://c/d"
    tags_at("postgresql://e/f")
    tags_at(None)
    assert tag_place(tmp_path) == "postgresql://e/f"


def test_a_workspace_reads_the_log_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv(TAGS_URL, f"sqlite:///{tmp_path / 'elsewhere.db'}")
    Workspace(tmp_path).tags().add("d", ["e0"], "hard", who="ann")
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (tmp_path / "tags.sqlite").exists()


@pytest.mark.parametrize("url", [NOBODY, f"postgres://me@127.0.0.1:9/tags?password={SECRET}"])
def test_a_server_that_does_not_answer_is_one_line_without_the_password(tmp_path, url):
    with pytest.raises(HemError, match=r"^the tag log postgresql\+psycopg://me.*cannot be opened: .*") as error:
        Workspace(tmp_path).tags(url)
    assert SECRET not in str(error.value)
    assert "\n" not in str(error.value)
    assert SECRET not in shown(parsed(url))


@pytest.mark.parametrize("url", [f"tags-{SECRET}", f"post gres://{SECRET}"])
def test_what_is_no_url_is_said_with_an_example(tmp_path, monkeypatch, url):
    monkeypatch.setenv(TAGS_URL, url)
    with pytest.raises(HemError, match="postgresql\\+psycopg://USER@HOST/DATABASE") as error:
        Workspace(tmp_path).tags()
    assert SECRET not in str(error.value)


def hem(*words, **environment):
    command = [sys.executable, "-c", "from hem_core.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


@pytest.mark.slow
def test_the_app_says_so_with_exit_code_2_before_it_starts(tmp_path):
    for done in (
        hem("app", tmp_path, "--no-browser", "--tags-url", NOBODY),
        hem("app", tmp_path, "--no-browser", HEM_TAGS_URL=NOBODY),
    ):
        assert done.returncode == 2, done.stderr
        assert "cannot be opened" in done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def database():
    with postgres.running() as home:
        yield postgres.new_place(home, f"t_{uuid.uuid4().hex[:12]}")


@pytest.mark.slow
def test_commands_read_the_tags_from_postgresql(tmp_path, database):
    run = make_run(tmp_path / "runs" / "tiny")
    found = {}
    Workspace(tmp_path).tags(database).add("tiny-data", ["id-00"], "mislabelled", value="dog", who="ann")
    ways = {"option": ("--tags-url", database), "variable": (), "file": ()}
    for way, words in ways.items():
        environment = {TAGS_URL: database} if way == "variable" else {}
        done = hem("export", run, "--out", tmp_path / way, *words, **environment)
        assert done.returncode == 0, done.stderr
        table = pd.read_parquet(next((tmp_path / way).glob("*.parquet"))).set_index("id")
        found[way] = table.loc["id-00", "label"]
    given = open_run(run).table().set_index("id").loc["id-00", "label"]
    assert found == {"option": "dog", "variable": "dog", "file": given}
    assert given != "dog"
