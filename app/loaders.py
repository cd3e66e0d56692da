"""Everything that is opened once for all sessions; the only file that caches."""

import contextlib
import json
import os
import time
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app import memory
from hem_core.store.level_names import of_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pandas as pd

    from app.rule_fitting import Fitted
    from app.views.compare.comparison import Comparison
    from app.views.overview.glance import Overview
    from app.views.slices.typical import Typical
    from app.views.slices.weak_slices import WeakSlices
    from app.wire.detail import Ranks
    from app.wire.distribution import Headline
    from hem_core.advise import Advice
    from hem_core.boxes.average_precision import AveragePrecision
    from hem_core.boxes.scene import Judged, Scene
    from hem_core.labels.audit_sample import Audit, Frame
    from hem_core.labels.corrected_boxes import Corrected
    from hem_core.labels.disagreements import Disagreements
    from hem_core.labels.label_errors import LabelErrors
    from hem_core.runs.box_decisions import Decisions
    from hem_core.runs.data_preview import DataPreview, Request
    from hem_core.sets.preview import Preview
    from hem_core.sets.selected import Selected
    from hem_core.slices.traits import Traits
    from hem_core.stats.paired import Paired
    from hem_core.store.audit_settings import StopRule
    from hem_core.store.id_index import IdIndex
    from hem_core.store.level import Level
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog
    from hem_core.store.workspace import Workspace
    from hem_core.tasks import Figure, Task
    from hem_core.types import Metric


AWAY_SECONDS = 300
Key = tuple[str, str, str]
"""What a level's answers are kept under: the run's folder and fingerprint, and the name of the level."""
_shown: ContextVar[Path | None] = ContextVar("_shown", default=None)
_is_only_reading: ContextVar[bool] = ContextVar("is_only_reading", default=False)
QUEUE_COLUMNS = ("id", "label_suspicion", "reason", "difficulty_in_class", "difficulty")


def folder() -> Path:
    """The workspace's folder: that of `showing`, else $HEM_WORKSPACE, set by whoever starts the server, else the
    working folder."""
    return _shown.get() or Path(os.environ.get("HEM_WORKSPACE") or ".").resolve()


@contextlib.contextmanager
def only_reading() -> "Iterator[None]":
    """Leave no file in a workspace, such as a tag log where there is none yet, in this context."""
    before = _is_only_reading.set(True)
    try:
        yield
    finally:
        _is_only_reading.reset(before)


@contextlib.contextmanager
def showing(folder: Path) -> "Iterator[None]":
    """Read another workspace for a while, in this context alone: a notebook shows runs of several."""
    before = _shown.set(folder.resolve())
    try:
        yield
    finally:
        _shown.reset(before)


def workspace() -> "Workspace":
    """The workspace that the server shows."""
    return _workspace(str(folder()))


def identity() -> str:
    """The name of this workspace in the posts of its pages: workspace.Workspace.identity."""
    return workspace().identity(is_kept=False) if _is_only_reading.get() else _identity(str(folder()))


def tags() -> "TagLog":
    """The workspace's tag log."""
    return workspace().tags_to_read() if _is_only_reading.get() else _tags(str(folder()))


def run(name: str) -> "Run":
    """The run of that name, opened once per state of its run.json."""
    place = workspace().folder / "runs" / name / "run.json"
    try:
        stamp = place.stat().st_mtime_ns
    except (OSError, ValueError):  # no such run, or no valid folder name: reported when it is opened
        stamp = 0
    return _run(str(folder()), name, stamp)


def level(name: str, level_name: str = "examples") -> "Level":
    """A level of the run of that name. Raises RunError, naming those there are, when it has no such level."""
    return run(name).level(level_name)


def tags_of(level: "Level") -> "TagLog":
    """The same log as of `tags`, of a level: what people did to its rows."""
    return tags().level(level.name)


def corrections(level: "Level") -> "pd.DataFrame":
    """What people did to the rows of a level and to their single tags, as sets and exports apply it."""
    from hem_core.sets.label_sets import state_of

    return state_of(level, tags())


def columns(level: "Level", names: tuple[str, ...]) -> "pd.DataFrame":
    """Some columns of a run's table, (N, …), the same copy for everyone: not to be changed."""
    return _columns(_key(level), names, level)


def ids(level: "Level") -> "pd.Index":
    """The ids of a run, (N,) in the order of its rows."""
    return _ids(_key(level), level)


