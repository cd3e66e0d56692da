"""What is known before the first unit is scored: the catalog, the model on its device, the targets, the key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from torch import nn

from hem_core import catalog as catalogs
from hem_core.dynamics.table import Dynamics
from hem_core.engine.batch import Inputs
from hem_core.engine.batch_size import fastest_batch_size
from hem_core.engine.call import prepared
from hem_core.engine.inputs import open_inputs
from hem_core.engine.network import Network, channels_wanted, check_log_odds, choose_device, fingerprint, place
from hem_core.engine.plan import data_fingerprint, make_key
from hem_core.errors import DataError, HemError, ModelError
from hem_core.folds.averaged import averaging
from hem_core.media import medium
from hem_core.models.column_predictions import ColumnPredictions
from hem_core.models.estimator import Estimator
from hem_core.models.label_names import label_names
from hem_core.models.output_names import output_names
from hem_core.models.predictions import Predictions
from hem_core.models.text_image_folder import TextImageModel
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options
from hem_core.runs.predictions_elsewhere import Elsewhere, none_there, predicted_elsewhere, without_lists
from hem_core.splits import is_held_out
from hem_core.store.run import read_run
from hem_core.tasks import (
    DEFAULT,
    ModelFacts,
    Offer,
    TargetOptions,
    Task,
    adjusted,
    has_log_odds,
    keeps_sizes,
    load,
    names_labels,
    require,
    settings_of,
    takes_names,
)

FROM_A_SIGMOID = "The model ends in a sigmoid: its outputs are read as the probabilities of the tags."
DEFAULT_BATCH = {"cpu": 32, "cuda": 256}
ANY_SIZE_BATCH = {"cpu": 8, "cuda": 16}
"""Of pictures that keep their sizes, which are large where boxes are looked for."""
ENOUGH_OUTPUTS = 64
"""So many log-odds are not all in 0 .. 1 by chance."""
ESTIMATOR_BATCH = 4096
"""For an estimator most of the time is the overhead of a call."""


@dataclass(frozen=True)
class Prepared:
    """What is known before the first unit is scored."""

    catalog: pa.Table
    facts: dict[str, Any]
    classes: list[str]
    targets: np.ndarray
    bad_labels: dict[int, str]
    network: Network | None
    inputs: Inputs | None
    predictions: Predictions | ColumnPredictions | None
    model_name: str
    model_hash: str
    task: Task
    embedder: TextImageModel | None = None
    """What embeds the pictures in place of the model."""

    @cached_property
    def ids(self) -> list[str]:
        return self.catalog["id"].to_pylist()

    @cached_property
    def held_out(self) -> np.ndarray:
        """(N,) bool: of the test or validation split, which no training takes."""
        if "split" not in self.catalog.column_names:
            return np.zeros(self.catalog.num_rows, dtype=bool)
        return np.array([is_held_out(value) for value in self.catalog["split"].to_pylist()], dtype=bool)


def prepare(
    model: nn.Module | None,
    name: str,
    catalog: pa.Table,
    data: Any,
    folder: Path,
    options: Options,
    train: TrainFunction | None = None,
) -> Prepared:
    """Open the inputs, put the model on its device, and find the classes and targets.

    name: what the run calls the model; without one, `train` makes it. folder: the run's, where the arrays of an .npz
    are unpacked, under a name that stands for that file.
    Raises DataError or ModelError for what does not fit together, HemError for what the task does not offer.
    """
    task = _task_for(options)
    if options.predictions is not None and (model is not None or train is not None):
        raise ModelError("--predictions holds what a model predicted; omit it, or --model and --train")
    elsewhere = _elsewhere(task, catalog, data, model, train, options.predictions)
    found, catalog = elsewhere.predictions, elsewhere.catalog
    facts, inputs = open_data(catalog, data, folder, options, channels=channels_wanted(model) if model else 3)
    if found is None and inputs is None:
        raise DataError(
            f"'{facts['source']}' has no image column for the model to read, nor a text column or features; "
            "name it with --image-column, --text-column or --feature-columns"
        )
    facts |= _noted(facts, found.notes if found is not None else [])
    network, n_outputs = None, found.n_classes if found else 0
    model_hash = (found.digest if isinstance(found, ColumnPredictions) else "") or "predictions"
    if model is not None and inputs is not None:
        network, n_outputs = placed(model, inputs, catalog.num_rows, facts, options)
        model_hash = _model_hash(model, inputs, catalog.num_rows, facts)
        facts |= _noted(facts, [FROM_A_SIGMOID] if network.is_probability else [])
    if model is None and found is None and train is not None:
        name, model_hash = train.name, make_key(train=train.fingerprint, seed=options.seed)
    of_model = model_facts(model, n_outputs, is_trained=found is None)
    names, class_names = _names_of_labels(task, model, options), elsewhere.classes or of_model.class_names
    of_model = replace(of_model, label_names=names, class_names=class_names)
    targets = task.read_targets(catalog, facts, of_model, _said_of_labels(options))
    bad_labels = {**targets.bad, **{int(row): reason for row, reason in targets.facts.get("failures", {}).items()}}
    return Prepared(
        catalog,
        dict(targets.facts),
        list(targets.classes),
        targets.values,
        bad_labels,
        network,
        inputs,
        found,
        name,
        model_hash,
        targets.task or task,
        embedder_of(options, facts if inputs is not None else None),
    )


def _noted(facts: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    """The facts' notes with more of them; nothing where there are no more."""
    return {"notes": [*facts.get("notes", []), *notes]} if notes else {}


