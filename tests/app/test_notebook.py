"""`run.show()` without a notebook: what its page asks is answered, and what is selected comes back."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from hem_core.errors import DataError, HemError, RunError
from hem_core.store.run import open_run
from hem_core.store.shown import shown

HARD = {"all": [{"column": "difficulty", "min": 90, "max": None}]}


@pytest.fixture
def run(whole_workspace):
    return open_run(whole_workspace / "runs" / "tiny")


def asked(view, path, **request):
    """The answer of a view to a request of its page."""
    found = []
    view.send = lambda content, buffers: found.append((content, buffers))
    view._answer(view, {"hem": "request", "id": "1", "method": "GET", "path": path, "body": "", **request}, [])
    ((content, (body,)),) = found
    return content["status"], bytes(body)


def test_a_view_answers_its_page_and_says_what_it_shows(run):
    view = run.show(height=500, person="anna")
    status, body = asked(view, "/hem/columns/tiny")
    assert status == 200
    assert json.loads(body)["n"] == 60
    assert view.data["height"] == 500
    assert view.data["person"] == "anna"
    assert view.data["without"].keys() == {"review", "sets"}
    assert "tiny" in repr(view)


def test_every_request_gets_an_answer_whatever_it_is(run):
    view = run.show()
    assert asked(view, "/hem/nothing")[0] == 404
    status, body = asked(view, "/etc/passwd")
    assert (status, "no address" in json.loads(body)["error"]) == (500, True)


def test_what_is_selected_comes_back_as_rows(run):
    view = run.show(selection=HARD)
    assert view.selected(["id"])["id"].tolist() == ["e54", "e55", "e56", "e57", "e58", "e59"]
    view.filter = {"all": [{"column": "is_correct", "in": [True]}]}
    assert view.rule["all"] == [*view.filter["all"], *HARD["all"]]
    view.filter = view.selection = {"all": []}
    found = view.selected()
    assert len(found) == 0
    assert "difficulty" in found


def test_a_rule_on_a_column_that_is_not_there_is_refused(run):
    with pytest.raises(DataError, match="no column 'nope'"):
        run.show(filter={"all": [{"column": "nope", "min": 1, "max": None}]})


def test_a_level_or_a_height_that_cannot_be_is_refused(run):
    with pytest.raises(RunError, match="no level 'boxes'"):
        run.show("boxes")
    with pytest.raises(HemError, match="height is in pixels"):
        run.show(height=7)


def test_without_the_extra_the_way_to_it_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "app.notebook.view", raising=False)
    with pytest.raises(HemError, match=r"pip install 'hem\[notebook\]'"):
        run.show()


def test_without_the_app_it_is_said():
    with pytest.raises(HemError, match=r"there is no module app\.nowhere"):
        shown("app.nowhere")


def test_a_run_in_no_workspace_cannot_be_tagged_and_says_so(whole_workspace, tmp_path):
    shutil.copytree(whole_workspace / "runs" / "tiny", tmp_path / "alone")
    view = open_run(tmp_path / "alone").show()
    assert "is in no workspace" in view.data["without"]["tags"]
    assert asked(view, "/hem/ids/alone?rows=1")[0] == 200


def test_the_examples_of_the_documentation_run_as_they_stand(whole_workspace, tmp_path, monkeypatch):
    shutil.copytree(whole_workspace, tmp_path / "hem-demo")
    (tmp_path / "hem-demo" / "runs" / "tiny").rename(tmp_path / "hem-demo" / "runs" / "digits")
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[2] / "docs" / "notebook.md").read_text("utf-8")
    space = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(code, space)
    assert len(space["view"].selected()) == 6  # wrong predictions of 60