def places(level: "Level") -> "np.ndarray":
    """The number of each row of a level in the address of blind review, (N,)."""
    return _places(_key(level), level)


def row_of(level: "Level") -> "IdIndex":
    """Id -> row of a level, for one id or many."""
    return _row_of(_key(level), level)


def rows_of_examples(level: "Level", examples: "Iterable[str]") -> list[int]:
    """The rows of a level of parts that belong to some examples, ascending; found without a query of the level."""
    known = _rows_of_example(_key(level), level)
    return sorted(row for example in set(examples) if example in known for row in known[example].tolist())


def open_suspects(level: "Level") -> int:
    """The number of suspects, reason 'mislabelled', that have not been reviewed one at a time yet."""
    from hem_core.store import definitions

    if "reason" not in level.source.columns:
        return 0
    suspects = level.query({"all": [definitions.SUSPECTED]}, columns=["id"])["id"].tolist()
    return len(set(suspects).difference(reviewed(level)))


def reviewed(level: "Level") -> "pd.Index":
    """The ids of a run that somebody reviewed one at a time: definitions.reviewed."""
    from hem_core.store import definitions

    return definitions.reviewed(all_verdicts(level), ids(level))


def metrics(level: "Level") -> "list[Metric]":
    """How good the predictions of a level are, the headline first: runs.measured.measured."""
    return _metrics(_key(level), level)


def task(level: "Level") -> "Task | None":
    """The task of a level's run; None when it is not installed here."""
    from hem_core import tasks
    from hem_core.errors import UnknownNameError

    try:
        return tasks.of(level.info)
    except UnknownNameError:
        return None


def figures(level: "Level") -> "tuple[Figure, ...]":
    """What the pages draw of a level's task; the distribution of errors for one that is not installed here."""
    from hem_core.tasks import figures_of

    found = task(level)
    return figures_of(found, is_examples=level.is_examples) if found is not None else ("errors",)


def is_corrected(level: "Level") -> bool:
    """Whether people correct the rows of this level, so that corrected annotations can be written."""
    from hem_core.tasks import Corrects

    found = task(level)
    return isinstance(found, Corrects) and level.name == found.corrects


def corrected(level: "Level") -> "Corrected":
    """The annotations of a level's run with what people said of its boxes: corrected_boxes.corrected_boxes."""
    return _corrected(_key(level), tags().revision(level.data), level)


def box_decisions(level: "Level") -> "Decisions | None":
    """What people decided of the boxes of a level's run: box_decisions.decisions; None for a run without boxes."""
    from hem_core.runs.box_decisions import LEVEL

    return _decisions(_key(level), tags().revision(level.data), level) if LEVEL in run(level.run).levels else None


def disagreements(level: "Level") -> "Disagreements":
    """What several people said of the rows of a level, and where they disagree: labels.disagreements."""
    return _disagreements(_key(level), tags().revision(level.data), level)


def audit(level: "Level") -> "Audit":
    """How far the audit of a level's labels has come: labels.audits."""
    rule = audit_stop(level)
    return _audit(_key(level), tags().revision(level.data), rule.confidence, level)


def audit_stop(level: "Level") -> "StopRule":
    """When the audit of a level stops, as people set it: store.audit_settings."""
    from hem_core.store.audit_settings import stop_rule

    return stop_rule(folder(), level.data, level.name)


def label_errors(level: "Level") -> "LabelErrors":
    """The share of wrong labels that every page shows: labels.estimated."""
    return _label_errors(_key(level), tags().revision(level.data), audit_stop(level).confidence, level)


def overview(level: "Level") -> "Overview":
    """What the page Overview counts in a run."""
    return _overview(_key(level), level)


def advice(level: "Level") -> "Advice":
    """What to do next with the run of a level: hem_core.advise."""
    curve = _stamp((level.folder / "advise").as_posix())
    done = tuple(sorted(_stamp(path.as_posix()) for path in folder().glob("retrains/*/report.json")))
    return _advice(_key(level), tags().revision(level.data), (curve, done), level)


def ranks(level: "Level") -> "Ranks":
    """The rank of each row of a run on the axes, for Review."""
    return _standing(_key(level), level)


def queue(level: "Level", person: str, people: tuple[str, ...], limit: int) -> "pd.DataFrame":
    """One reviewer's mixed queue before any verdict: row, id, drawn_as."""
    return _queue(_key(level), person, people, limit, level)