def _elsewhere(
    task: Task,
    catalog: pa.Table,
    data: Any,
    model: nn.Module | None,
    train: TrainFunction | None,
    beside: str | Path | None,
) -> Elsewhere:
    """The predictions of the data or the file `beside`. Raises ModelError where there is nothing else to score."""
    if model is not None:
        return Elsewhere(None, without_lists(catalog))
    found = predicted_elsewhere(task, catalog, data, beside, is_trained=train is not None)
    if found.predictions is None and train is None:
        source = catalogs.info(catalog)["source"]
        raise ModelError(f"no --model was given, nor --train, and '{source}' {none_there(task, catalog)}")
    return found


def _task_for(options: Options) -> Task:
    """The task of the run. Raises HemError when an option asks for what it does not offer."""
    task = load(options.task)
    if options.resize and keeps_sizes(task):
        raise HemError(f"--resize moves what is given in px; task '{task.name}' takes pictures at their size: omit it")
    asked: dict[Offer, tuple[str, Any]] = {
        "training dynamics": ("--dynamics", options.dynamics),
        "ensemble spread": ("--beside", options.beside),
        "gradient norms": ("--grand", options.has_grand),
        "linear heads": ("--oos head", options.oos == "head"),
        "classes": ("--classes", options.classes),
    }
    for offer, (option, is_asked) in asked.items():
        if is_asked and not (offer == "classes" and takes_names(task)):
            require(task, offer, option)
    if options.repeats > 1:
        averaging(task, "--repeats")
    return adjusted(task, options.arguments)


def model_facts(model: nn.Module | None, n_outputs: int, *, is_trained: bool = True) -> ModelFacts:
    """The model's facts about its outputs; for a Hugging Face model, the names in its config.

    is_trained: they come of a model, there or still to be trained, not of columns with predictions.
    """
    return ModelFacts(
        n_outputs,
        getattr(model, "class_labels", None),
        getattr(model, "class_names", None) or output_names(getattr(model, "config", None)),
        isinstance(model, Estimator),
        int(getattr(model, "first_label", 1)) if is_trained else 0,
        is_in_columns=not is_trained,
    )


