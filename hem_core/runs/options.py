"""How a run is made: the options of `score` and of `hem score`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from hem_core.boxes.results import InMemory
from hem_core.engine.runners import DEFAULT as DEFAULT_RUNNER
from hem_core.tasks import DEFAULT

Sample = Literal["in-sample", "out-of-sample", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a run is made; every field is also a keyword of `score` and an option of `hem score`."""

    task: str = DEFAULT
    """What is predicted: the name of a file of `hem_core.tasks`."""
    loss: str | None = None
    """Which loss the task is scored by, where it has several; None for its default."""
    name: str | None = None
    """Key of the tags: runs on data of the same name share them. Default: the source's name."""
    classes: Sequence[str] | None = None
    """Class names in the order of the outputs."""
    labels_are: Literal["names", "indices"] | None = None
    """Whether labels that are integers are the names of the classes or count them from 0; by default names where they
    are exactly the classes' names."""
    sample: Sample = "unknown"
    """"in-sample" when the model was trained on these examples, "out-of-sample" when it never saw them."""
    held_out_accuracy: float | None = None
    """Accuracy on examples kept out of training, 0 .. 1, to judge how far the net has memorised its own."""
    oos: int | Literal["head", "none"] | None = None
    """Out-of-sample evidence: the number of folds of a train function (5 where one is given); "head" cross-fits linear
    heads on the embeddings, which is also what is done, where nothing better is known, without this option; "none",
    also with a train function, whose one model is then judged on the examples that it was trained on."""
    repeats: int = 1
    """How often the folds of a train function are trained, each time with another seed: the mean of the models'
    probabilities counts, in every score, in the reasons and for the probes."""
    test: str | Path | None = None
    """Held-out data of the same form, for `hem retrain`: noted in run.json, not scored, no part of what the run is."""
    dynamics: str | Path | None = None
    """A Recorder's folder or another record of the training, see `hem_core.dynamics.read`."""
    device: str | None = None
    """"cpu", "cuda" or "cuda:1"; None takes CUDA where there is one."""
    batch_size: int | Literal["auto"] | None = None
    """Default 32 on a CPU, 256 on CUDA, 1,024 rows of a table, 4,096 for an estimator; "auto"
    times a few on the first examples and keeps the best."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Of the forward pass; bf16 is for CUDA."""
    layer: str | None = None
    """Module whose output is the embedding; None finds the last linear layer's input, "none" makes no embeddings."""
    embedding: str | Path | None = None
    """The folder of a text–image model, such as CLIP, whose image tower embeds the pictures in place of the model; then
    words find them."""
    resize: int | None = None
    """Scale image files to this many pixels a side, cutting out the centre square."""
    has_grand: bool = False
    """Also the gradient norm of the whole network, about the cost of one more training pass."""
    beside: Sequence[str | Path] = ()
    """Runs of other seeds or models on the same ids: the headlines are of the mean of all, see `hem_core.runs.voted`;
    `ensemble_spread` says how far they disagree."""
    has_probes: bool = True
    """Plant probes of known kinds and calibrate the reasons on them; without, reasons come from simple rules."""
    has_map: bool = True
    """Lay out the embedding map, after the run can be opened already."""
    k: int = 15
    """Neighbours kept of each example, from 1 on."""
    seed: int = 0
    """Of folds, probes, map and neighbour search: the same seed gives the same bytes."""
    unit_size: int | None = None
    """Examples in a shard, the unit of work that a kill can cost; by default 16,384 of an array's rows, else 2,048."""
    runner: str = DEFAULT_RUNNER
    """Where the units are scored: a file of `hem_core.engine.runners`, such as "torchrun" or "ray"."""
    is_strict: bool = False
    """Stop at the first example that cannot be scored."""
    overwrite: bool = False
    """Replace a run of another model, data or options in the same folder."""
    separator: str | None = None
    """What joins the tags of a label that is a set, "|", ";" or ","; by default it is found in the labels."""
    columns: dict[str, str | Sequence[str]] = field(default_factory=dict)
    """`id_column`, `label_column`, `image_column`, `text_column`, `feature_columns` of the source."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the task, by their name; of detection: `foreground`, `background`, `floor` and `pool`, see there."""
    images: str | Path | None = None
    """The folder of the pictures, beside annotations of boxes."""
    annotations_format: str | None = None
    """A file of `hem_core.boxes.formats`, such as "cvat_xml", for annotations of boxes; by default it is recognized."""
    predictions: Any = None
    """Predicted boxes, beside annotations of boxes: a file or folder that `hem_core.boxes.results` reads, or from
    Python a list with a dict of boxes, labels and scores for each image, a dict of such dicts by image, or a table;
    beside a table, a file with the same ids whose columns are predictions."""

    @property
    def reading(self) -> dict[str, Any]:
        """Arguments for the reader of the data: the columns, and the files that accompany the data."""
        companions = {
            "images": self.images,
            "predictions": self.predictions,
            "annotations_format": self.annotations_format,
        }
        return {**self.columns, **{name: _named(value) for name, value in companions.items() if value is not None}}


def _named(value: Any) -> Any:
    return str(value) if isinstance(value, str | Path) else InMemory(value)


def implied(options: Options, facts: Mapping[str, Any]) -> Options:
    """The options with the task that the data name, where the user named none. facts: of the catalog."""
    task = str(facts.get("task") or DEFAULT)
    return replace(options, task=task) if options.task == DEFAULT else options


def combined(options: Options | None, keywords: Mapping[str, Any]) -> Options:
    """The options, with those replaced that were given as keywords.

    Raises TypeError for an unknown keyword, naming the nearest option.
    """
    names = list(Options.__dataclass_fields__)
    unknown = sorted(keywords.keys() - set(names))
    if unknown:
        near = get_close_matches(unknown[0], names, n=1)
        hint = f"did you mean '{near[0]}'? There" if near else "there"
        raise TypeError(f"score() has no option '{unknown[0]}'; {hint} are: {', '.join(names)}")
    return replace(options or Options(), **keywords)