def reviewers(data: str, person: str) -> list[str]:
    """Who reviews this data set now: this person, and everyone whose page asked in the last minutes."""
    now, seen, place = time.monotonic(), _reviewers(), (str(folder()), data)
    seen[*place, person] = now
    return sorted(who for (*at, who), last in list(seen.items()) if tuple(at) == place and now - last < AWAY_SECONDS)


def traits(level: "Level") -> "Traits":
    """What is known of the rows of a level, prepared for comparing groups: runs.level_traits."""
    return _traits(_key(level), level)


def clusters_on_map(level: "Level") -> list[dict]:
    """The clusters of a level with their names and places: runs.clusters_on_map; [] for one without."""
    if level.columns().get("cluster") != "category":
        return []
    return _clusters_on_map(_key(level), level)


def slices(level: "Level") -> "WeakSlices | None":
    """The weak slices of a run: weak_slices.weak_slices; None when they were not computed."""
    return _slices(_key(level), level)


def typical_of_slices(level: "Level") -> "Typical | None":
    """What members of each slice look like: typical.typical; None where there is nothing to show."""
    return _typical_of_slices(_key(level), level)


def comparison(before: "Level", after: "Level") -> "Comparison":
    """A level of two runs over the same data side by side: comparison.compare."""
    return _comparison((_key(before), _key(after)), before, after)


def boxes(level: "Level") -> "tuple[Scene, bool] | None":
    """The boxes of a level's run, and whether all predictions are among them: runs.box_scene.scene_of."""
    parts = of_parts(level.info)
    return _boxes(_key(level), level, parts[0]) if parts else None


def has_current_error(level: "Level") -> bool:
    """Whether the error of a run's images is on the scale of this version; also of a run without boxes."""
    found = boxes(level)
    return found is None or _has_current_error(_key(level), level, found[0])


def judged(level: "Level", confidence: float, foreground: float) -> "Judged":
    """The boxes of a run that has them, at some thresholds."""
    found = boxes(level)
    assert found is not None
    return _judged(_key(level), confidence, foreground, found[0])


def box_precision(level: "Level") -> "AveragePrecision":
    """Average precision of a run that has boxes, over COCO's thresholds."""
    found = boxes(level)
    assert found is not None
    return _box_precision(_key(level), found[0])


def error_costs(level: "Level", foreground: float) -> dict[str, float]:
    """What each type of error costs a run that has boxes: boxes.error_costs."""
    return _error_costs(_key(level), foreground, judged(level, 0.0, foreground))


def together(before: "Run", after: "Run") -> "Paired | None":
    """The measures of two runs that need all examples together; None for a task without such: runs.together."""
    return _together((_key(before.examples), _key(after.examples)), before, after)


def class_priors(level: "Level") -> "pd.DataFrame":
    """The classes of a run, the rarest first: glance.class_priors."""
    return _class_priors(_key(level), level)


def sample(level: "Level", low: float, high: float, limit: int) -> "pd.DataFrame":
    """Examples at random whose label suspicion lies between two percentiles: row, id; the same ones every time."""
    return _sample(_key(level), low, high, limit, level)


def candidates(level: "Level", rule: str) -> "pd.DataFrame":
    """The examples of a run that a rule (JSON) matches, with their tags: chosen.candidates."""
    revision = tags().revision(level.data)
    return _candidates(_key(level), revision, rule, level)


def selected(level: "Level", request: str) -> "Selected":
    """The set for a request (JSON), made once for all sessions: chosen.chosen."""
    revision = tags().revision(level.data)
    return _selected(_key(level), revision, request, level)


def preview(level: "Level", request: str) -> "Preview":
    """That set compared with a random one and the hardest one of the same size, both from the whole run."""
    return _preview(_key(level), tags().revision(level.data), request, level)


def among_all(level: "Level", request: str) -> "Selected":
    """That set with the whole run as its candidates: chosen.among."""
    from app.views.sets.chosen import EVERYTHING, among

    return among(selected(level, request), candidates(level, json.dumps(EVERYTHING)))


def proof_key(level: "Level", request: str) -> str:
    """The name under which the proof of that set is stored: proofs.key."""
    return _proof_key(_key(level), tags().revision(level.data), request, level)


