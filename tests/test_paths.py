"""Paths that can never be one: every command answers in one line, with exit code 2, and none waits for ever."""

import functools
import os
import sys

import pytest
import typer.main
from PIL import Image

from hem_core.catalog import info, read
from hem_core.cli import main
from hem_core.engine.inputs import open_inputs
from hem_core.errors import DataError
from hem_core.paths import check_path, read_file

MODEL, TRAIN = ("--model", "demo_models.digits:model"), ("--train", "demo_models.digits:train")
COMMANDS = [
    ("score", "@", *MODEL, "--out", "out"),
    ("score", "d.csv", "--model", "@", "--out", "out"),
    ("score", "d.csv", *MODEL, "--weights", "@", "--out", "out"),
    ("score", "d.csv", *MODEL, "--test", "@", "--out", "out"),
    ("score", "d.csv", *MODEL, "--dynamics", "@", "--out", "out"),
    ("score", "d.csv", *MODEL, "--beside", ".", "--beside", "@", "--out", "out"),
    ("score", "d.csv", *MODEL, "--out", "@"),
    ("select", "@"),
    ("export", "@", "--out", "out"),
    ("export", ".", "--out", "@"),
    ("export", ".", "--out", "out", "--data", "@"),
    ("retrain", "@", "--set", "hard", *TRAIN),
    ("retrain", ".", "--set", "hard", *TRAIN, "--test", "@"),
    ("retrain", ".", "--set", "hard", *TRAIN, "--data", "@"),
    ("loop", "@", *TRAIN),
    ("loop", "d.csv", *TRAIN, "--test", "@"),
    ("loop", "d.csv", *TRAIN, "--out", "@"),
    ("import-labels", "@"),
    ("import-labels", "d.csv", "--workspace", "@"),
    ("import-tags", "@", "."),
    ("import-tags", "d.csv", "@"),
    ("check", "@", "--set", "hard", *MODEL),
    ("check", "--set", "hard", "--model", "@"),
    ("check", "--set", "hard", *MODEL, "--weights", "@"),
    ("slices", "@"),
    ("labels", "@"),
    ("reasons", "@"),
    ("app", "@", "--no-browser"),
    ("demo", "digits", "--workspace", "@", "--no-app"),
    ("demo", "sms-spam", "--data", "@", "--no-app"),
]
ODD = {
    "x" * 256: "is too long for a path",
    "é" * 128: "is too long for a path",
    "folder/" * 600 + "x": "is too long for a path",
    "a\0b": "NUL byte",
    "file/below": "is below 'file', which is a file",
    "file/deep/below": "is below 'file', which is a file",
    "broken": "is a broken link to 'nowhere'",
    "circle": "leads back to itself",
    "pipe.csv": "is a pipe",
    "/dev/zero": "is a device",
    "zero.csv": "is a device",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a table, a file, a pipe, a link to nowhere and one to itself; it is the current one."""
    (tmp_path / "d.csv").write_text("id,label\na,x\n")
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path)
    return tmp_path


ONE_COMMAND = functools.cache(typer.main.get_command)
"""Typer makes the whole command again in each call, which takes longer than all that is asked of it here."""


def hem(capsys, monkeypatch, *words):
    monkeypatch.setattr(typer.main, "get_command", ONE_COMMAND)
    monkeypatch.setattr(sys, "argv", ["hem", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, capsys.readouterr().err.strip().splitlines()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_path_that_can_never_be_one_is_one_line_and_exit_code_2(here, capsys, monkeypatch, command):
    for path, words in ODD.items():
        code, lines = hem(capsys, monkeypatch, *(path if word == "@" else word for word in command))
        assert (code, len(lines)) == (2, 1), (path, lines)
        assert words in lines[0], (path, lines)
        assert len(lines[0]) < 300
    assert not (here / "out").exists()


def test_the_line_names_the_option_as_it_was_typed(here, capsys, monkeypatch):
    _, lines = hem(capsys, monkeypatch, "score", "d.csv", *MODEL, "--beside", "pipe.csv", "--out", "out")
    assert lines == [
        "error: --beside 'pipe.csv' is a pipe, not a file or folder; save its output as a file, and pass that file"
    ]
    _, lines = hem(capsys, monkeypatch, "loop", "broken", *TRAIN)
    assert lines[0].startswith("error: DATA 'broken' is a broken link")


def test_a_name_of_255_bytes_and_one_that_is_not_there_yet_are_fine(here):
    for path in ("x" * 255, "é" * 127, "new/place", ".", "d.csv", "demo_models.digits:model"):
        check_path(path, "--out")


def test_an_empty_text_is_no_path(here):
    with pytest.raises(DataError, match="--test is empty"):
        check_path("", "--test")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_is_closed_to_us_is_said(here):
    closed = here / "closed"
    closed.mkdir(mode=0)
    with pytest.raises(DataError, match="'closed' cannot be read: there is no permission"):
        check_path("closed", "--data")
    with pytest.raises(DataError, match="no permission for a folder above it"):
        check_path("closed/inside", "--data")


def test_a_pipe_among_the_files_is_not_read(here):
    with pytest.raises(OSError, match="it is a pipe, not a file"):
        read_file(here / "pipe.csv")
    assert read_file(here / "file") == b"x"


def test_a_picture_that_is_a_pipe_fails_alone(here):
    Image.new("L", (4, 4)).save("a.png")
    os.mkfifo("b.png")
    (here / "images.csv").write_text("id,label,image\na,x,a.png\nb,y,b.png\n")
    catalog = read("images.csv")
    batch = open_inputs(catalog, info(catalog), root=here, dataset=None, channels=1, resize=None).read([0, 1])
    assert batch.indices == [0]
    assert batch.failures == [(1, "cannot read 'b.png': it is a pipe, not a file")]
