"""From nothing to a scored run: prepare the data, train with a Recorder, score. Each step is done once and kept."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol, cast

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import hem_core
from demo_models import _boxes, _source
from demo_models._data import Data
from demo_models._examples import Dataset, Examples
from demo_models._fit import Progress, accuracy
from demo_models._source import FLIPPED as FLIPPED
from hem_core import folder
from hem_core.store.run import Run


class Demo(Protocol):
    """What a file of this package defines."""

    OOS: int | Literal["head"] | None
    """How the examples are judged by models that were not trained on them; see `hem_core.score`."""

    def load(self, data: Path | None) -> Data: ...

    def train(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        recorder: hem_core.Recorder | None = None,
        progress: Progress | None = None,
        weights: Tensor | None = None,
    ) -> Any:
        """A trained module or scikit-learn estimator."""
        ...


class NetDemo(Demo, Protocol):
    """A demo whose OOS is not a number of folds: it trains once, resumes after a kill, and its weights are stored."""

    def model(self) -> nn.Module: ...

    def train(
        self,
        dataset: Dataset,
        *,
        seed: int = 0,
        recorder: hem_core.Recorder | None = None,
        progress: Progress | None = None,
        weights: Tensor | None = None,
        checkpoint: Path | None = None,
    ) -> nn.Module: ...


def names() -> list[str]:
    """Names of the demos, as typed after `hem demo`: the files of this folder, not its packages."""
    found = pkgutil.iter_modules(sys.modules["demo_models"].__path__)
    return sorted(each.name.replace("_", "-") for each in found if not each.ispkg and not each.name.startswith("_"))


def about(name: str) -> str:
    """A sentence on what was made wrong on purpose in the data of a demo, and where the truth is."""
    flipped = f"{FLIPPED:.0%} of the labels are flipped; the columns planted_flip and true_label record which."
    return getattr(module_of(name), "ABOUT", flipped)


def findings(name: str, workspace: Path, run: Run) -> list[str]:
    """Sentences on what the run of a demo found of it, beside its summary."""
    return _boxes.findings(name, workspace, run)


def run(
    name: str,
    workspace: Path,
    *,
    data: Path | None = None,
    progress: Callable[[str, int, int], None],
    is_map_awaited: bool = True,
) -> Run:
    """Make the run `name` in the workspace, doing only what is not there yet.

    data: the folder or file of the data set where the demo does not bring its own.
    progress: called with (stage, done, total) in examples. is_map_awaited: as for `hem_core.score`.
    """
    module = module_of(name)
    if hasattr(module, "boxes"):
        settings = {"progress": progress, "is_map_awaited": is_map_awaited}
        return _boxes.run(cast(_boxes.BoxDemo, module), name, workspace, data, settings)
    demo = cast(NetDemo, module)
    known = demo.load(data)
    source = _source.path_of(workspace / "data", name, known)
    if not source.exists():
        _source.write(source, known)
    test = _source.path_of(workspace / "data", f"{name}-test", known) if known.held_out is not None else None
    if test is not None and known.held_out is not None and not test.exists():
        _source.write(test, known.held_out, share=0.0)
    common = _source.options(known) | {"out": workspace / "runs" / name, "progress": progress, "test": test}
    common |= {"is_map_awaited": is_map_awaited}
    if isinstance(demo.OOS, int):
        return hem_core.score(None, source, train=f"{module.__name__}:train", oos=demo.OOS, **common)
    recording, weights = workspace / "recordings" / name, workspace / "models" / f"{name}.safetensors"
    if not weights.exists():
        _train(demo, _source.read(source, known), hem_core.Recorder(recording), weights, progress)
    held_out = None
    if known.held_out is not None:
        model = demo.model()
        model.load_state_dict(load_file(weights))
        held_out = accuracy(model, known.held_out.inputs, known.held_out.labels)
    return hem_core.score(
        f"{module.__name__}:model",
        source,
        weights=weights,
        dynamics=recording,
        sample="in-sample",
        held_out_accuracy=held_out,
        **({"oos": demo.OOS} if demo.OOS else {}),
        **common,
    )


def module_of(name: str) -> ModuleType:
    """The file of a demo."""
    return folder.load(sys.modules["demo_models"], name.replace("-", "_"))


def _train(
    demo: NetDemo,
    examples: Examples,
    recorder: hem_core.Recorder,
    weights: Path,
    progress: Callable[[str, int, int], None],
) -> None:
    """Train and store the weights; after a kill, resume from the checkpoint next to them."""
    checkpoint = weights.with_suffix(".checkpoint")
    model = demo.train(
        examples, recorder=recorder, checkpoint=checkpoint, progress=lambda done, total: progress("train", done, total)
    )
    weights.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, weights.with_suffix(".partial"))
    weights.with_suffix(".partial").replace(weights)
    checkpoint.unlink(missing_ok=True)
