"""The contract of a task, so that all other code can score, show, select and retrain without knowing its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args, runtime_checkable

from hem_core.errors import HemError
from hem_core.types import Metric as Metric
from hem_core.types import Outputs, StoredAnswers

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from PIL import Image
    from torch import Tensor

    from hem_core.boxes.scene import Scene
    from hem_core.stats.paired import Paired
    from hem_core.tasks._class_predictions import ListedPredictions

Column = Any
"""(N,) or (N, m) values of N examples: a tensor on the device of the pass, or the Arrow array that is stored."""
Offer = Literal[
    "classes",
    "linear heads",
    "prototypes",
    "training dynamics",
    "ensemble spread",
    "gradient norms",
    "word effects",
]
"""What a task can offer beyond the contract; what it does not offer is skipped, or refused on request."""
Figure = Literal["confusion matrix", "classes", "errors", "predicted against given", "average precision", "tags"]
"""What the pages can draw: the confusion matrix, a table of the classes, the distribution of `error`, the numbers that
were predicted against those given (columns `given_value`, `predicted_value`, `residual`, `residual_scale`), and the
average precision of each class of boxes (`by_class` of the task), and the figures of each tag (`by_tag`)."""
Answers = Literal["one class", "numbers", "tags"]
"""What an estimator of a task answers: one class out of several, a number, or any number of tags."""
OFFERS: tuple[Offer, ...] = get_args(Offer)
FIGURES: tuple[Figure, ...] = get_args(Figure)
NOT_FINITE = "the model's output is NaN or infinite"


@dataclass(frozen=True)
class ModelFacts:
    """Facts about a model that are known before the labels are read."""

    n_outputs: int = 0
    """Width of its raw output; 0 when it still has to be trained."""
    class_labels: Sequence[Any] | None = None
    """The labels that its outputs stand for, as an estimator's `classes_`."""
    class_names: Sequence[str] | None = None
    """Names of its outputs 0 to K - 1, as of a Hugging Face model's `id2label`."""
    is_estimator: bool = False
    first_label: int = 0
    """The number that a detector has for the first class: 1 where 0 is background."""
    label_names: Sequence[str] | None = None
    """The classes that the labels of a detector stand for, in their order; None where it does not say, or is not there
    yet."""
    is_in_columns: bool = False
    """No model: the raw outputs are columns of the data, see `ReadsPredictions`."""


@dataclass(frozen=True)
class TargetOptions:
    """The user's options for the labels."""

    classes: Sequence[str] | None = None
    labels_are: Literal["names", "indices"] | None = None
    loss: str | None = None
    """Which loss; None for the task's own default."""
    separator: str | None = None
    """What joins the names of a label that is a set; None: it is found in the labels."""


@dataclass(frozen=True, eq=False)
class Targets:
    """The labels of a catalog as numbers."""

    values: np.ndarray
    """(N,) int64 or float32, or (N, K) float32 where an example has several; -1 or NaN where the label is bad, see
    `is_known`."""
    bad: Mapping[int, str] = field(default_factory=dict)
    """Row -> why its label cannot be used."""
    classes: tuple[str, ...] = ()
    """The K class names in the order of the outputs; empty for a task without classes."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The catalog's facts, with what was decided and noted while reading the labels."""
    task: Task | None = None
    """The task with what these labels settled, see `Settles`; None where it is as it was."""


@dataclass(frozen=True, eq=False)
class OfTheSet:
    """What is known once all examples are scored."""

    columns: Mapping[str, np.ndarray]
    """(N, …) columns that are added or take the place of others; among them `difficulty` and `label_suspicion`,
    percentiles 0 .. 100."""
    how: Mapping[str, str]
    """`difficulty` and `label_suspicion`: a sentence each on how it was made."""
    task: Task
    """The task with what these examples settled, such as the usual residual."""


@dataclass(frozen=True, eq=False)
class Parts:
    """A second level: the rows of a table that is stored as `<level>.parquet`."""

    level: str
    """Its name, such as "boxes"."""
    table: pa.Table
    """One row a part: `id`, `example`, and the columns that every level has."""
    classes: tuple[str, ...] = ()
    """The names of the classes that `given` and `predicted` are of, in their order; () for parts without classes."""
    judged: tuple[str, ...] = ()
    """Its own columns that say how a part was predicted, not what it is; no weak slice is described by them."""
    places: np.ndarray | None = None
    """(M, 4) left, top, right and bottom in px of each part in the picture of its example; None for parts without."""


