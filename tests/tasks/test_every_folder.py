"""Each folder of items with each task of the house: an item does its work, or says in a line why it cannot."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import scenes
from PIL import Image

import app.views
import hem_core
import hem_core.export
from hem_core import folder, scores, tasks
from hem_core.errors import HemError
from hem_core.selection import options
from hem_core.sets.export_run import export_run
from hem_core.sets.select import select
from hem_core.testing._task_sample import sample_of
from hem_core.types import Outputs

N = 24
TASKS = tasks.names()
FORMATS = folder.names(hem_core.export)


def pictures(home):
    """A small picture for each row: a column of ids and a column of paths."""
    chance = np.random.default_rng(0)
    names = [f"p{row:02d}.png" for row in range(N)]
    for name in names:
        Image.fromarray(chance.integers(0, 255, (8, 8), dtype=np.uint8)).save(home / name)
    return pd.DataFrame({"id": names, "image_path": names})


def classification(home):
    chance = np.random.default_rng(0)
    probs, width = chance.dirichlet((1, 1, 1), N), 4
    table = pictures(home).assign(label=list("abc") * (N // 3), probs=list(probs))
    table.assign(embedding=list(chance.normal(size=(N, width)))).to_parquet(home / "answers.parquet")
    return home / "answers.parquet", {"classes": list("abc")}


def multilabel(home):
    chance = np.random.default_rng(0)
    given, probs = chance.random((N, 2)) < 0.5, chance.random((N, 2))
    label = ["|".join(np.array(["day", "night"])[row]) or "day" for row in given]
    pictures(home).assign(label=label, prob_day=probs[:, 0], prob_night=probs[:, 1]).to_csv(home / "tags.csv")
    return home / "tags.csv", {"task": "multilabel", "classes": ["day", "night"]}


def regression(home):
    chance = np.random.default_rng(0)
    label = chance.normal(size=N).round(3)
    pictures(home).assign(label=label, prediction=label + chance.normal(size=N).round(3)).to_csv(home / "numbers.csv")
    return home / "numbers.csv", {"task": "regression"}


def detection(home):
    data = scenes.write(home / "scenes")
    return data / "annotations.json", {"predictions": data / "results.json", "images": data / "photos"}


def generation(home):
    chance = np.random.default_rng(0)
    counts, mean = chance.integers(2, 30, N), chance.gamma(2, size=N)
    losses = {"token_loss_mean": mean, "token_loss_worst": mean * chance.uniform(1, counts)}
    rows = {"id": [f"t{row:02d}" for row in range(N)], "text": [f"text {row}" for row in range(N)], "label": counts}
    pd.DataFrame(rows | losses | {"tokens_right": chance.integers(0, counts)}).to_parquet(home / "examples.parquet")
    return home / "examples.parquet", {"task": "generation"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run from stored predictions of each task."""
    found = {}
    for make in (classification, multilabel, regression, detection, generation):
        home = tmp_path_factory.mktemp(make.__name__)
        source, given = make(home)
        found[make.__name__] = hem_core.score(None, source, out=home / "w" / "runs" / "a", has_map=False, **given)
    return found


def attempted(act):
    """What comes of it, and "", or None, and the refusal."""
    try:
        return act(), ""
    except HemError as error:
        return None, str(error)


def is_a_line(refusal):
    return len(refusal) > 10 and "\n" not in refusal


@pytest.mark.parametrize("task", TASKS)
def test_the_scores_that_a_task_has_fields_for_are_a_number_for_each_example(task):
    sample = sample_of(task, ())
    outputs = Outputs(ids=sample.ids, **sample.fields)
    found = scores.available(outputs)
    assert "loss" in found
    for name in found:
        assert scores.compute(name, outputs).shape == (len(sample.ids),), name


@pytest.mark.parametrize("task", TASKS)
def test_the_reasons_of_a_run_are_those_that_its_task_names(runs, task):
    run = runs[task]
    named = set(tasks.of(run.info).reasons)
    found = [run.level(level) for level in run.levels if "reason" in run.level(level).source.columns]
    assert found
    for level in found:
        assert set(level.table(["reason"])["reason"].dropna()) <= named, level.title


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("policy", options.names())
def test_a_policy_chooses_or_says_why_not(runs, task, policy):
    for name in runs[task].levels:
        level = runs[task].level(name)
        chosen, refusal = attempted(partial(select, level, n=3, policies=[policy]))
        if chosen is None:
            assert is_a_line(refusal), policy
        else:
            assert 0 < len(chosen.examples) <= 3, policy
            assert set(chosen.examples["id"]) <= set(level.table(["id"])["id"])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_brings_back_the_ids_or_says_why_not(runs, task, format_, tmp_path):
    run = runs[task]
    done, refusal = attempted(lambda: export_run(run.folder, tmp_path / "out", where=None, formats=[format_]))
    if done is None:
        assert is_a_line(refusal), format_
        assert not (tmp_path / "out").exists()
        return
    module = folder.load(hem_core.export, format_)
    if not hasattr(module, "read"):
        assert done.n
        return
    back, _read = module.read(done.folder)
    if not getattr(module, "IS_BACKGROUND", False):  # which takes of an image what has no object
        assert set(back["id"]) == set(run.table(["id"])["id"])


def test_there_is_a_run_of_every_task(runs):
    assert set(runs) == set(TASKS)


def page(name):
    from app import frame, state
    from app.views import views

    state.sync()
    frame.show(views()[name].page)


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("view", folder.names(app.views))
def test_a_page_draws_every_level(runs, task, view, monkeypatch):
    from streamlit.testing.v1 import AppTest

    run = runs[task]
    monkeypatch.setenv("HEM_WORKSPACE", str(run.folder.parents[1]))
    for level in run.levels:
        if not app.views.is_offered(app.views.views()[view], run.level(level)):
            continue
        shown = AppTest.from_function(page, kwargs={"name": view}, default_timeout=120)
        shown.query_params["level"] = level
        shown.run()
        assert not shown.exception, level
        assert not [error.value for error in shown.error], level
