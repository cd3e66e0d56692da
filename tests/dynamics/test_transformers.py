"""Recorded by the Trainer of transformers: the same as recorded in a plain loop over the same batches."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.transformers import record
from hem_core.errors import DataError

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]
N = 10


def net():
    torch.manual_seed(0)
    size = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    return BertForSequenceClassification(BertConfig(vocab_size=20, num_labels=3, **size, **still))


class Strict(torch.nn.Module):
    """Takes no more than it names, where the library's own models swallow what they do not know."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(20, 3)

    def forward(self, input_ids, labels):
        logits = self.table(input_ids[:, 0])
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def examples(id_key="id", kind=str):
    return [{"input_ids": [row, 3, 4], "labels": row % 3, id_key: kind(row), "note": "x"} for row in range(N)]


def arguments(folder, **options):
    quiet = {"report_to": [], "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no", "use_cpu": True}
    plain = {"optim": "sgd", "learning_rate": 0.5, "lr_scheduler_type": "constant", "max_grad_norm": 0.0}
    wanted = {"num_train_epochs": 2, "per_device_train_batch_size": 4} | quiet | plain | options
    return TrainingArguments(output_dir=str(folder / "out"), **wanted)


class Batches:
    """Collates, and keeps which rows came together."""

    def __init__(self):
        self.seen = []

    def __call__(self, features):
        assert {key for feature in features for key in feature} <= {"input_ids", "labels"}
        self.seen.append([feature["input_ids"][0] for feature in features])
        return {key: torch.tensor([feature[key] for feature in features]) for key in features[0]}


def test_what_is_recorded_is_what_a_plain_loop_records(tmp_path):
    batches, twin = Batches(), net()
    options = {"train_dataset": examples(), "eval_dataset": examples(), "data_collator": batches}
    trainer = Trainer(net(), arguments(tmp_path), **options)
    assert record(trainer, tmp_path / "dynamics") is trainer
    trainer.train()
    recorder = Recorder(tmp_path / "plain")
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.5)
    twin.train()
    for step, rows in enumerate(batches.seen):
        tokens, labels = torch.tensor([[row, 3, 4] for row in rows]), torch.tensor([row % 3 for row in rows])
        found = twin(input_ids=tokens, labels=labels)
        recorder.log(rows, found.logits, labels, epoch=step // 3)
        optimizer.zero_grad()
        found.loss.backward()
        optimizer.step()
    recorder.end_epoch()
    found, wanted = read(tmp_path / "dynamics"), read(tmp_path / "plain")
    assert found.ids == wanted.ids == [str(row) for row in range(N)]
    for name in ("confidences", "margins", "hits"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-4, atol=1e-5)
    assert found.confidences.shape == (N, 2)
    assert batches.seen[:3] != batches.seen[3:]


def test_evaluation_is_not_recorded_and_still_gives_its_metrics(tmp_path):
    options = {"eval_strategy": "epoch", "per_device_eval_batch_size": 4}
    held_out = [example | {"id": f"held-out {example['id']}"} for example in examples()]
    trainer = Trainer(Strict(), arguments(tmp_path, **options), train_dataset=examples(), eval_dataset=held_out)
    record(trainer, tmp_path / "dynamics").train()
    assert "eval_loss" in trainer.evaluate()
    assert read(tmp_path / "dynamics").ids == [str(row) for row in range(N)]


def test_the_training_is_left_alone(tmp_path):
    def trained(is_recorded):
        trainer = Trainer(net(), arguments(tmp_path, label_smoothing_factor=0.1), train_dataset=examples())
        if is_recorded:
            record(trainer, tmp_path / "dynamics")
        trainer.train()
        return trainer.model.state_dict()

    torch.testing.assert_close(trained(True), trained(False), rtol=0, atol=0)


def test_small_batches_that_make_one_step_are_all_recorded(tmp_path):
    options = {"gradient_accumulation_steps": 2, "num_train_epochs": 1}
    trainer = Trainer(net(), arguments(tmp_path, **options), train_dataset=examples("guid", int))
    record(trainer, Recorder(tmp_path / "dynamics"), id_key="guid").train()
    assert read(tmp_path / "dynamics").hits.shape == (N, 1)


def test_a_resumed_training_goes_on_with_its_epoch(tmp_path):
    options = {"save_strategy": "epoch"}
    trainer = Trainer(net(), arguments(tmp_path, **options), train_dataset=examples())
    record(trainer, tmp_path / "dynamics").train()
    before = read(tmp_path / "dynamics")
    again = Trainer(net(), arguments(tmp_path, **options | {"num_train_epochs": 3}), train_dataset=examples())
    record(again, tmp_path / "dynamics").train(resume_from_checkpoint=True)
    after = read(tmp_path / "dynamics")
    assert after.hits.shape == (N, 3)
    np.testing.assert_array_equal(after.confidences[:, :2], before.confidences)


def test_a_training_set_without_ids_is_refused(tmp_path):
    trainer = Trainer(net(), arguments(tmp_path), train_dataset=examples("guid"))
    with pytest.raises(DataError, match=r"a training batch has .*input_ids.* but no 'id'; give the training set"):
        record(trainer, tmp_path / "dynamics").train()


def test_an_epoch_resumed_in_its_middle_is_recorded_whole(tmp_path):
    """Three batches an epoch; resumed after the second of epoch 1, and the Trainer skips what was trained on."""
    options = {"save_strategy": "steps", "save_steps": 5, "num_train_epochs": 3}
    record(Trainer(net(), arguments(tmp_path, **options), train_dataset=examples()), tmp_path / "dynamics").train()
    whole = read(tmp_path / "dynamics")
    assert not np.isnan(whole.confidences).any()
    again = Trainer(net(), arguments(tmp_path, num_train_epochs=3), train_dataset=examples())
    record(again, tmp_path / "dynamics").train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-5"))
    resumed = read(tmp_path / "dynamics")
    np.testing.assert_allclose(resumed.confidences, whole.confidences, atol=1e-6)
    assert resumed.targets == whole.targets
