"""A language model recorded token by token: the numbers are those that its own logits give."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, Trainer, TrainingArguments

trl = pytest.importorskip("trl", reason="TRL is not installed: pip install trl")

import hem_core
from hem_core.dynamics.read import read
from hem_core.dynamics.tokens import record
from hem_core.errors import DataError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
WORDS = [
    "[PAD]",
    "[EOS]",
    *["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "to", "its", "house", "in", "rain", "zebra"],
]
TEXTS = ["the cat sat on a mat", "the dog ran to its house", "the cat ran in the rain", "a dog sat in its house"]
IDS = [f"text-{row}" for row in range(len(TEXTS))]


def tokenizer():
    model = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[PAD]"))
    model.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=model, pad_token="[PAD]", eos_token="[EOS]")


def net():
    torch.manual_seed(0)
    still = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "bos_token_id": 1, "eos_token_id": 1}
    return GPT2LMHeadModel(GPT2Config(vocab_size=len(WORDS), n_positions=16, n_embd=16, n_layer=1, n_head=2, **still))


def sft(folder, rows=None, model=None, **options):
    quiet = {"report_to": [], "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no", "use_cpu": True}
    plain = {"num_train_epochs": 1, "per_device_train_batch_size": 4, "learning_rate": 0.01, "bf16": False}
    arguments = trl.SFTConfig(output_dir=str(folder / "out"), **quiet | plain | options)
    rows = rows or [{"id": id, "text": text} for id, text in zip(IDS, TEXTS, strict=True)]
    data = Dataset.from_list(rows)
    return trl.SFTTrainer(model or net(), args=arguments, train_dataset=data, processing_class=tokenizer())


def own_losses(model, text):
    """The loss of each token of a text after its first, with the end that SFTTrainer adds, and its first choice."""
    tokens = torch.tensor([*tokenizer()(text)["input_ids"], 1])
    with torch.no_grad():
        logits = model.eval()(tokens[None]).logits[0, :-1]
    return tokens[1:], F.cross_entropy(logits, tokens[1:], reduction="none"), logits.argmax(dim=1) == tokens[1:]


def test_each_token_has_the_loss_that_the_model_s_logits_give(tmp_path):
    trainer = sft(tmp_path)
    assert record(trainer, tmp_path / "recording") is trainer
    trainer.train()
    found, tokens = read(tmp_path / "recording"), pd.read_parquet(tmp_path / "recording" / "tokens.parquet")
    table = pd.read_parquet(tmp_path / "recording" / "examples.parquet").set_index("id")
    assert found.ids == tokens["id"].tolist() == IDS
    for row, text in enumerate(TEXTS):
        wanted, losses, is_right = own_losses(net(), text)
        assert tokens["token_ids"][row].tolist() == wanted.tolist()
        np.testing.assert_allclose(tokens["token_losses"][row], losses, rtol=1e-4)
        assert tokens["is_right"][row].tolist() == is_right.tolist()
        mean = losses.mean().item()
        np.testing.assert_allclose([found.losses[row, 0], found.confidences[row, 0]], [mean, np.exp(-mean)], rtol=1e-4)
        own = table.loc[IDS[row]]
        assert own["text"] == text
        assert own["label"] == len(wanted)
        np.testing.assert_allclose([own["token_loss_mean"], own["token_loss_worst"]], [mean, losses.max()], rtol=1e-4)
        assert own["worst_token_id"] == wanted[losses.argmax()]
        assert own["worst_token"] == WORDS[wanted[losses.argmax()]]
        hardest = wanted[losses.argsort(descending=True)][:5].tolist()
        assert own["hardest_token_ids"] == " ".join(map(str, hardest))


def test_the_trainer_of_transformers_is_recorded_by_its_logits(tmp_path):
    rows = [{"id": id, "input_ids": [*tokenizer()(text)["input_ids"], 1]} for id, text in zip(IDS, TEXTS, strict=True)]
    rows = [{**row, "labels": [-100, -100, *row["input_ids"][2:]]} for row in rows]
    rows = [{**row, "input_ids": row["input_ids"][:6], "labels": row["labels"][:6]} for row in rows]
    arguments = TrainingArguments(
        str(tmp_path / "out"), num_train_epochs=1, use_cpu=True, report_to=[], disable_tqdm=True, save_strategy="no"
    )
    record(Trainer(net(), arguments, train_dataset=rows), tmp_path / "recording").train()
    tokens = pd.read_parquet(tmp_path / "recording" / "tokens.parquet")
    for row, text in enumerate(TEXTS):
        wanted, losses, _is_right = own_losses(net(), text)
        assert tokens["token_ids"][row].tolist() == wanted[1:5].tolist()
        np.testing.assert_allclose(tokens["token_losses"][row], losses[1:5], rtol=1e-4)


def test_only_the_completion_counts(tmp_path):
    rows = [{"id": 7, "prompt": "the cat", "completion": " sat on"}, {"id": 8, "prompt": "a", "completion": " dog"}]
    record(sft(tmp_path, rows), tmp_path / "recording").train()
    table = pd.read_parquet(tmp_path / "recording" / "examples.parquet")
    assert table["label"].tolist() == [3, 2]  # with the end
    assert table["text"].tolist() == ["the cat sat on", "a dog"]


def test_the_training_is_left_alone(tmp_path):
    def trained(is_recorded):
        trainer = sft(tmp_path, num_train_epochs=2, per_device_train_batch_size=2, gradient_accumulation_steps=2)
        if is_recorded:
            record(trainer, tmp_path / "recording")
        trainer.train()
        return trainer.model.state_dict()

    torch.testing.assert_close(trained(True), trained(False), rtol=0, atol=0)
    assert read(tmp_path / "recording").losses.shape == (4, 2)


def test_packed_texts_and_texts_without_ids_are_refused(tmp_path):
    without = [{"text": text} for text in TEXTS]
    with pytest.raises(DataError, match="but no 'id'; give the training set a column"):
        record(sft(tmp_path, without), tmp_path / "recording").train()
    with pytest.raises(DataError, match="not one row of labels for each: tokens are recorded of causal"):
        record(sft(tmp_path, padding_free=True, max_length=None), tmp_path / "recording").train()


def test_one_command_makes_a_run_with_the_dynamics(tmp_path):
    """Fifteen texts say the same; one ends in a word that no other has."""
    rows = [{"id": f"row-{row}", "text": "the dog ran to its house"} for row in range(15)]
    rows.append({"id": "odd", "text": "the dog ran to its zebra"})
    trainer = sft(tmp_path, rows, num_train_epochs=20, learning_rate=0.05)
    record(trainer, tmp_path / "recording").train()
    path = tmp_path / "recording" / "examples.parquet"
    options = {"task": "generation", "dynamics": tmp_path / "recording", "sample": "in-sample", "has_map": False}
    run = hem_core.score(None, path, out=tmp_path / "run", **options)
    table = run.table().set_index("id")
    wanted = {"loss", "loss_mean", "worst_token_loss", "confidence_mean", "correctness", "forgetting", "learned_epoch"}
    assert wanted <= set(table.columns)
    recorded = read(tmp_path / "recording").align(table.index)
    np.testing.assert_allclose(table["loss_mean"], recorded.losses.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(table["loss"], recorded.losses[:, -1], rtol=1e-5)
    assert table["difficulty"].idxmax() == table["loss_mean"].idxmax() == "odd"
    odd = table.loc["odd"]
    assert [odd["worst_token"], odd["reason"], odd["given"], odd["predicted"]] == ["zebra", "one token", "6", "5"]