def _names_of_labels(task: Task, model: nn.Module | None, options: Options) -> Sequence[str] | None:
    """What the labels of a detector stand for: as the user says, else as the model does; None for other tasks."""
    if not names_labels(task):
        return None
    if options.classes and model is None:
        raise HemError("--classes names the labels of --model here; without a model omit it")
    return options.classes or (label_names(model) if model is not None else None)


def _said_of_labels(options: Options) -> TargetOptions:
    return TargetOptions(options.classes, options.labels_are, options.loss, options.separator)


def open_data(
    catalog: pa.Table, data: Any, folder: Path, options: Options, *, channels: int
) -> tuple[dict[str, Any], Inputs | None]:
    """The facts of the catalog, with where its arrays now lie, and the reader of its medium; None where it has none."""
    facts = catalogs.info(catalog)

    def place_of(archive: Path) -> Path:
        return folder / "arrays" / data_fingerprint(catalog.select([]), archive)[:16]

    facts = medium(facts["medium"]).unpack(catalog, facts, place_of)
    root = Path(facts["root"])
    return facts, open_inputs(
        catalog,
        facts,
        root=root,
        dataset=data,
        channels=channels,
        resize=options.resize,
        is_mixed=keeps_sizes(load(options.task)),
    )


def placed(model: nn.Module, inputs: Inputs, n: int, facts: dict[str, Any], options: Options) -> tuple[Network, int]:
    """The model on its device, tried on the first two of N examples that can be read, and its number of outputs."""
    failures: list[tuple[int, str]] = []
    for start in range(0, n, 2):
        sample = inputs.read(range(start, min(start + 2, n)))
        failures += sample.failures
        if sample.indices:
            device = choose_device("cpu" if isinstance(model, Estimator) else options.device)
            embedder = embedder_of(options, facts)
            layer = "none" if embedder is not None else options.layer
            if isinstance(model, Estimator) and layer != "none":
                model.fit_embedding(_all_rows(model, inputs, n, facts))
            network, width = place(
                model,
                device,
                sample.values,
                is_picture=is_picture(facts),
                layer=layer,
                precision=options.precision,
                task=load(options.task),
            )
            if has_log_odds(network.task) and not isinstance(model, Estimator):
                _check_log_odds(network, width, inputs, range(start, n))
            return replace(network, embedder=embedder.of_pictures if embedder is not None else None), width
    first, reason = failures[0]
    reason = facts.get("failures", {}).get(str(first), reason)  # the catalog may know more: where it looked
    raise DataError(f"none of the {n} examples can be read; the first: {reason}")


def embedder_of(options: Options, facts: dict[str, Any] | None) -> TextImageModel | None:
    """The text–image model that the user named; None without. facts: of the catalog, None where there are no inputs.

    Raises ModelError for a folder without one, and for examples that are no pictures.
    """
    if options.embedding is None:
        return None
    if options.layer is not None:
        raise ModelError("--embedding and --layer both say what the embedding is: omit one")
    if facts is None or not is_picture(facts):
        raise ModelError("--embedding embeds pictures, and these examples have none: omit it")
    from hem_core.models.text_image_folder import load as load_text_image

    return load_text_image(options.embedding, choose_device(options.device))