class Task(Protocol):
    """One file of `tasks/` defines a class of this name, without arguments; it holds nothing.

    W is the width of the raw output of a model, K or 1 say; `values` are targets or predictions as numbers, (N,), or
    (N, K) where an example has several at once.
    Importing the file must not import torch: the app asks for metrics, figures and words.
    """

    @property
    def name(self) -> str:
        """Name of the file."""
        ...

    @property
    def title(self) -> str:
        """What is predicted, in words."""
        ...

    @property
    def offers(self) -> frozenset[Offer]:
        """What it offers beyond the contract."""
        ...

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What the pages draw of it, the most telling first."""
        ...

    @property
    def spoils(self) -> tuple[str, ...]:
        """Kinds of hard examples that can be planted as probes; () where the reasons cannot be calibrated."""
        ...

    @property
    def reasons(self) -> Mapping[str, str]:
        """Its names for why an example is hard -> what they mean."""
        ...

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """The labels of a catalog for a model. Raises DataError or ModelError for what does not fit together."""
        ...

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """The labels of further data for a model that is known by its classes, (N,); -1 or NaN for a bad label."""
        ...

    def encode(self, labels: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """Texts as `written` gives them -> values (N,); -1 or NaN for a text that is missing or is no value."""
        ...

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """Values (N,) as texts: what `given` and `predicted` print; None for a value that is not known."""
        ...

    def width(self, classes: Sequence[str]) -> int:
        """W of a model for these classes."""
        ...

    def raw(self, output: Any) -> Tensor:
        """The raw output (N, W) float32 in whatever the model returned. Raises ModelError for anything else."""
        ...

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Row of raw (N, W) -> why it cannot be scored; `NOT_FINITE` where the output is no number."""
        ...

    def finite(self, raw: Tensor) -> Tensor:
        """raw (N, W) with finite numbers in place of what rules an answer out."""
        ...

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Fields of Outputs, each with N first; `loss` (N,) among them."""
        ...

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """Columns of numbers to keep for each example: `error` (N,) float32 in 0 .. 1, and what is special to it.

        raw (N, W); outputs: what `fields` made of it, and what else is known.
        """
        ...

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """raw (N, W) -> the values (N,) that it predicts."""
        ...

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """raw (N, W), targets (N,) -> (N,) float64: 0 right .. 1 wrong."""
        ...

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """What is stored of `target` and of the columns of `describe`, under the names that people read.

        `label`, `given` and `predicted` (texts) among them; columns that it does not name are stored as they are.
        """
        ...

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> Parts | None:
        """Its second level; None for a task whose examples have no parts."""
        ...

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """How good the predictions are, the headline first; level: columns (N,), `error` and those of `describe`."""
        ...

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """targets (N,) -> (N,) int64: rows of the same number are spread evenly over folds; -1 = no label."""
        ...

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """`reason` and `evidence`, (N,) texts, where the reasons of classes do not apply; {} where they do."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A task that reading the labels, or scoring the examples, settles further: which loss, what is usual.

    It is another instance then, equal to `task.settled(task.settings)`; the settings are kept in run.json.
    """

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was settled, as JSON; {} for a task as it is loaded."""
        ...

    def settled(self, settings: Mapping[str, Any]) -> Task:
        """The task with these settings, as `settings` gave them."""
        ...


@runtime_checkable
class Adjustable(Protocol):
    """A task with arguments of its own, such as the IoU from which a box is right."""

    @property
    def arguments(self) -> Mapping[str, str]:
        """Name of each -> what it is, in words."""
        ...

    def adjusted(self, arguments: Mapping[str, Any]) -> Task:
        """With some of them changed. Raises HemError for a value that cannot be."""
        ...