def fitted(level: "Level", rule: str) -> "Fitted":
    """What is left of a rule (JSON) in a run: rule_fitting.fitted."""
    return _fitted(_key(level), rule, level)


def headline(level: "Level") -> "Headline | None":
    """The column whose distribution a run is shown with first: distribution.headline_column."""
    return _headline(_key(level), level)


def data_preview(request: "Request") -> "DataPreview":
    """What a run would read of some data: data_preview.data_preview; read again when a file changes."""
    places = (request.source, request.predictions, request.images)
    return _data_preview(json.dumps(asdict(request)), tuple(_stamp(place) for place in places if place), request)


def manifest(path: Path) -> dict:
    """The manifest of a saved set; a version never changes, so it is read once."""
    return _manifest(str(path))


def unfit_formats(workspace: Path, name: str, version: int, data: str = "") -> dict[str, str]:
    """The formats that cannot work for a saved set -> why: exports.unfit; checked again after a minute."""
    return _unfit_formats(str(workspace), name, version, data)


def verdicts(level: "Level") -> "pd.DataFrame":
    """The verdicts given to single examples, each a review: id -> tag, value, who, at, n (1)."""
    from hem_core.store.verdicts import reviews

    return reviews(all_verdicts(level))


def all_verdicts(level: "Level") -> "pd.DataFrame":
    """The same, including verdicts on many examples at once (n > 1), by a lasso or a filter, which are not reviews."""
    log = tags_of(level)
    return _verdicts(str(folder()), level.data, level.name, log.revision(level.data), log)


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):  # not there: the preview says so
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _key(level: "Level") -> Key:
    return level.folder.as_posix(), level.fingerprint, level.name


@st.cache_resource(show_spinner="Reading the data…", max_entries=8, ttl=3600)
def _data_preview(request: str, stamps: tuple, _request: "Request") -> "DataPreview":
    del request, stamps
    from hem_core.runs.data_preview import data_preview as preview_of

    return preview_of(_request)


@st.cache_resource(show_spinner=False)
def _workspace(folder: str) -> "Workspace":
    from hem_core.store.workspace import open_workspace

    return open_workspace(Path(folder))


@st.cache_resource(show_spinner=False)
def _identity(folder: str) -> str:
    return _workspace(folder).identity()


@st.cache_resource(show_spinner=False)
def _tags(folder: str) -> "TagLog":
    return _workspace(folder).tags()


@st.cache_resource(show_spinner=False, max_entries=8)
def _run(folder: str, name: str, stamp: int) -> "Run":
    del stamp
    return _workspace(folder).run(name)


@st.cache_resource(show_spinner=False, max_entries=16)
def _columns(key: Key, names: tuple[str, ...], _level: "Level") -> "pd.DataFrame":
    return _level.table([name for name in names if name in _level.source.columns])


@st.cache_resource(show_spinner=False, max_entries=8)
def _ids(key: Key, _level: "Level") -> "pd.Index":
    import pandas as pd

    found = pd.Index(pd.Series(_level.texts("id").to_pandas(), dtype="str"))
    memory.give_back()
    return found


@st.cache_resource(show_spinner=False, max_entries=8)
def _places(key: Key, _level: "Level") -> "np.ndarray":
    from app.views.review import blind

    return blind.places(_level)


@st.cache_resource(show_spinner=False, max_entries=8)
def _row_of(key: Key, _level: "Level") -> "IdIndex":
    import pyarrow as pa

    from hem_core.store.id_index import id_index

    shared = pa.array(ids(_level).array)  # the same bytes, not a second copy of them
    found = id_index(shared if isinstance(shared, pa.ChunkedArray) else pa.chunked_array([shared]))
    memory.give_back()
    return found


@st.cache_resource(show_spinner=False, max_entries=2)
def _decisions(key: Key, revision: int, _level: "Level") -> "Decisions":
    from hem_core.runs.box_decisions import decisions

    opened = run(_level.run)
    return decisions(opened, tags(), frozenset(opened.table(["id"])["id"].astype(str)))


@st.cache_resource(show_spinner=False, max_entries=8)
def _rows_of_example(key: Key, _level: "Level") -> "dict[str, np.ndarray]":
    return {str(example): rows for example, rows in _level.table(["example"]).groupby("example").indices.items()}