def _check_log_odds(network: Network, width: int, inputs: Inputs, rows: range) -> None:
    """Raise ModelError when the model gives probabilities to the first examples without a sigmoid that can be seen."""
    some = inputs.read(rows[: -(-ENOUGH_OUTPUTS // max(1, width))])
    if len(some.indices) * width >= ENOUGH_OUTPUTS:
        check_log_odds(network, some.values)


def _model_hash(model: nn.Module, inputs: Inputs, n: int, facts: dict[str, Any]) -> str:
    own = fingerprint(model)
    if not isinstance(model, Estimator):
        return own
    rows = _all_rows(model, inputs, n, facts)
    blocks = [rows[start : start + ESTIMATOR_BATCH] for start in range(0, len(rows), ESTIMATOR_BATCH)]
    return hashlib.sha256(f"{own}\n{model.identity(blocks)}".encode()).hexdigest()


def _all_rows(model: Estimator, inputs: Inputs, n: int, facts: dict[str, Any]) -> Any:
    """Every readable example, as the estimator gets them; for data that fit into memory."""
    return prepared(model, inputs.read(range(n)).values, choose_device("cpu"), is_picture=is_picture(facts))


def is_picture(facts: dict[str, Any]) -> bool:
    """Whether the model gets the examples (n, H, W, C) as pictures."""
    return medium(facts["medium"]).is_picture(facts)


def data_key(ready: Prepared) -> str:
    """The digest of the examples: their catalog and their files."""
    source = Path(ready.facts.get("source_file", ready.facts["root"] or "."))
    if ready.predictions is not None and ready.predictions.path is not None:
        source = ready.predictions.path
    values = ready.predictions.digest if ready.predictions is not None else ""
    items = ready.inputs.fingerprint() if ready.inputs is not None else None
    more = {"predictions": values} if values else {}
    return make_key(data=data_fingerprint(ready.catalog, source), items=items, **more)


def key_of(ready: Prepared, options: Options, recorded: Dynamics | None, train: TrainFunction | None = None) -> str:
    """The digest of everything that decides the run's bytes."""
    labels_are = ready.facts["labels_are"]
    is_as_found = labels_are == catalogs.info(ready.catalog)["labels_are"]
    return make_key(
        **({} if options.task == DEFAULT else {"task": options.task}),
        **({"task_settings": settings} if (settings := settings_of(ready.task)) else {}),
        **({} if is_as_found else {"labels_are": labels_are}),
        model=ready.model_hash,
        train=train.fingerprint if train else None,
        data=data_key(ready),
        classes=ready.classes,
        dynamics=_digest(recorded) if recorded else None,
        layer=options.layer,
        precision=options.precision,
        resize=options.resize,
        k=options.k,
        seed=options.seed,
        unit_size=options.unit_size,
        batch_size=options.batch_size,
        sample=options.sample,
        name=ready.facts["name"],
        has_map=options.has_map,
        oos=options.oos,
        has_grand=options.has_grand,
        has_probes=options.has_probes,
        **({"embedding": ready.embedder.identity} if ready.embedder is not None else {}),
        beside=[read_run(Path(folder)).fingerprint for folder in options.beside],
        **({"repeats": options.repeats} if options.repeats > 1 else {}),
    )


def _digest(recorded: Dynamics) -> str:
    digest = hashlib.sha256("\n".join(recorded.ids).encode())
    for values in (recorded.confidences, recorded.margins, recorded.hits):
        digest.update(np.ascontiguousarray(values).data)
    for known in (recorded.targets, recorded.hashes):
        if known is not None:
            digest.update(repr(list(known)).encode())
    return digest.hexdigest()


def batch_size_of(ready: Prepared, options: Options, known: dict[str, Any]) -> int:
    """The batch size that the run began with, the requested one, or the default. known: the run's info, or {}."""
    if known:
        return known["parameters"]["batch_size"]
    if isinstance(options.batch_size, int):
        return options.batch_size
    if ready.network is None or ready.inputs is None:
        return ANY_SIZE_BATCH["cpu"] if keeps_sizes(ready.task) else 4096
    if options.batch_size == "auto":
        return fastest_batch_size(ready.network, ready.inputs, len(ready.ids))
    if isinstance(ready.network.model, Estimator):
        return ESTIMATOR_BATCH
    of_medium = medium(ready.facts["medium"]).batch_size
    defaults = ANY_SIZE_BATCH if keeps_sizes(ready.task) else DEFAULT_BATCH
    return of_medium or defaults.get(ready.network.device.type, defaults["cuda"])


def unit_size_of(ready: Prepared) -> int:
    """Units of some 5 to 60 seconds on a CPU, and no more than 16 million logits."""
    is_quick = ready.inputs.is_quick if ready.predictions is None and ready.inputs is not None else True
    return 16_384 if is_quick and len(ready.classes) <= 1000 else 2048
