from types import SimpleNamespace

import pyarrow as pa
import pytest
import torch
import torch.nn.functional as F

from hem_core.errors import DataError, ModelError
from hem_core.tasks import _class_labels, _logits

LOGITS = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 5.0]])


@pytest.mark.parametrize("output", [LOGITS, {"logits": LOGITS}, SimpleNamespace(logits=LOGITS), (LOGITS, "more")])
def test_logits_are_found_in_what_models_return(output):
    assert torch.equal(_logits.logits_of(output), LOGITS)


@pytest.mark.parametrize("output", [torch.tensor([2.0, -1.0]), torch.tensor([[2.0], [-1.0]])])
def test_a_single_logit_is_a_binary_model(output):
    logits = _logits.logits_of(output)
    assert logits.tolist() == [[0, 2], [0, -1]]
    assert torch.allclose(logits.softmax(dim=1)[:, 1], torch.sigmoid(torch.tensor([2.0, -1.0])))


@pytest.mark.parametrize(
    ("output", "came"), [(torch.zeros(2, 3, 4), r"\(2, 3, 4\)"), ("text", "str"), ({}, "NoneType")]
)
def test_other_outputs_are_refused(output, came):
    with pytest.raises(ModelError, match="expects logits of shape .* got " + came):
        _logits.logits_of(output)


def test_predictions_agree_with_softmax():
    columns = _logits.predictions(LOGITS, torch.tensor([0, 2]), n_best=2)
    probs = F.softmax(LOGITS, dim=1)
    assert columns["predicted"].tolist() == [1, 2]
    assert columns["top_classes"].tolist()[0] == [1, 0]
    assert torch.allclose(columns["label_prob"], torch.stack([probs[0, 0], probs[1, 2]]))
    assert torch.allclose(columns["predicted_prob"], probs.amax(dim=1))


def test_the_loss_vector_is_cross_entropy_in_nats():
    assert _logits.loss_vector(torch.zeros(1, 4), torch.tensor([2])).tolist() == pytest.approx([1.3862944])


NAMES = {"source": "x.csv", "labels_are": "names", "classes": None}
INDICES = {"source": "x.csv", "labels_are": "indices", "classes": None}


def labels(*values):
    return pa.table({"id": [str(i) for i in range(len(values))], "label": pa.array(values, pa.string())})


def test_index_labels_name_themselves_and_names_need_an_order():
    assert _class_labels.class_names(labels("1", "0"), INDICES, 3, None) == ["0", "1", "2"]
    assert _class_labels.class_names(labels("dog", "cat"), NAMES, 2, ["dog", "cat"]) == ["dog", "cat"]
    with pytest.raises(DataError, match=r"pass --classes in the order of the model's 2 outputs \(found cat,dog\)"):
        _class_labels.class_names(labels("dog", "cat"), NAMES, 2, None)


def test_the_number_of_names_must_be_the_number_of_outputs():
    with pytest.raises(DataError, match="the model has 3 outputs but there are 2 class names"):
        _class_labels.class_names(labels("a"), NAMES | {"classes": ["a", "b"]}, 3, None)
    with pytest.raises(DataError, match="class names repeat"):
        _class_labels.class_names(labels("a"), NAMES, 2, ["a", "a"])


def test_targets_are_class_indices_and_bad_labels_say_why():
    found, bad = _class_labels.targets(labels("dog", "cat", None, "cow"), NAMES, ["cat", "dog"])
    assert found.tolist() == [1, 0, -1, -1]
    assert bad == {2: "no label", 3: "label 'cow' is not among the 2 classes"}
    found, bad = _class_labels.targets(labels("1", "7", "-1"), INDICES, ["cat", "dog"])
    assert found.tolist() == [1, -1, -1]
    assert bad[1] == "label '7' is not among 0 to 1"
