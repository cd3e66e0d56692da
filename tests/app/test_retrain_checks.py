import json

import pandas as pd
import pytest

from app.views.retrain import checks, retrains
from hem_core.jobs.job import new_job
from hem_core.jobs.start import prepare
from hem_core.jobs.work import failed
from hem_core.media._train_template import OF_NUMBERS
from hem_core.runs import weak_slices
from hem_core.slices.find import Slices
from hem_core.store import sets
from hem_core.store.atomic import write_table
from hem_core.store.workspace import open_workspace

TRAIN = "demo_models.digits:train"


def add_set(folder, ids, **manifest):
    examples = open_workspace(folder).run("tiny").query({"all": [{"rows": ids}]}, columns=["id", "label"])
    return sets.save(folder, "hard", examples.drop(columns="row"), {"run": "tiny", **manifest})


def texts(test):
    kinds = ("markdown", "caption", "text", "warning", "error", "info")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind)).replace("\\", "")


def button(test, label):
    return next(one for one in test.button if one.label.startswith(label))


def address(test, name):
    value = test.query_params[name]
    return value[0] if isinstance(value, list) else value


@pytest.fixture
def trainable(workspace):
    """A workspace whose run names a model with a train function beside it."""
    return lambda **changes: workspace(model={"name": "demo_models.digits:model", "hash": "abc"}, **changes)


def test_suspected_labels_are_counted_before_start_and_one_click_reviews_them(show, trainable):
    folder = trainable()
    add_set(folder, ["e00", "e10", "e20", "e01", "e02", "e03"])  # the first three are mislabelled
    open_workspace(folder).tags().add("tiny-data", ["e20"], "hard", who="anna")
    test = show(folder, "retrain")
    assert "40% of the 5 examples of this set that nobody has reviewed look mislabelled" in texts(test)
    assert button(test, "Start 15").disabled
    assert "--" not in texts(test)
    test = button(test, "Review these 2").click().run()
    assert json.loads(address(test, "rule")) == {"all": [{"rows": ["e00", "e10"]}]}
    assert (address(test, "queue"), test.session_state["hem_kept_went_to"]) == ("filter", "review")


def test_it_can_be_started_anyway(show, trainable):
    folder = trainable()
    add_set(folder, ["e00", "e10", "e20"])
    test = show(folder, "retrain")
    test.checkbox[0].check().run()
    assert not button(test, "Start 15").disabled


def test_a_set_whose_labels_were_corrected_is_not_refused_for_suspects(show, trainable):
    folder = trainable()
    examples = pd.DataFrame({"id": ["e00", "e10"], "label": ["**dog**", "**dog**"], "label_before": ["cat", "**dog**"]})
    sets.save(folder, "hard", examples, {"run": "tiny"})
    test = show(folder, "retrain")
    assert "look mislabelled" not in texts(test)
    assert not button(test, "Start 15").disabled


def test_where_nothing_is_to_be_expected_the_benchmarks_figure_is_said(show, trainable):
    folder = trainable()
    add_set(folder, [f"e{k:02d}" for k in range(1, 10)])
    test = show(folder, "retrain")
    assert "−0.6 points (−0.8 to −0.3" in texts(test)
    assert not button(test, "Start 15").disabled
    open_workspace(folder).tags().add("tiny-data", ["e01"], "hard", who="anna")
    assert "−0.6 points" not in texts(show(folder, "retrain"))


def test_of_a_list_from_elsewhere_the_gain_depends_on_a_review_and_corrected_labels_are_one(trainable):
    run = open_workspace(trainable()).run("tiny")
    examples, nobody = pd.DataFrame({"id": ["e01", "e02"]}), pd.DataFrame({"tag": []}, index=pd.Index([], dtype=object))
    found = checks.expectation(run, examples, nobody, "weights", is_list=True)
    assert found.startswith("No gain is to be expected if nobody has reviewed these examples")
    corrected = examples.assign(label=["dog", "cat"], label_before=["cat", "cat"])
    assert checks.expectation(run, corrected, nobody, "weights") is None


