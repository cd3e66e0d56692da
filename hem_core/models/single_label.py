"""Check that a model gives the answers of the task: one class out of several, or any number of tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hem_core.errors import ModelError

HEADS = {
    "TokenClassification": "classifies tokens",
    "QuestionAnswering": "answers questions",
    "CausalLM": "writes text",
    "LMHead": "writes text",
    "MaskedLM": "fills in words",
    "PreTraining": "is for pre-training",
    "MultipleChoice": "chooses among answers",
    "NextSentencePrediction": "judges pairs of sentences",
    "ConditionalGeneration": "writes text",
    "Seq2SeqLM": "writes text",
    "ObjectDetection": "finds objects",
    "Segmentation": "segments pictures",
    "DepthEstimation": "estimates depth",
    "MaskedImageModeling": "fills in pictures",
    "CTC": "transcribes speech",
}
"""The end of a transformers class after "For", or a part of it, and what such a model does."""
PROBLEMS = {
    "multi_label_classification": "gives several labels to one example",
    "regression": "predicts numbers",
    "single_label_classification": "chooses one class out of several",
}
"""`problem_type` in the config of a transformers model -> what it does."""
OF_ANSWERS = {
    "one class": "single_label_classification",
    "tags": "multi_label_classification",
    "numbers": "regression",
}
"""What a task wants of a model -> the `problem_type` of such a model; a config may also say nothing."""
TASKS = {
    "multi_label_classification": "multilabel",
    "regression": "regression",
    "single_label_classification": "classification",
}
"""The task that a model with this `problem_type` is scored with."""
KINDS = {
    "regressor": "a regressor",
    "clusterer": "a clusterer",
    "outlier_detector": "an outlier detector",
    "density_estimator": "a density estimator",
    "transformer": "a transformer of data",
}
WANTED = "HEM scores classifiers that choose one class out of several"
EXPECTED = {
    "one class": WANTED,
    "tags": "the task expects a classifier with a logit for each tag",
    "numbers": "the task expects a model that predicts numbers",
}


def check_transformers(config: Any, architecture: str, what: str, *, answers: str = "one class") -> None:
    """Raise ModelError when the head of a transformers model gives other answers than the task wants.

    config: its config, or the mapping in config.json; architecture: the class's name; what: the model, for the error;
    answers: what the task wants, one of `EXPECTED`.
    """
    setting = config.get if isinstance(config, Mapping) else lambda name: getattr(config, name, None)
    wanted = EXPECTED[answers]
    does = next((words for head, words in HEADS.items() if head in architecture), None)
    if does is not None:
        raise ModelError(f"{what} is a {architecture}, which {does}; {wanted}, such as a …ForSequenceClassification")
    problem = setting("problem_type")
    if problem in PROBLEMS and problem != OF_ANSWERS[answers]:
        way = f"; choose --task {TASKS[problem]} or another model"
        raise ModelError(f"{what} {PROBLEMS[problem]} (its config says problem_type '{problem}'); {wanted}{way}")
    labels = setting("id2label")
    n_labels = setting("num_labels") or (len(labels) if labels else None)
    if n_labels == 1 and answers != "numbers" and problem not in TASKS:
        raise ModelError(f"{what} has one output, with which transformers predict a number (regression); {wanted}")


def check_estimator(estimator: Any) -> None:
    """Raise ModelError when an estimator, or a Pipeline's last step, is no classifier of one label."""
    name = type(estimator).__name__
    kind = kind_of(estimator)
    if kind in KINDS:
        raise ModelError(f"the {name} is {KINDS[kind]}; {WANTED}")
    if getattr(estimator, "multilabel_", False):
        raise ModelError(
            f"the {name} gives several labels to one example; {WANTED}, or scores it with --task multilabel"
        )
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list) and classes and hasattr(classes[0], "__len__") and not isinstance(classes[0], str):
        raise ModelError(
            f"the {name} has {len(classes)} outputs, each with classes of its own; {WANTED}: fit one for each, or "
            "score it with --task multilabel where each output is a tag"
        )


def kind_of(estimator: Any) -> str | None:
    """ "classifier", "regressor" and the like, as scikit-learn calls it; None where it does not say."""
    try:
        return estimator.__sklearn_tags__().estimator_type
    except Exception:  # older libraries, and pipelines without a last step, have no tags
        return getattr(estimator, "_estimator_type", None)