@runtime_checkable
class KnowsTheSet(Protocol):
    """A task whose errors or headlines need the other examples: a residual is far off beside those around it."""

    def of_the_set(self, columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None) -> OfTheSet:
        """columns (N, …): `target`, those of `describe` and the scores; neighbours (N, k) places of the nearest."""
        ...


@dataclass(frozen=True, eq=False)
class PartsCalibrated:
    """What errors planted in the parts taught a task."""

    task: Task
    """The task that names the reasons of its parts by it."""
    info: Mapping[str, Any]
    """`reasons` of run.json; `level` among it names the level whose reasons these are."""
    rows: Mapping[str, np.ndarray]
    """For reason_rows.npz, which a refit reads."""
    columns: Mapping[str, np.ndarray]
    """Of the examples, (N,): what changes with it."""


@dataclass(frozen=True, eq=False)
class PartsRefitted:
    """The reasons of the parts, learnt from people's verdicts as well."""

    columns: Mapping[str, np.ndarray]
    """Of the level of parts, (R,): reason, reason_prob, evidence."""
    of_examples: Mapping[str, str]
    """Id of an example -> its reason."""
    info: Mapping[str, Any]
    """What changes in `reasons` of run.json."""
    settings: Mapping[str, Any]
    """`task_settings` of run.json."""


@runtime_checkable
class CalibratesParts(Protocol):
    """A task that plants errors in its parts and judges them with the predictions that are there."""

    def calibrated(self, columns: Mapping[str, np.ndarray], *, seed: int) -> PartsCalibrated | str:
        """columns as for `parts`. Returns why it cannot be done, in a sentence, where it cannot."""
        ...

    def refitted(self, table: pa.Table, rows: Mapping[str, np.ndarray], verdicts: Mapping[str, bool]) -> PartsRefitted:
        """table: the level of parts; rows: of `calibrated`; verdicts: id of a part -> whether its label is wrong."""
        ...