@st.cache_resource(show_spinner="Applying the corrections…", max_entries=2)
def _corrected(key: Key, revision: int, _level: "Level") -> "Corrected":
    from hem_core.labels.corrected_boxes import corrected_boxes

    return corrected_boxes(run(_level.run), tags())


@st.cache_resource(show_spinner=False, max_entries=4)
def _disagreements(key: Key, revision: int, _level: "Level") -> "Disagreements":
    from hem_core.labels.disagreements import disagreements as found

    return found(_level, tags())


@st.cache_resource(show_spinner=False, max_entries=8)
def _audit_frame(key: Key, _level: "Level") -> "Frame":
    from hem_core.labels.audit_sample import frame

    return frame(_level)


@st.cache_resource(show_spinner=False, max_entries=8)
def _audit(key: Key, revision: int, confidence: float, _level: "Level") -> "Audit":
    from hem_core.labels.audits import audit_of

    return audit_of(_level, tags(), confidence, drawn_from=_audit_frame(key, _level), ids=ids(_level))


@st.cache_resource(show_spinner=False, max_entries=8)
def _label_errors(key: Key, revision: int, confidence: float, _level: "Level") -> "LabelErrors":
    from hem_core.labels.estimated import estimated
    from hem_core.store.answers import answers

    suspicion = columns(_level, ("label_suspicion",))["label_suspicion"].to_numpy(float)
    return estimated(suspicion, answers(ids(_level), verdicts(_level)), audit(_level))


@st.cache_resource(show_spinner=False, max_entries=8)
def _overview(key: Key, _level: "Level") -> "Overview":
    from app.views.overview.glance import overview

    return overview(_level)


@st.cache_resource(show_spinner="Working out what to do next…", max_entries=8)
def _advice(key: Key, revision: int, stamps: tuple, _level: "Level") -> "Advice":
    from hem_core.advise import advise

    return advise(run(_level.run))


@st.cache_resource(show_spinner=False, max_entries=8)
def _metrics(key: Key, _level: "Level") -> "list[Metric]":
    from hem_core.runs.measured import measured

    return measured(_level)


@st.cache_resource(show_spinner=False, max_entries=4)
def _standing(key: Key, _level: "Level") -> "Ranks":
    from app.wire.detail import ranks

    return ranks(_level)


@st.cache_resource(show_spinner=False, max_entries=64)
def _queue(key: Key, person: str, people: tuple[str, ...], limit: int, _level: "Level") -> "pd.DataFrame":
    from hem_core.selection.review_queue import review_queue

    table = _level.table([name for name in QUEUE_COLUMNS if name in _level.source.columns])
    found = review_queue(table, person=person, people=people, limit=limit)
    found.insert(0, "row", row_of(_level).get_indexer(found["id"]))
    return found


@st.cache_resource(show_spinner=False, max_entries=3)
def _traits(key: Key, _level: "Level") -> "Traits":
    from hem_core.runs.level_traits import level_traits

    return level_traits(_level)


@st.cache_resource(show_spinner=False, max_entries=8)
def _clusters_on_map(key: Key, _level: "Level") -> list[dict]:
    from hem_core.runs.clusters_on_map import clusters_on_map as found

    return found(_level, traits(_level))


@st.cache_resource(show_spinner="Looking for weak slices…", max_entries=8)
def _slices(key: Key, _level: "Level") -> "WeakSlices | None":
    from app.views.slices.weak_slices import named, weak_slices

    found = weak_slices(_level)
    return None if found is None else named(found, lambda: traits(_level))


@st.cache_resource(show_spinner=False, max_entries=8)
def _typical_of_slices(key: Key, _level: "Level") -> "Typical | None":
    from app.views.slices.typical import typical

    weak = slices(_level)
    return None if weak is None or weak.table.empty else typical(_level, weak.table["rule"].tolist(), traits(_level))


@st.cache_resource(show_spinner=False, max_entries=8)
def _class_priors(key: Key, _level: "Level") -> "pd.DataFrame":
    from app.views.overview.glance import class_priors

    return class_priors(_level, overview(_level))


@st.cache_resource(show_spinner="Reading the boxes…", max_entries=4)
def _boxes(key: Key, _level: "Level", parts: str) -> "tuple[Scene, bool] | None":
    from hem_core.runs.box_scene import scene_of

    found = run(_level.run)
    return scene_of(found, found.level(parts))


