from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from torch import nn

from hem_core.errors import ModelError
from hem_core.runs.prepare import model_facts
from hem_core.tasks import ModelFacts
from hem_core.tasks._class_order import agreed


def said(labels=None, names=None):
    return ModelFacts(class_labels=labels, class_names=names)


def facts_of(model, labels, *, given=None, labels_are="names", classes=None):
    catalog = pa.table({"label": pa.array(labels, pa.string())})
    return agreed(model, catalog, {"labels_are": labels_are, "classes": classes}, given)


def test_a_model_that_says_nothing_changes_nothing():
    assert facts_of(ModelFacts(), ["a"]) == {"labels_are": "names", "classes": None}


def test_names_of_an_estimator_are_the_classes_in_its_order():
    found = facts_of(said(["spam", "ham"]), ["ham", "spam", None], classes=["ham", "spam"])
    assert found["classes"] == ["spam", "ham"]


def test_integers_from_zero_are_the_indices_themselves():
    assert facts_of(said([0, 1]), ["1", "0"], labels_are="indices") == {"labels_are": "indices", "classes": None}
    assert facts_of(said([False, True]), ["1", "0"], labels_are="indices")["labels_are"] == "indices"
    assert facts_of(said([0, 1]), ["1"], labels_are="indices", given=["no", "yes"])["classes"] is None


def test_other_integers_are_names_since_output_0_is_not_label_0():
    found = facts_of(said([3, 4, 9]), ["9", "3"], labels_are="indices")
    assert (found["classes"], found["labels_are"]) == (["3", "4", "9"], "names")
    assert facts_of(said([3.0, 4.0]), ["3"], labels_are="indices")["classes"] == ["3", "4"]


def test_names_for_numbers_are_refused_unless_the_catalog_names_them_in_that_order():
    with pytest.raises(ModelError, match=r"fitted on class names \(a, b\) and the labels are numbers"):
        facts_of(said(["a", "b"]), ["0", "1"], labels_are="indices")
    with pytest.raises(ModelError, match="so their order is not known"):
        facts_of(said(["a", "b"]), ["0"], labels_are="indices", classes=["b", "a"])
    assert facts_of(said(["a", "b"]), ["0"], labels_are="indices", classes=["a", "b"])["classes"] == ["a", "b"]


def test_another_order_than_the_estimator_s_is_refused():
    assert facts_of(said(["a", "b"]), ["a"], given=["a", "b"])["classes"] == ["a", "b"]
    with pytest.raises(ModelError, match="--classes says b, a, but the estimator's outputs are a, b; leave it out"):
        facts_of(said(["a", "b"]), ["a"], given=["b", "a"])


def test_names_of_a_model_s_outputs_stand_unless_the_user_gives_others():
    assert facts_of(said(names=["pos", "neg"]), ["neg"], classes=["neg", "pos"])["classes"] == ["pos", "neg"]
    assert facts_of(said(names=["pos", "neg"]), ["1"], labels_are="indices")["classes"] == ["pos", "neg"]
    assert facts_of(said(names=["pos", "neg"]), ["good"], given=["good", "bad"])["classes"] is None


def test_a_model_for_other_labels_is_refused():
    with pytest.raises(ModelError, match=r"classes \(pos, neg\) are none of the labels \(cat, dog\)"):
        facts_of(said(names=["pos", "neg"]), ["dog", "cat"])
    with pytest.raises(ModelError, match="is this the model for these data"):
        facts_of(said([3, 4]), ["8"], labels_are="indices")


def test_an_estimator_that_was_fitted_on_numbers_as_text_takes_labels_that_are_numbers_as_text():
    found = facts_of(said(["0", "1", "10"]), ["10", "0"], labels_are="indices")
    assert (found["classes"], found["labels_are"]) == (["0", "1", "10"], "names")


def test_the_names_of_a_model_in_another_order_are_refused_with_both_orders():
    words = r"--classes says POSITIVE, negative, but the model's outputs are NEGATIVE, POSITIVE by its config"
    with pytest.raises(ModelError, match=words):
        facts_of(said(names=["NEGATIVE", "POSITIVE"]), ["POSITIVE"], given=["POSITIVE", "negative"])
    with pytest.raises(ModelError, match=r"the data number their classes as cat, dog, but .* are dog, cat"):
        facts_of(said(names=["dog", "cat"]), ["0"], labels_are="indices", classes=["cat", "dog"])
    assert facts_of(said(names=["C", "C++"]), ["C"], given=["C", "C++"])["labels_are"] == "names"


def test_a_transformers_model_given_as_a_module_names_its_outputs_by_its_config():
    model: Any = nn.Identity()
    model.config = SimpleNamespace(id2label={0: "neg", 1: "pos"})
    with pytest.raises(ModelError, match="--classes says pos, neg, but the model's outputs are neg, pos"):
        facts_of(model_facts(model, 2), ["pos"], given=["pos", "neg"])
    model.config = SimpleNamespace(id2label={0: "LABEL_0", 1: "LABEL_1"})
    assert facts_of(model_facts(model, 2), ["pos"], given=["pos", "neg"])["classes"] is None
