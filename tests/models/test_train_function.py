import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from hem_core.errors import ModelError
from hem_core.models import train_function

OFFERED = {"seed": 3, "weights": None, "recorder": "the recorder", "progress": print}


def call(function, **offered):
    return train_function.load(function)("the set", where="fold 2 of 5", n_classes=3, **(offered or OFFERED))


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module `my_training` that can be imported until the test ends."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        sys.modules.pop("my_training", None)
        (tmp_path / "my_training.py").write_text(text)

    yield write
    sys.modules.pop("my_training", None)


def test_a_function_gets_what_its_signature_takes_and_no_more():
    seen = {}

    def train(dataset, seed, *, recorder):
        seen.update(dataset=dataset, seed=seed, recorder=recorder)
        return nn.Linear(2, 3)

    call(train)
    assert seen == {"dataset": "the set", "seed": 3, "recorder": "the recorder"}
    call(lambda dataset: nn.Linear(2, 3))


def test_a_function_that_takes_anything_gets_everything():
    seen = {}

    def train(dataset, **more):
        seen.update(more)
        return nn.Linear(2, 3)

    call(train)
    assert seen == OFFERED


def test_what_a_function_takes_is_what_it_names():
    def train(dataset, /, *, sampler, **more):
        return nn.Linear(2, 3)

    loaded = train_function.load(train)
    assert [loaded.takes(name) for name in ("sampler", "weights", "more", "dataset")] == [True, False, False, False]


def test_a_model_in_train_mode_comes_back_in_eval_mode():
    assert not call(lambda dataset: nn.Sequential(nn.Dropout()).train())[0].training


def test_an_estimator_comes_back_as_a_module_of_all_classes():
    fitted = LogisticRegression().fit([[-1.0], [1.0], [2.0]], [0, 2, 2])
    found = call(lambda dataset: fitted)(torch.tensor([[1.5]]).numpy())["logits"]
    assert found.shape == (1, 3)
    assert found.argmax() == 2


def test_a_function_is_found_by_its_name(module):
    module("from torch import nn\ndef train(dataset):\n    return nn.Linear(2, 7)\n")
    assert call("my_training:train").out_features == 7


def test_another_source_or_another_constant_in_the_file_is_another_function(module):
    text = "EPOCHS = 3\ndef train(dataset):\n    return EPOCHS\n"
    found = []
    for version in (text, text, text.replace("3", "4"), text.replace("return", "return 2 *")):
        module(version)
        found.append(train_function.load("my_training:train").fingerprint)
    assert found[0] == found[1]
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("my_training", "--train expects package.module:train; got 'my_training'"),
        (":train", "--train expects package.module:train; got ':train'"),
        ("no_such_module:train", "cannot import 'no_such_module' of 'no_such_module:train'"),
        ("my_training:fit", "'my_training' has no function 'fit'"),
        ("my_training:EPOCHS", "'my_training' has no function 'EPOCHS'"),
    ],
)
def test_a_wrong_name_says_what_is_wrong(module, name, text):
    module("EPOCHS = 3\ndef train(dataset):\n    pass\n")
    with pytest.raises(ModelError, match=text):
        train_function.load(name)


def test_a_module_that_fails_says_how(module):
    module("1 / 0\n")
    with pytest.raises(ModelError, match="'my_training' of 'my_training:train' fails when imported: ZeroDivisionError"):
        train_function.load("my_training:train")


def fails(dataset):
    raise ValueError("no gold here")


def gives_nothing(dataset):
    return None


def gives_a_class(dataset):
    return LogisticRegression


def gives_it_unfitted(dataset):
    return LogisticRegression()


def wants_more(dataset, learning_rate):
    return nn.Linear(2, 3)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (fails, "fold 2 of 5: 'fails' failed: ValueError: no gold here"),
        (gives_nothing, "fold 2 of 5: 'gives_nothing' returned NoneType; expected a torch.nn.Module, or a fitted est"),
        (gives_a_class, "returned LogisticRegression; expected"),
        (gives_it_unfitted, "fold 2 of 5: 'gives_it_unfitted': the LogisticRegression is not fitted"),
        (wants_more, "fold 2 of 5: 'wants_more' failed: TypeError: .* 'learning_rate'"),
    ],
)
def test_a_training_that_goes_wrong_is_told_with_its_fold(function, text):
    with pytest.raises(ModelError, match=text):
        call(function)


def test_an_interrupt_is_no_failure():
    def train(dataset):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(train)


def test_code_that_ends_the_program_is_an_error_and_no_silent_end(tmp_path, monkeypatch):
    def leaves(dataset):
        sys.exit(0)

    def long(dataset):
        raise RuntimeError("first line\nsecond line " + "x" * 3_000)

    with pytest.raises(ModelError, match=r"fold 1 of 5: '.*leaves' failed: it ended the program with sys.exit\(0\)"):
        train_function.load(leaves)([], where="fold 1 of 5", n_classes=2)
    with pytest.raises(ModelError) as caught:
        train_function.load(long)([], where="fold 1 of 5", n_classes=2)
    assert "first line second line" in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)
    (tmp_path / "my_script.py").write_text("import argparse\nargparse.ArgumentParser().parse_args(['--no'])\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"'my_script' of 'my_script:train' fails when imported: it ended the program"):
        train_function.load("my_script:train")


def test_what_a_train_function_turns_in_the_process_is_given_back(tmp_path):
    def turns(dataset):
        os.chdir(tmp_path)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
        warnings.simplefilter("error")
        np.seterr(all="raise")
        return nn.Linear(2, 2)

    def settings():
        torch_settings = (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
        )
        return Path.cwd(), torch_settings, list(warnings.filters), np.geterr()

    before = settings()
    train_function.load(turns)([], where="fold 1 of 5", n_classes=2)
    assert settings() == before


def test_a_train_function_is_named_by_its_file_too(tmp_path, monkeypatch):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "my_trainings.py").write_text("def train(dataset):\n    return dataset\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    found = train_function.load("code/my_trainings.py:train")
    assert (found.name, found.function(3)) == ("code/my_trainings.py:train", 3)
    sys.modules.pop("my_trainings")
    with pytest.raises(ModelError, match=r"there is no file 'my_trainings.py'; name it from the folder"):
        train_function.load("my_trainings.py:train")


@pytest.mark.parametrize(("offered", "wanted"), [(None, "own"), ("theirs", "theirs")])
def test_none_leaves_a_parameter_its_own_default(offered, wanted):
    got = {}

    def by_name(dataset, *, loss_fn="own", weights=None):
        got.update(loss_fn=loss_fn, weights=weights)
        return nn.Linear(2, 2)

    def with_the_rest(dataset, *, loss_fn="own", **rest):
        got.update(loss_fn=loss_fn, **rest)
        return nn.Linear(2, 2)

    for function in (by_name, with_the_rest):
        train_function.load(function)([], where="fold 1 of 5", n_classes=2, loss_fn=offered, weights=None)
        assert got == {"loss_fn": wanted, "weights": None}
        got.clear()