@runtime_checkable
class Averages(Protocol):
    """A task for which several models can vote: by the mean of their probabilities, or of the predicted numbers."""

    def votes(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs (N, W) -> what is averaged, (N, W) float64; NaN rows stay NaN."""
        ...

    def raw_of_votes(self, mean: np.ndarray) -> np.ndarray:
        """The mean (N, W) of several models' votes -> the raw output (N, W) float32 that stands for it."""
        ...


@runtime_checkable
class CalibratesReasons(Protocol):
    """A task that calibrates its reasons by itself once all examples are scored."""

    @property
    def reasons_info(self) -> Mapping[str, Any]:
        """`reasons` of run.json: how they were calibrated; {} where they were not."""
        ...


@runtime_checkable
class HasResiduals(Protocol):
    """A task of numbers: the report of a retraining says first how far off they are, in units of the label."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the D numbers of an example; () where it has one."""
        ...

    @property
    def spreads(self) -> tuple[float, ...]:
        """By what the residuals of each of several numbers are divided before they are averaged; () for one."""
        ...

    def residuals(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(N, D) float64, given − predicted, of raw outputs (N, W) and targets (N,) or (N, D); NaN = not known."""
        ...


@runtime_checkable
class HasSeveralNumbers(Protocol):
    """A task of numbers that can have several of them, each in columns of its own; a page draws one at a time."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the D numbers of an example; () where it has one."""
        ...

    def number_columns(self, output: str) -> Mapping[str, str]:
        """`given_value`, `predicted_value`, `residual`, `residual_scale` and `residual_ratio` -> the column of this
        output that holds it."""
        ...

    def completed(self, answer: str, given: str | None) -> str:
        """A label that people typed, with the numbers that they did not name as they are given. Raises DataError."""
        ...

    def agrees(self, answer: str, given: str | None) -> bool:
        """Whether a completed label, typed without sight of the given one, is that one as far as its digits go."""
        ...


@runtime_checkable
class ComparesWithRun(Protocol):
    """A task whose errors on examples of a run are measured by what that run says of each of them."""

    @property
    def yardsticks(self) -> tuple[str, ...]:
        """The columns of the run that it needs."""
        ...

    def errors_by(self, raw: np.ndarray, targets: np.ndarray, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """raw (N, W), targets (N, …), columns (N,) -> (N,) float64: 0 right .. 1 wrong; as `error` in the run."""
        ...


@runtime_checkable
class RecognizesLabels(Protocol):
    """A task that is suggested for data whose labels look like its own; the default task needs no such method."""

    def recognizes(self, catalog: pa.Table, facts: Mapping[str, Any]) -> bool:
        """Whether the labels of a catalog are probably labels of this task."""
        ...


@runtime_checkable
class ReadsPredictions(Protocol):
    """A task whose raw outputs can stand in columns of their own, beside the labels."""

    @property
    def prediction_columns(self) -> str:
        """In words, which columns hold them, for messages."""
        ...

    def raw_in(self, catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
        """The raw outputs (N, W) float32 in the columns of a catalog, NaN where there is none; None without columns."""
        ...


@runtime_checkable
class NamesPredictions(Protocol):
    """A task that reads predictions and says which columns they are, so that these are no features of the examples."""

    def columns_read(self, catalog: pa.Table, facts: Mapping[str, Any]) -> Sequence[str]:
        """The columns of a catalog that `raw_in` reads; () where there are none."""
        ...


@runtime_checkable
class ListsPredictions(Protocol):
    """A task whose raw outputs can stand in lists of numbers, or in columns that it gathers into such lists."""

    @property
    def prediction_columns(self) -> str:
        """In words, which columns hold them, for messages."""
        ...

    def listed_predictions(self, catalog: pa.Table) -> ListedPredictions | None:
        """The predictions in the columns of a catalog; None where there are none."""
        ...


@runtime_checkable
class MeasuresTogether(Protocol):
    """A task whose quality is measured on all examples together, such as average precision, and is no mean of errors.

    Two models are then compared by these measures, with a paired bootstrap over the examples.
    """

    of_shards: tuple[str, ...]
    """Columns of the shards that hold the answers of a model."""

    def answers_in(self, stored: StoredAnswers) -> Any:
        """The answers of a run's model, for `measured_together`. Raises DataError when the run does not hold them."""
        ...

    def answers_to(self, raw: np.ndarray, targets: np.ndarray) -> Any:
        """The answers of a model that was asked now: raw (N, W), targets (N,) of its examples."""
        ...

    def measured_together(self, answers: Sequence[Any], rows: Sequence[np.ndarray], *, n_resamples: int) -> Paired:
        """The measures of A models on the same examples, the headline first.

        rows: for each model the places of these examples among those that it answered, (N,) each.
        """
        ...


@runtime_checkable
class MatchesParts(Protocol):
    """A task some of whose parts exist because a model predicted them, so that their ids differ from run to run."""

    part_columns: tuple[str, ...]
    """Columns of the level that `same_parts` needs."""
    outcome: str
    """The column that says what became of a part."""
    outcomes: Mapping[str, str]
    """Its values -> the word for each."""
    right_part: str
    """In a sentence, when a part counts as right."""

    def same_parts(self, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[tuple[int, int]]:
        """Rows (before, after) that are the same part in the predictions of two models; each row once at most."""
        ...

    def parts_of(self, answers: Any, ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        """The rows of the level that the answers of a model give, as `answers_to` made them, ids of the N examples:
        the columns `part_columns`, `error` and `outcome`."""
        ...


@runtime_checkable
class MakesItems(Protocol):
    """A task whose training items are more than an input, a number and an id, such as an image and its boxes."""

    def item(self, input: Any, value: int, index: int) -> Any:
        """The item of an example: its input as a model gets it, its target, and its place in the training's data."""
        ...

    def training_arguments(self) -> Mapping[str, Any]:
        """What a train function is offered by name beside seed, weights …; `classes`, a list of names, among them."""
        ...

    def check_trained(self, model: Any) -> None:
        """Raise ModelError for a trained module whose answers would be read wrongly."""
        ...

    def with_corrected(self, column: pa.Array) -> tuple[Task, np.ndarray]:
        """The task that also knows the examples as people corrected them, and the targets (N,) that stand for these.

        column: for each of the N examples of the catalog what its own column would hold; null for no correction, whose
        target stays.
        """
        ...

    def write_data(self, rows: pa.Table, targets: np.ndarray, folder: Path) -> Path | None:
        """Write some examples, rows of the catalog with the given targets, as data to score; None where they could not
        be read back as the same ones."""
        ...


@runtime_checkable
class BringsSample(Protocol):
    """A task whose labels are no texts in a column, and that brings a catalog to be checked with."""

    def sample(self) -> tuple[pa.Table, Mapping[str, Any]]:
        """A catalog of eight rows or more, of which the last one alone has no label, and its facts."""
        ...


UNSURE = "unsure"
"""The layer of a drawing with what the model says too unsurely to count."""


@runtime_checkable
class Draws(Protocol):
    """A task that draws its parts into the picture of their example, for tiles and the detail view."""

    def drawn(
        self,
        picture: Image.Image,
        boxes: Sequence[Mapping[str, Any]],
        part: Mapping[str, Any] | None = None,
        *,
        size_px: int | None = None,
        is_crop: bool = False,
        hidden: Collection[str] = (),
    ) -> Image.Image:
        """A copy of an example's picture with its parts, as rows of their level.

        part: the one that is looked at; is_crop: show it alone, with context. size_px: the longer side of the result.
        hidden: names of `layers` that are not drawn.
        """
        ...

    @property
    def layers(self) -> Mapping[str, str]:
        """What can be hidden of a drawing: name -> title; `others` are the parts that are not looked at, UNSURE those
        that are hidden until somebody asks for them."""
        ...

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """What the colours of a drawing mean: title and colour."""
        ...


@runtime_checkable
class JudgesBoxes(Protocol):
    """A task whose parts are boxes, which can be judged again at other thresholds out of what a run stores."""

    @property
    def limits(self) -> tuple[float, float, float]:
        """IoU of the foreground and of the background, and the confidence below which a prediction is no part."""
        ...

    def boxes_of_run(self, stored: StoredAnswers) -> Scene:
        """All boxes of a run, as it judged them. Raises DataError when the run no longer holds its predictions."""
        ...


@runtime_checkable
class MeasuresParts(Protocol):
    """A task that measures its parts in the picture of their example, such as how dark they are."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the columns."""
        ...

    def measured_in(self, picture: np.ndarray, parts: Sequence[Mapping[str, Any]]) -> Mapping[str, np.ndarray]:
        """picture uint8 (H, W) or (H, W, 3), its R parts as rows of their level -> columns (R,), NaN for unknown."""
        ...


def figures_of(task: Task, *, is_examples: bool = True) -> tuple[Figure, ...]:
    """What the pages draw of the examples of a task, or of its parts where the task names `part_figures`."""
    return task.figures if is_examples else getattr(task, "part_figures", task.figures)


def keeps_sizes(task: Task) -> bool:
    """Whether a model of the task gets each picture at its own size, a list of them as a batch."""
    return bool(getattr(task, "keeps_sizes", False))


def names_labels(task: Task) -> bool:
    """Whether a model of the task says by `class_names` or --classes what its labels are, in an order of its own."""
    return bool(getattr(task, "names_labels", False))


def only_in_shards(task: Task) -> tuple[str, ...]:
    """Columns that the task needs until a run is finished, and that no table of the run has."""
    return getattr(task, "of_shards", ())


def training_arguments(task: Task) -> dict[str, Any]:
    """What a task offers to a train function by name beyond what all tasks do; {} for most."""
    return dict(task.training_arguments()) if isinstance(task, MakesItems) else {}


def settings_of(task: Task) -> dict[str, Any]:
    """What was settled of a task; {} for one that has nothing to settle."""
    return dict(task.settings) if isinstance(task, Settles) else {}


def adjusted(task: Task, arguments: Mapping[str, Any]) -> Task:
    """A task with arguments of its own changed. Raises HemError for what it does not have."""
    known = task.arguments if isinstance(task, Adjustable) else {}
    for name in arguments:
        if name not in known:
            there = f"; there are: {', '.join(known)}" if known else ", and none of its own; omit it"
            raise HemError(f"task '{task.name}' has no argument '{name}'{there}")
    return task.adjusted(arguments) if arguments and isinstance(task, Adjustable) else task


def arguments_in_words(task: Task) -> dict[str, Any]:
    """What each argument of a task is -> its value; {} for a task without."""
    known = task.arguments if isinstance(task, Adjustable) else {}
    return {words: getattr(task, name) for name, words in known.items()}


def column_words(task: Task) -> Mapping[str, tuple[str, str]]:
    """Column -> its title and unit, for columns that a task names otherwise than the scores do: its `column_words`."""
    return getattr(task, "column_words", {})


def column_meanings(task: Task) -> Mapping[str, str]:
    """Column -> what it means, in a sentence, for columns that a task computes otherwise than the scores do: its
    `column_meanings`."""
    return getattr(task, "column_meanings", {})


def detail_columns(task: Task) -> tuple[str, ...]:
    """Columns of a part that stand beside its large picture: those of its `detail_columns`."""
    return getattr(task, "detail_columns", ())


def partly_right(task: Task) -> str:
    """In words, that an example whose error is below the limit of a wrong one differs all the same: its `partly_right`;
    "" for a task whose examples are right or wrong as a whole."""
    return getattr(task, "partly_right", "")


def not_advised(task: Task) -> Mapping[str, str]:
    """Action of `hem advise` -> why its gain cannot be known for a task, and the way to know it: its `not_advised`."""
    return getattr(task, "not_advised", {})


def examples_are(task: Task) -> str:
    """What the examples of a task are called where they are chosen beside their parts: its `examples_are`."""
    return getattr(task, "examples_are", "examples")


def answers_of(task: Task) -> Answers:
    """What an estimator of the task must answer; one class, unless the task names `answers`."""
    return getattr(task, "answers", "one class")


def require(task: Task, offer: Offer, option: str) -> None:
    """Raise HemError when a task does not offer what an option asks for."""
    if offer not in task.offers:
        raise HemError(f"task '{task.name}' offers no {offer}, which {option} needs; omit the option")


def has_logits(task: Task) -> bool:
    """Whether a model of the task must give logits, not the probabilities that they become."""
    return "classes" in task.offers or bool(getattr(task, "has_logits", False))


def takes_names(task: Task) -> bool:
    """Whether the user may name the outputs of a model of a task that offers no classes."""
    return has_logits(task) or names_labels(task) or hasattr(task, "output_names")


def has_log_odds(task: Task) -> bool:
    """Whether each raw output of a task is the log-odds of a probability of its own, so that a model may end in a
    sigmoid: its `has_log_odds`."""
    return bool(getattr(task, "has_log_odds", False))


def reads_lists(task: Any) -> bool:
    """Whether a task that reads predictions also reads a list a row, in a column `logits` or `probs`: its
    `reads_lists`."""
    return bool(getattr(task, "reads_lists", False))


def output_names(task: Task, classes: Sequence[str]) -> tuple[str, ...]:
    """Names of a model's outputs: the classes, or the `output_names` of a task whose examples have several at once."""
    return tuple(classes) or tuple(getattr(task, "output_names", ()))


def is_known(values: np.ndarray) -> np.ndarray:
    """(N,) bool: which targets are known; -1 is a missing class, NaN a missing number; one of several numbers (N, K)
    that is known is enough."""
    import numpy as np

    found: Any = ~np.isnan(values) if values.dtype.kind == "f" else values >= 0
    return found if found.ndim == 1 else found.any(axis=1)


def is_same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(N,) bool: where two arrays of targets, (N,) or (N, K), agree; a missing one agrees with a missing one."""
    import numpy as np

    found: Any = one == other
    if one.dtype.kind == "f":
        found |= np.isnan(one) & np.isnan(other)
    return found if found.ndim == 1 else found.all(axis=1)


def chosen(where: np.ndarray, one: np.ndarray, other: np.ndarray | float) -> np.ndarray:
    """Targets (N,) or (N, K): those of `one` where `where` (N,) holds, else those of `other`, an array or a value."""
    import numpy as np

    return np.where(where if one.ndim == 1 else where[:, None], one, other).astype(one.dtype)


def unknown(values: np.ndarray) -> float | int:
    """The value of a missing target among these."""
    import numpy as np

    return np.nan if values.dtype.kind == "f" else -1