@st.cache_resource(show_spinner=False, max_entries=8)
def _has_current_error(key: Key, _level: "Level", _scene: "Scene") -> bool:
    from hem_core.runs.box_scene import has_current_error as found

    return found(_level, _scene)


@st.cache_resource(show_spinner=False, max_entries=12)
def _judged(key: Key, confidence: float, foreground: float, _scene: "Scene") -> "Judged":
    return _scene.at(confidence, foreground)


@st.cache_resource(show_spinner=False, max_entries=8)
def _box_precision(key: Key, _scene: "Scene") -> "AveragePrecision":
    from hem_core.boxes.average_precision import average_precision
    from hem_core.boxes.matching import ALL_AREAS

    return average_precision(_scene.given, _scene.predicted, len(_scene.classes), areas={"all": ALL_AREAS})


@st.cache_resource(show_spinner=False, max_entries=32)
def _error_costs(key: Key, foreground: float, _judged: "Judged") -> dict[str, float]:
    from hem_core.boxes.error_costs import error_costs

    rows = _judged.rows
    return error_costs(rows.given_boxes, rows.predicted_boxes, rows.types, len(_judged.scene.classes))


@st.cache_resource(show_spinner="Comparing…", max_entries=4)
def _comparison(key: tuple[Key, Key], _before: "Level", _after: "Level") -> "Comparison":
    from app.views.compare.comparison import compare

    return compare(_before, _after)


@st.cache_resource(show_spinner="Resampling both runs…", max_entries=8)
def _together(key: tuple[Key, Key], _before: "Run", _after: "Run") -> "Paired | None":
    from hem_core.runs.together import together

    return together(_before, _after)


@st.cache_resource(show_spinner=False, max_entries=16)
def _sample(key: Key, low: float, high: float, limit: int, _level: "Level") -> "pd.DataFrame":
    import numpy as np
    from pandas.core.util.hashing import hash_array

    found = _level.query({"all": [{"column": "label_suspicion", "min": low, "max": high}]}, columns=["id"])
    drawn = hash_array(found["id"].to_numpy(object), categorize=False)
    order = np.argsort(drawn, kind="stable")
    return found.iloc[order[:limit]].reset_index(drop=True)


@st.cache_resource(show_spinner=False, max_entries=4)
def _candidates(key: Key, revision: int, rule: str, _level: "Level") -> "pd.DataFrame":
    from app.views.sets.chosen import candidates

    return candidates(_level, json.loads(rule), corrections(_level))


@st.cache_resource(show_spinner="Choosing…", max_entries=8)
def _selected(key: Key, revision: int, request: str, _level: "Level") -> "Selected":
    from app.views.sets.chosen import chosen

    return chosen(_level, json.loads(request), corrections(_level))


@st.cache_resource(show_spinner="Comparing with a random set…", max_entries=32)
def _preview(key: Key, revision: int, request: str, _level: "Level") -> "Preview":
    from hem_core.sets.preview import preview

    return preview(_level, among_all(_level, request))


@st.cache_resource(show_spinner=False, max_entries=32)
def _proof_key(key: Key, revision: int, request: str, _level: "Level") -> str:
    from app.views.sets.proofs import key as made_of

    return made_of(_level, among_all(_level, request))


@st.cache_resource(show_spinner=False, max_entries=64)
def _fitted(key: Key, rule: str, _level: "Level") -> "Fitted":
    from app.rule_fitting import fitted

    return fitted(_level, json.loads(rule))


@st.cache_resource(show_spinner=False, max_entries=32)
def _headline(key: Key, _level: "Level") -> "Headline | None":
    from app.wire.distribution import headline_column

    return headline_column(_level)


@st.cache_resource(show_spinner=False, max_entries=500)
def _manifest(path: str) -> dict:
    return json.loads(Path(path).read_text("utf-8"))


@st.cache_resource(show_spinner=False, max_entries=500, ttl=60)
def _unfit_formats(workspace: str, name: str, version: int, data: str) -> dict[str, str]:
    from app.views.sets.exports import unfit

    return unfit(Path(workspace), name, version, data)


@st.cache_resource(show_spinner=False)
def _reviewers() -> dict[tuple[str, str, str], float]:
    return {}


@st.cache_resource(show_spinner=False, max_entries=8)
def _verdicts(folder: str, data: str, level_name: str, revision: int, _log: "TagLog") -> "pd.DataFrame":
    from hem_core.store.verdicts import in_state

    return in_state(_log.state(data))