def test_a_slice_far_behind_is_named_before_start_and_the_recipe_for_it_is_a_click_away(show, trainable):
    folder = trainable()
    path = folder / "runs" / "tiny" / "catalog.parquet"
    catalog = pd.read_parquet(path)
    write_table(path, catalog.assign(side=["left" if k < 20 else "right" for k in range(60)]))
    rule = {"all": [{"column": "side", "in": ["left"]}]}
    found = pd.DataFrame(
        [("side is left", 20, 0.6, 0.4, 0.7, 4.0, rule, [])],
        columns=["name", "n", "error_rate", "low", "high", "ratio", "rule", "rows"],
    )
    weak_slices.write(Slices(found, None, 9, "wrong"), folder / "runs" / "tiny" / "slices.parquet")
    add_set(folder, ["e01", "e02"])
    test = show(folder, "retrain")
    assert "“side is left” is far behind: 60% of its 20 examples are wrong" in texts(test)
    test = button(test, "Train for the worst group").click().run()
    assert test.selectbox[2].value == "groups"
    assert (test.selectbox[3].label, test.selectbox[3].value) == ("Group column", "side")
    assert "far behind" not in texts(test)


def test_a_model_that_knows_its_training_examples_by_heart_is_named_with_the_command_that_helps(show, trainable):
    folder = trainable(accuracy=0.995)
    add_set(folder, ["e01", "e02"])
    test = show(folder, "retrain")
    assert "of which it has 99.5% right" in texts(test)
    assert any("--oos 5" in one.value for one in test.code)
    assert button(test, "Start 15").disabled


def test_examples_of_the_test_split_are_named_and_a_set_without_them_is_a_click_away(show, trainable):
    folder = trainable()
    path = folder / "runs" / "tiny" / "catalog.parquet"
    catalog = pd.read_parquet(path)
    write_table(path, catalog.assign(split=["Test" if k < 3 else "train" for k in range(60)]))
    add_set(folder, ["e01", "e02", "e03"])
    test = show(folder, "retrain")
    assert "The set holds 2 examples of the test split, such as 'e01'" in texts(test)
    test = button(test, "Build a set without them").click().run()
    assert test.session_state["hem_kept_set_rule"] == {"all": [{"not": {"rows": ["e01", "e02"]}}]}


def test_the_hard_set_alone_is_refused_and_mix_is_a_click_away(show, trainable):
    folder = trainable()
    add_set(folder, ["e01", "e02"])
    test = show(folder, "retrain")
    test.selectbox[2].select("only").run()
    assert "forgets the rest of the data" in texts(test)
    test = button(test, "Use mix").click().run()
    assert test.selectbox[2].value == "mix"


def test_a_run_without_a_train_function_says_what_is_needed_and_gives_a_file(show, workspace):
    folder = workspace()
    add_set(folder, ["e01", "e02"])
    test = show(folder, "retrain")
    assert "does not name a train function" in texts(test)
    assert test.code[0].value == OF_NUMBERS.strip()
    assert "Type `mine:train`" in texts(test)


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ("mine", "write package.module:function"),
        ("a b:train", "write package.module:function"),
        ("no_such_module_here:train", "There is no module 'no_such_module_here'"),
        (TRAIN, ""),
    ],
)
def test_a_train_function_that_cannot_be_is_named_before_start(train, said):
    found = retrains.problem_of(train)
    assert said in found
    assert bool(found) == bool(said)


def test_a_module_that_is_no_python_names_no_train_function(tmp_path, monkeypatch):
    (tmp_path / "broken_module_of_a_test.py").write_text("def train(:")
    monkeypatch.syspath_prepend(tmp_path)
    assert not retrains._defines("broken_module_of_a_test", "train")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "review them first, or say --recipe labels (or go on all the same with --force)",
            "review them first, or choose 'labels' as what the curated arm does with the set",
        ),
        ("pass other data with --test", "name other data under Test data"),
        ("pass test data that was kept out with --test", "name test data that was kept out under Test data"),
    ],
)
def test_what_the_command_line_says_is_said_in_the_words_of_the_page(line, said):
    assert retrains.in_app_words(line) == said


def test_a_refusal_after_start_is_shown_in_the_words_of_the_page(show, workspace):
    folder = workspace()
    add_set(folder, ["e01"])
    job = new_job(folder, "retraining", "hard-v1", {"set": "hard v1", "train": "m:train", "name": "hard-v1"})
    prepare(job, "process")
    failed(job, "noisy: say --recipe labels (or go on all the same with --force)")
    test = show(folder, "retrain", retrain="hard-v1")
    assert "noisy: choose 'labels'" in texts(test)
    assert "--force" not in texts(test)
