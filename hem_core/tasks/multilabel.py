"""Multi-label classification: any number of tags out of K for each example.

`hem score songs.csv --task multilabel --label-column labels --train my_model:train --oos 5 --out work/runs/songs`

Labels are sets of names: a list column of a Parquet or JSON file or of a Hugging Face data set, names joined by `|`,
`;` or `,` in one column of text, one column of 0 and 1 for each tag (`--label-column rock,jazz,folk` or
`--label-column 'genre_*'`), or a torch Dataset whose targets are rows of 0 and 1. Lists and rows of numbers name the
task, so `--task multilabel` can be left out. Where it is not known whether an example has a tag (an empty cell, null or
NaN of one tag), the tag counts neither as present nor as absent: it has no loss and no suspicion.

A model is a module that gives K logits, one for each tag, or ends in a sigmoid; a Hugging Face folder for
`multi_label_classification`; or a fitted scikit-learn estimator whose `predict_proba` answers for several labels
(OneVsRestClassifier, MultiOutputClassifier, k-nearest neighbours, forests …). Predictions made elsewhere stand in
columns `prob_<tag>`, or in a list column `probs` or `logits`.

The rows of the level `examples` are examples, those of the level `tags` are the tags that an example is given, is
predicted, or confidently lacks. `error` of an example is the share of the tags in play, given or predicted, that are
one without the other; of a tag it is 1 − the probability of its given state. `loss` is the binary cross-entropy of each
tag, pooled over the tags of an example by a softmin of their support (temperature .1): the worst tag counts most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.errors import DataError
from hem_core.stats.paired import Paired
from hem_core.stats.percentile import percentile
from hem_core.tag_sets import PLAIN, TagSet, split
from hem_core.tasks import _multilabel_examples as of_examples
from hem_core.tasks import _multilabel_labels as reading
from hem_core.tasks import _multilabel_metrics as measures
from hem_core.tasks import _multilabel_paired as comparing
from hem_core.tasks import _multilabel_parts as parts
from hem_core.tasks import _multilabel_pool as of_pool
from hem_core.tasks import _multilabel_predictions as elsewhere
from hem_core.tasks import _multilabel_probes as probes
from hem_core.tasks import _multilabel_reasons as why
from hem_core.tasks import _multilabel_review as review
from hem_core.tasks import _multilabel_scores as scores
from hem_core.tasks._contract import (
    NOT_FINITE,
    Column,
    Figure,
    Metric,
    ModelFacts,
    Offer,
    OfTheSet,
    Parts,
    TargetOptions,
    Targets,
)
from hem_core.tasks._corrects import Choice
from hem_core.tasks._multilabel_quality import rated
from hem_core.tasks._multilabel_words import COLUMN_WORDS, HOW
from hem_core.tasks._not_measured import not_measured
from hem_core.tasks._ranks_pool import Near
from hem_core.tasks._rates_labels import Rated
from hem_core.tasks._toggles import TagState
from hem_core.types import Outputs, StoredAnswers

if TYPE_CHECKING:
    from torch import Tensor

LEAST_VOTE = 1e-15
"""A mean probability is no nearer to 0 or 1: its log-odds stay a number."""
LEAST_ALIKE = 10
"""Examples with the same set from which folds are balanced by it; rarer sets by their rarest tag."""


@dataclass(frozen=True)
class Task:
    """See `hem_core.tasks.Task`. A raw output is the logits (N, K); a value is a row (K,): 1 yes, 0 no, NaN unknown."""

    name: str = "multilabel"
    title: str = "multi-label classification: any number of tags"
    offers: frozenset[Offer] = frozenset()
    figures: tuple[Figure, ...] = ("tags", "errors")
    part_figures: tuple[Figure, ...] = ("confusion matrix", "classes", "errors")
    spoils: tuple[str, ...] = ()
    answers: str = "tags"
    has_logits: bool = True
    has_log_odds: bool = True
    reads_lists: bool = True
    prediction_columns: str = elsewhere.IN_WORDS
    of_shards: tuple[str, ...] = (parts.LOGITS,)
    toggles: str = parts.LEVEL
    partly_right: str = "partly right: less than half of the tags differ"
    part_columns: tuple[str, ...] = comparing.PART_COLUMNS
    outcome: str = "outcome"
    right_part: str = "a tag is right where it is given and has a probability of 0.5 or more, or neither"
    pool_policies: tuple[str, ...] = of_pool.POLICIES
    rates_by_neighbours: bool = False

    categories: tuple[str, ...] = ()
    """The K tags in the order of the outputs."""
    glue: str = PLAIN
    """What joins the names where a set is printed."""
    is_listed: bool = False
    """Whether the sets came as lists, columns or rows of numbers, not as joined texts."""
    measured: tuple[Mapping[str, Any], ...] = ()
    """The metrics of the run, as JSON; () before it is scored."""
    by_tag: tuple[Mapping[str, Any], ...] = ()
    """Figures of each tag; see `_multilabel_metrics.by_tag`."""
    probes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What the planted wrong tags showed; {} before the run is scored."""
    memory: parts.Judged | None = field(default=None, compare=False, repr=False)
    """What is known of the tags of the scored examples, while the run is made."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The tags and how they are joined and, once the run is scored, what was measured on it."""
        if self == Task():
            return {}
        found = {"categories": list(self.categories), "glue": self.glue, "is_listed": self.is_listed}
        if not self.measured:
            return found
        return {**found, "measured": list(self.measured), "by_tag": list(self.by_tag), "probes": dict(self.probes)}

    def settled(self, settings: Mapping[str, Any]) -> Task:
        """With the settings of a run."""
        lists = {name: tuple(settings[name]) for name in ("categories", "measured", "by_tag") if name in settings}
        return replace(self, **{**settings, **lists})

    @property
    def column_words(self) -> Mapping[str, tuple[str, str]]:
        """Title and unit of the columns by which examples and tags are ranked."""
        return COLUMN_WORDS

    @property
    def not_advised(self) -> Mapping[str, str]:
        """Nothing is measured yet of tags; each action can be."""
        return not_measured("tag")

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a tag, or the worst tag of an example, is hard."""
        return why.MEANINGS

    @property
    def output_names(self) -> tuple[str, ...]:
        """The K tags, for a train function."""
        return self.categories

    @property
    def reasons_info(self) -> Mapping[str, Any]:
        """`reasons` of run.json: how they were calibrated."""
        return self.probes

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """The set of every example. Raises DataError for labels that can be cut in two ways, ModelError where there are
        more or fewer outputs than tags."""
        texts = catalog["label"].to_pylist()
        form = reading.form_of(texts, facts, options.separator)
        sets = reading.sets_of(texts, facts, form)
        of_columns, odd = self._named_in(catalog, facts, model, options.classes, sets)
        named = of_columns or options.classes or model.class_names
        names = reading.names_of(sets, facts, model.n_outputs, named, str(facts["source"]))
        values, bad = reading.values_of(sets, reading.names_in(facts, names))
        reading.check_bad(bad, len(sets), names, str(facts["source"]), are_columns=bool(of_columns))
        is_listed = form.is_listed or bool(facts.get("tag_sets"))
        task = replace(self, categories=names, glue=form.glue, is_listed=is_listed)
        found = dict(facts) | {"tags": list(facts.get("tags") or names), "separator": options.separator}
        by_place = reading.order_in_words(names) if model.n_outputs and not named and not facts.get("classes") else ()
        notes = [*reading.notes_of(texts, sets, values, form), *by_place, *([odd] if odd else [])]
        found["notes"] = [*facts.get("notes", []), *notes]
        return Targets(values, bad, (), found, task)

    def _named_in(
        self,
        catalog: pa.Table,
        facts: Mapping[str, Any],
        model: ModelFacts,
        classes: Sequence[str] | None,
        sets: Sequence[TagSet | None],
    ) -> tuple[Sequence[str], str]:
        """The tags of the columns of predictions, in the order of the outputs read from them; () without any. A note on
        tags that no label has, or "".
        """
        found = elsewhere.columns_of(catalog.column_names, facts) if model.is_in_columns else None
        if found is None:
            return (), ""
        names, note = elsewhere.tags_of(found[1], sets, facts)
        elsewhere.check_named(names, classes)
        return names, note

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """The sets of further data, (N, K) float32; NaN for a row without a usable label."""
        texts = catalog["label"].to_pylist()
        form = reading.form_of(texts, facts, facts.get("separator") or self._separator_in(texts))
        names = reading.names_in(facts, self.categories or tuple(facts["tags"]))
        return reading.values_of(reading.sets_of(texts, facts, form), names)[0]

    def _separator_in(self, texts: Sequence[str | None]) -> str | None:
        """The separator of the run, where these labels have it too."""
        own = self.glue.strip()
        return own if self.categories and any(own in text for text in texts if text is not None) else None

    def encode(self, labels: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """Texts as `written` gives them, (N, K) float32; NaN for a missing text and for one with an unknown tag."""
        separator = self.glue.strip()
        sets = [None if text is None else split(text, separator) for text in labels]
        return reading.values_of(sets, self.categories)[0]

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """The names joined, those of unknown tags with a ? before them; `(none)` for an empty set."""
        return [reading.text_of(row, self.categories, self.glue) for row in values]

    def width(self, classes: Sequence[str]) -> int:
        """K."""
        return len(self.categories)

    def raw(self, output: Any) -> Tensor:
        """The logits (N, K) float32; see `_multilabel_outputs.tag_logits_of`."""
        from hem_core.tasks._multilabel_outputs import tag_logits_of

        return tag_logits_of(output)

    def recognizes(self, catalog: pa.Table, facts: Mapping[str, Any]) -> bool:
        """Whether the labels are sets: see `_multilabel_labels.look_like_sets`."""
        return reading.look_like_sets(catalog["label"].to_pylist(), facts)

    def raw_in(self, catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
        """The logits (N, K) float32 in columns of the catalog or its file; None without any."""
        return elsewhere.logits_in(catalog, facts)

    def columns_read(self, catalog: pa.Table, facts: Mapping[str, Any]) -> Sequence[str]:
        """The columns of the predictions of each tag; () without any."""
        found = elsewhere.columns_of(catalog.column_names, facts)
        return tuple(found[1].values()) if found is not None else ()

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Rows with a logit that is no finite number."""
        return dict.fromkeys((~raw.isfinite()).any(dim=1).nonzero()[:, 0].tolist(), NOT_FINITE)

    def finite(self, raw: Tensor) -> Tensor:
        """As it is: no logit rules another tag out."""
        return raw

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`targets` (N, K) float32 and `loss` (N,), the pooled binary cross-entropy in nats."""
        from hem_core.tasks._multilabel_outputs import loss_vector

        return {"targets": targets, "loss": loss_vector(raw, targets)}

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """`error` (N,), the counts of tags, and what is given and predicted, (N, K)."""
        import torch

        assert outputs.targets is not None
        given, logits = outputs.targets.cpu().numpy().astype(np.float64), raw.cpu().numpy()
        probs = scores.probability(logits)
        is_known = ~np.isnan(given)
        found = {
            "error": scores.hamming(given, probs),
            "n_given": (given > 0).sum(axis=1),
            "n_predicted": ((probs >= scores.PREDICTED) & is_known).sum(axis=1),
            "n_unknown": (~is_known).sum(axis=1),
            parts.GIVEN: given,
            parts.PROBS: probs,
            parts.LOGITS: logits,
        }
        return {name: torch.from_numpy(values.astype(np.float32)).to(raw.device) for name, values in found.items()}

    def votes(self, raw: np.ndarray) -> np.ndarray:
        """The probability of each tag."""
        return scores.probability(raw)

    def raw_of_votes(self, mean: np.ndarray) -> np.ndarray:
        """The log-odds of the mean probabilities."""
        certain = np.clip(mean, LEAST_VOTE, 1 - LEAST_VOTE)
        return (np.log(certain) - np.log1p(-certain)).astype(np.float32)

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """logits (N, K) -> (N, K) float32: 1 where a tag is predicted, 0 where not."""
        return (scores.probability(raw) >= scores.PREDICTED).astype(np.float32)

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The share of the tags in play that is given or predicted alone, (N,) in 0 .. 1."""
        return scores.hamming(np.asarray(targets, np.float64), scores.probability(raw))

    @property
    def uncertainties(self) -> Mapping[str, str]:
        """What makes a model unsure of the tags of an example."""
        return of_pool.UNCERTAINTIES

    @property
    def shortcomings(self) -> Mapping[str, str]:
        """None beside the loss and the error."""
        return {}

    def unsure(self, raw: np.ndarray, near: Near) -> Mapping[str, np.ndarray]:
        """See `_multilabel_pool.unsure`."""
        return of_pool.unsure(raw)

    def judged(self, raw: np.ndarray, targets: np.ndarray) -> Mapping[str, np.ndarray]:
        """{}."""
        return {}

    def of_the_set(self, columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None) -> OfTheSet:
        """The headlines, and the task with its metrics and what planted wrong tags showed."""
        given = np.asarray(columns[parts.GIVEN], np.float64)
        probs = scores.probability(columns[parts.LOGITS])
        wrong = scores.suspicion(given, probs)
        found = {
            "difficulty": percentile(np.asarray(columns["loss"])),
            "label_suspicion": percentile(scores.pooled(wrong, 1 - wrong)),
        }
        probed = probes.probed(given, probs)
        prob = None if np.isnan(probed.prob).all() else probed.prob
        task = replace(
            self,
            measured=tuple(asdict(metric) for metric in measures.measured(given, probs)),
            by_tag=tuple(measures.by_tag(given, probs, self.categories)),
            probes={**probed.info, "kinds": []},
            memory=parts.judged(columns, self.categories, prob, wrong),
        )
        return OfTheSet({name: values.astype(np.float32) for name, values in found.items()}, HOW, task)

    def rate_labels(self, labels: Any, predictions: Any, neighbours: np.ndarray | None) -> Rated:
        """See `_multilabel_quality.rated`."""
        return rated(labels, predictions)

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """The sets as texts, and the counts."""
        given = pa.array(self.written(columns["target"], classes), pa.string())
        is_predicted = np.asarray(columns[parts.PROBS]) >= scores.PREDICTED
        predicted = pa.array(self.written(is_predicted.astype(np.float32), classes), pa.string())
        counts = {name: pa.array(columns[name].astype(np.int64)) for name in columns if name.startswith("n_")}
        return {"label": given, "given": given, "predicted": predicted, **counts}

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> Parts | None:
        """The level `tags`."""
        table = parts.tag_table(columns, ids, self.categories, self._judged(columns))
        return Parts(parts.LEVEL, table, self.categories, parts.JUDGED)

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """mAP, micro and macro F1 and subset accuracy of the examples; of the level `tags` micro F1 alone."""
        if parts.GIVEN in level and parts.PROBS in level:
            given, probs = (np.stack(list(level[name])) if len(level[name]) else np.zeros((0, 0))
                            for name in (parts.GIVEN, parts.PROBS))  # fmt: skip
            return measures.measured(given.astype(np.float64), probs.astype(np.float64))
        if self.measured:
            return [Metric(**each) for each in self.measured]
        error = np.asarray(level["error"], np.float64)
        return [Metric("mean error", float(error.mean()), higher_is_better=False, n=len(error))] if len(error) else []

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """The set, or the rarest tag of a rare set; see `_multilabel_labels.strata_of`."""
        return reading.strata_of(targets, LEAST_ALIKE)

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The reason of the worst tag of each example, and its evidence."""
        return of_examples.explain(columns, self._judged(columns), lambda sets: self.written(sets, ()))

    def _judged(self, columns: Mapping[str, np.ndarray]) -> parts.Judged:
        """What `of_the_set` found of these examples; made now, by rules, for others."""
        if self.memory is not None and self.memory.n == len(columns[parts.GIVEN]):
            return self.memory
        return parts.judged(columns, self.categories, None)

    @property
    def outcomes(self) -> Mapping[str, str]:
        """What can become of a tag, in words."""
        return comparing.OUTCOMES

    def answers_in(self, stored: StoredAnswers) -> comparing.TagAnswers:
        """The sets and the probabilities of a run. Raises DataError when its shards are gone."""
        task = self.settled(stored.settings) if stored.settings else self
        if parts.LOGITS not in stored.of_shards:
            raise DataError("the predictions of this run are gone with its folder 'shards'; score it again")
        given = task.encode(stored.catalog["label"].to_pylist(), ())
        return comparing.TagAnswers(given, scores.probability(stored.of_shards[parts.LOGITS]), task.categories)

    def answers_to(self, raw: np.ndarray, targets: np.ndarray) -> comparing.TagAnswers:
        """What a model that was asked now says of some examples."""
        return comparing.TagAnswers(np.asarray(targets, np.float64), scores.probability(raw), self.categories)

    def measured_together(
        self, answers: Sequence[comparing.TagAnswers], rows: Sequence[np.ndarray], *, n_resamples: int
    ) -> Paired:
        """mAP, micro and macro F1, subset accuracy, and AP by tag."""
        some = [one.of_examples(np.asarray(which, np.int64)) for one, which in zip(answers, rows, strict=True)]
        return comparing.paired(some, n_resamples=n_resamples)

    def same_parts(self, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[tuple[int, int]]:
        """Tags by their id."""
        return comparing.same_tags(before, after)

    def parts_of(self, answers: comparing.TagAnswers, ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        """The tags that are given or predicted."""
        return comparing.parts_of(answers, ids)

    @property
    def separator(self) -> str:
        """What stands between the names of a set."""
        return self.glue.strip()

    def label_of(self, value: Any) -> str:
        """The label in an answer that people gave elsewhere."""
        return review.label_of(self.categories, value, self.glue)

    def tag_states(self, example: Mapping[str, Any]) -> list[TagState]:
        """Every tag of an example of a run."""
        return review.states(self.categories, example[parts.GIVEN], example[parts.PROBS])

    def set_text(self, yes: Sequence[str], unknown: Sequence[str]) -> str:
        """A set as a label."""
        return review.text(self.categories, yes, unknown, self.glue)

    def said(self, text: str) -> Mapping[str, bool | None]:
        """What a label says of each tag."""
        return review.said(self.categories, text, self.glue.strip())

    def tag_choices(self, part: Mapping[str, Any]) -> tuple[Choice, ...]:
        """The answers that Review offers on a tag."""
        return review.choices(part)

    def with_parts(self, given: str | None, parts: Sequence[tuple[str, bool]]) -> str | None:
        """A label with single tags put right."""
        return review.with_parts(self.categories, given, parts, self.glue)

    def sample(self) -> tuple[pa.Table, Mapping[str, Any]]:
        """Twelve examples with up to three of four tags, of which one is unknown once, and one without a label."""
        texts = ["a|b", "a", "b|c", "(none)", "a|?d", "c|d", "a|b|c", "d", "b", "a|c", "c", "b|d", None]
        table = {"id": [f"example-{row}" for row in range(len(texts))], "label": pa.array(texts, pa.string())}
        return pa.table(table), {"source": "labels", "tag_sets": "list", "labels_are": "names", "classes": None}
