import multiprocessing
import os
import signal

import pytest

from hem_core.errors import ConflictError, DataError
from hem_core.store import saved_views
from hem_core.store.saved_views import SavedView

HARD = {"all": [{"column": "difficulty", "min": 90, "max": None}]}
FEW = {"all": [{"rows": ["a", "b"]}]}


def view(name="Night shift", **values):
    return SavedView(**{"name": name, "run": "r", "data": "d", "who": "anna", **values})


def names(folder):
    return [one.name for one in saved_views.listing(folder)]


def test_a_view_is_read_as_it_was_saved(tmp_path):
    stored = saved_views.save(tmp_path, view("  Night   shift ", filter=HARD, selection=FEW, view={"mode": "matrix"}))
    assert stored.name == "Night shift"
    assert stored.saved
    assert saved_views.load(tmp_path, "Night shift") == stored
    assert stored.rule == {"all": [*HARD["all"], *FEW["all"]]}
    assert saved_views.listing(tmp_path) == [stored]


def test_a_taken_name_is_refused_unless_it_is_to_be_replaced(tmp_path):
    saved_views.save(tmp_path, view())
    with pytest.raises(ConflictError, match="there is a saved view 'Night shift' already"):
        saved_views.save(tmp_path, view(filter=HARD, who="bob"))
    assert saved_views.load(tmp_path, "Night shift").who == "anna"
    saved_views.save(tmp_path, view(filter=HARD, who="bob"), is_replacing=True)
    assert saved_views.load(tmp_path, "Night shift").filter == HARD
    assert list((tmp_path / "views").glob("*.tmp")) == []


@pytest.mark.parametrize("name", ["../up", "a/b", "con", "ü · 夜", "<b>x</b>", ".", "A" * 60])
def test_a_name_is_any_text(tmp_path, name):
    saved_views.save(tmp_path, view(name))
    assert names(tmp_path) == [name]
    assert len(list((tmp_path / "views").iterdir())) == 1


@pytest.mark.parametrize("name", ["", "  ", "A" * 61, "a\x00b"])
def test_a_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="a saved view has a name of 1 to 60 characters"):
        saved_views.save(tmp_path, view(name))


def test_rename_and_delete(tmp_path):
    saved_views.save(tmp_path, view("a"))
    saved_views.save(tmp_path, view("b"))
    with pytest.raises(ConflictError, match="'b' already"):
        saved_views.rename(tmp_path, "a", "b")
    saved_views.rename(tmp_path, "a", "c")
    saved_views.rename(tmp_path, "c", "c")
    assert sorted(names(tmp_path)) == ["b", "c"]
    saved_views.delete(tmp_path, "b")
    assert names(tmp_path) == ["c"]
    with pytest.raises(DataError, match="no saved view 'b'; there are: c"):
        saved_views.delete(tmp_path, "b")


def test_rules_that_are_none_are_refused(tmp_path):
    with pytest.raises(DataError, match="a rule is"):
        saved_views.save(tmp_path, view(filter={"any": []}))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format_version": 1, "name": 3}', '{"format_version": 2}'])
def test_a_file_that_is_no_view_is_skipped(tmp_path, content):
    saved_views.save(tmp_path, view())
    (tmp_path / "views" / "other.json").write_text(content)
    assert names(tmp_path) == ["Night shift"]


def test_a_folder_without_views_has_none(tmp_path):
    assert saved_views.listing(tmp_path) == []
    with pytest.raises(DataError, match="there are: none yet"):
        saved_views.load(tmp_path, "x")


def _save_for_ever(folder):
    k = 0
    while True:
        saved_views.save(folder, view("the same", filter={"all": [{"rows": [str(k)] * 5000}]}), is_replacing=True)
        k += 1


def test_a_killed_writer_leaves_a_whole_view(tmp_path):
    saved_views.save(tmp_path, view("the same"))
    before = saved_views.load(tmp_path, "the same").saved
    writer = multiprocessing.get_context("fork").Process(target=_save_for_ever, args=(tmp_path,))
    writer.start()
    while saved_views.load(tmp_path, "the same").saved == before:
        pass
    assert writer.pid
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert names(tmp_path) == ["the same"]
    saved_views.save(tmp_path, view("another"))
    assert list((tmp_path / "views").glob(".*.tmp")) == []
