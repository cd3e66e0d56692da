import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from hem_core.errors import ModelError
from hem_core.models import factory


def test_a_factory_and_safetensors_give_the_trained_model(tmp_path):
    state = factory.load("demo_models.digits:model").state_dict()
    state["8.weight"] = torch.full_like(state["8.weight"], 0.5)
    save_file(state, tmp_path / "w.safetensors")
    assert factory.load("demo_models.digits:model", tmp_path / "w.safetensors").state_dict()["8.weight"].min() == 0.5


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"state_dict": state, "epoch": 3}])
def test_a_torch_file_of_tensors_is_read(tmp_path, wrap):
    state = nn.Linear(2, 2).state_dict()
    torch.save(wrap(state), tmp_path / "w.pt")
    assert torch.equal(factory.read_weights(tmp_path / "w.pt")["weight"], state["weight"])


def test_a_pickled_module_is_refused_with_the_way_out(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pt")
    with pytest.raises(ModelError, match=r"a pickle can run code.*save_file\(model.state_dict"):
        factory.read_weights(tmp_path / "whole.pt")


class Payload:
    def __reduce__(self):
        return open, ("ran.txt", "w")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"id,label\n1,cat\n", b"(", b"\x80\x02]q\x00(K\x01", b"PK\x03\x04half"]
)
def test_a_file_that_holds_no_weights_is_refused_in_words(tmp_path, content):
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(ModelError, match="not a file of tensors alone"):
        factory.read_weights(tmp_path / "w.pt")


def test_code_in_a_pickle_does_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Payload()))
    with pytest.raises(ModelError, match="not a file of tensors alone"):
        factory.read_weights(tmp_path / "evil.pt")
    assert not (tmp_path / "ran.txt").exists()


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("demo_models.digits", "expects package.module:function or a Hugging Face folder; got 'demo_models.digits'"),
        ("no_such_package:model", "cannot import 'no_such_package'"),
        ("demo_models.digits:net", "'demo_models.digits' has no function 'net'"),
        ("builtins:dict", "returned dict; expected a torch.nn.Module or fitted"),
    ],
)
def test_a_wrong_name_says_what_is_wrong(spec, text):
    with pytest.raises(ModelError, match=text):
        factory.load(spec)


def test_weights_that_are_missing_broken_or_do_not_fit(tmp_path):
    with pytest.raises(ModelError, match="no weights at"):
        factory.read_weights(tmp_path / "gone.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"xxxxxxxxxxxxxxxx")
    with pytest.raises(ModelError, match="as safetensors"):
        factory.read_weights(tmp_path / "bad.safetensors")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ModelError, match="holds no state dict"):
        factory.read_weights(tmp_path / "list.pt")
    save_file({"other": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="do not fit the model"):
        factory.load("demo_models.digits:model", tmp_path / "other.safetensors")


def test_weights_of_a_parallel_model_fit_and_a_factory_that_fails_says_how(tmp_path):
    state = {f"module.{name}": value for name, value in factory.load("demo_models.digits:model").state_dict().items()}
    save_file(state, tmp_path / "ddp.safetensors")
    factory.load("demo_models.digits:model", tmp_path / "ddp.safetensors")
    with pytest.raises(ModelError, match="'json:loads' failed: TypeError"):
        factory.load("json:loads")


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict", "model"])
def test_the_weights_in_a_checkpoint_are_found_beside_the_epoch_and_the_optimizer(tmp_path, name):
    torch.save({"epoch": 3, name: {"weight": torch.eye(2)}, "optimizer": {"lr": 0.1}}, tmp_path / "c.pt")
    assert factory.read_weights(tmp_path / "c.pt")["weight"].tolist() == [[1, 0], [0, 1]]
