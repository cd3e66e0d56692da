"""What is opened once for all sessions; the only file that caches."""

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from app.fitting import Fitted
    from app.views.compare.comparison import Comparison
    from app.views.overview.glance import Overview
    from app.views.slices.weak_slices import WeakSlices
    from app.wire.detail import Standing
    from app.wire.distribution import Headline
    from hem_core.sets.preview import Preview
    from hem_core.sets.selected import Selected
    from hem_core.store.run import Run
    from hem_core.store.tags import TagLog
    from hem_core.store.workspace import Workspace
    from hem_core.tasks import Figure, Task
    from hem_core.types import Metric


AWAY_SECONDS = 300
QUEUE_COLUMNS = ("id", "label_suspicion", "reason", "difficulty_in_class")


def folder() -> Path:
    """The workspace's folder: $HEM_WORKSPACE, set by whoever starts the server, else the working folder."""
    return Path(os.environ.get("HEM_WORKSPACE") or ".").resolve()


def workspace() -> "Workspace":
    """The workspace that the server shows."""
    return _workspace(str(folder()))


def identity() -> str:
    """What this workspace is called in the posts of its pages: workspace.Workspace.identity."""
    return _identity(str(folder()))


def tags() -> "TagLog":
    """The workspace's log of what people did."""
    return _tags(str(folder()))


def run(name: str) -> "Run":
    """The run of that name, opened once per state of its run.json."""
    place = workspace().folder / "runs" / name / "run.json"
    try:
        stamp = place.stat().st_mtime_ns
    except (OSError, ValueError):  # no such run, or a name that no folder can have: said when it is opened
        stamp = 0
    return _run(str(folder()), name, stamp)


def columns(name: str, wanted: tuple[str, ...]) -> "pd.DataFrame":
    """Some columns of a run's table, (N, …), the same copy for everyone: not to be changed."""
    opened = run(name)
    return _columns(opened.folder.as_posix(), opened.fingerprint, wanted, opened)


def ids(name: str) -> "pd.Index":
    """The ids of a run, (N,) in the order of its rows."""
    opened = run(name)
    return _ids(opened.folder.as_posix(), opened.fingerprint, opened)


def places(name: str) -> "np.ndarray":
    """The number of each row of a run in the address of blind review, (N,)."""
    opened = run(name)
    return _places(opened.folder.as_posix(), opened.fingerprint, opened)


def row_of(name: str) -> dict[str, int]:
    """Id -> row of a run; the quick way to look up a few."""
    opened = run(name)
    return _row_of(opened.folder.as_posix(), opened.fingerprint, opened)


def open_suspects(name: str) -> int:
    """How many suspects, reason 'mislabelled', nobody has judged by themselves yet."""
    opened = run(name)
    from hem_core.store import definitions

    if "reason" not in opened.source.columns:
        return 0
    suspects = opened.query({"all": [definitions.SUSPECTED]}, columns=["id"])["id"].tolist()
    return len(set(suspects).difference(reviewed(name)))


def reviewed(name: str) -> "pd.Index":
    """The ids of a run that somebody reviewed one at a time: definitions.reviewed."""
    from hem_core.store import definitions

    return definitions.reviewed(all_verdicts(run(name).data), ids(name))


def metrics(name: str) -> "list[Metric]":
    """How good the predictions of a run are, the headline first: runs.measured.measured."""
    opened = run(name)
    return _metrics(opened.folder.as_posix(), opened.fingerprint, opened)


def task(name: str) -> "Task | None":
    """The task of a run; None when it is not installed here."""
    from hem_core import tasks
    from hem_core.errors import UnknownNameError

    try:
        return tasks.of(run(name).info)
    except UnknownNameError:
        return None


def figures(name: str) -> "tuple[Figure, ...]":
    """What the pages draw of a run's task; the distribution of errors for one that is not installed here."""
    found = task(name)
    return found.figures if found is not None else ("errors",)


def overview(name: str) -> "Overview":
    """What the page Overview counts in a run."""
    opened = run(name)
    return _overview(opened.folder.as_posix(), opened.fingerprint, opened)


def standing(name: str) -> "Standing":
    """Where each row of a run stands on the axes, for Review."""
    opened = run(name)
    return _standing(opened.folder.as_posix(), opened.fingerprint, opened)


def queue(name: str, person: str, people: tuple[str, ...], limit: int) -> "pd.DataFrame":
    """The mixed queue of one of some people, before anything was judged: row, id, drawn_as."""
    opened = run(name)
    return _queue(opened.folder.as_posix(), opened.fingerprint, person, people, limit, opened)


def reviewers(data: str, person: str) -> list[str]:
    """Who reviews this data set now: this person, and everyone whose page asked in the last minutes."""
    now, seen, place = time.monotonic(), _reviewers(), (str(folder()), data)
    seen[*place, person] = now
    return sorted(who for (*at, who), last in list(seen.items()) if tuple(at) == place and now - last < AWAY_SECONDS)


def slices(name: str) -> "WeakSlices | None":
    """The weak slices of a run: weak_slices.weak_slices; None when nobody looked."""
    opened = run(name)
    return _slices(opened.folder.as_posix(), opened.fingerprint, opened)


def comparison(before: str, after: str) -> "Comparison":
    """Two runs over the same data side by side: comparison.compare."""
    one, other = run(before), run(after)
    key = (one.folder.as_posix(), one.fingerprint, other.folder.as_posix(), other.fingerprint)
    return _comparison(key, one, other)


def class_priors(name: str) -> "pd.DataFrame":
    """The classes of a run, the rarest first: glance.class_priors."""
    opened = run(name)
    return _class_priors(opened.folder.as_posix(), opened.fingerprint, opened)


def sample(name: str, low: float, high: float, limit: int) -> "pd.DataFrame":
    """Examples at random whose label suspicion lies between two percentiles: row, id; the same ones every time."""
    opened = run(name)
    return _sample(opened.folder.as_posix(), opened.fingerprint, low, high, limit, opened)


def candidates(name: str, rule: str) -> "pd.DataFrame":
    """The examples of a run that a rule (JSON) matches, with what people said of them: chosen.candidates."""
    opened, log = run(name), tags()
    revision = log.revision(opened.data)
    return _candidates(opened.folder.as_posix(), opened.fingerprint, revision, rule, opened, log)


def selected(name: str, wish: str) -> "Selected":
    """The set that somebody wishes for (JSON), made once for everyone: chosen.chosen."""
    opened, log = run(name), tags()
    revision = log.revision(opened.data)
    return _selected(opened.folder.as_posix(), opened.fingerprint, revision, wish, opened, log)


def preview(name: str, wish: str) -> "Preview":
    """That set beside a random one and the plain hardest of the same size, both of the whole run."""
    opened = run(name)
    return _preview(opened.folder.as_posix(), opened.fingerprint, tags().revision(opened.data), wish, opened)


def among_all(name: str, wish: str) -> "Selected":
    """That set with the whole run as its candidates: chosen.among."""
    from app.views.sets.chosen import EVERYTHING, among

    return among(selected(name, wish), candidates(name, json.dumps(EVERYTHING)))


def proof_key(name: str, wish: str) -> str:
    """The name under which the proof of that set is kept: proofs.key."""
    opened = run(name)
    return _proof_key(opened.folder.as_posix(), opened.fingerprint, tags().revision(opened.data), wish, opened)


def fitted(name: str, rule: str) -> "Fitted":
    """What is left of a rule (JSON) in a run: fitting.fitted."""
    opened = run(name)
    return _fitted(opened.folder.as_posix(), opened.fingerprint, rule, opened)


def headline(name: str) -> "Headline | None":
    """The column whose distribution a run is shown with first: distribution.headline_column."""
    opened = run(name)
    return _headline(opened.folder.as_posix(), opened.fingerprint, opened)


def manifest(path: Path) -> dict:
    """The manifest of a saved set; a version never changes, so it is read once."""
    return _manifest(str(path))


def unfit_formats(workspace: Path, name: str, version: int, data: str = "") -> dict[str, str]:
    """The formats that cannot work for a saved set -> why: exports.unfit; looked at anew after a minute."""
    return _unfit_formats(str(workspace), name, version, data)


def verdicts(data: str) -> "pd.DataFrame":
    """The verdict that somebody gave to each example by itself, a review: id -> tag, value, who, at, n (1)."""
    found = all_verdicts(data)
    return found.loc[found["n"] == 1, :]


def all_verdicts(data: str) -> "pd.DataFrame":
    """The same with those given to many at once (n > 1), by a lasso or a filter: a wish, not a look at each."""
    log = tags()
    return _verdicts(str(folder()), data, log.revision(data), log)


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
def _columns(folder: str, fingerprint: str, wanted: tuple[str, ...], _run: "Run") -> "pd.DataFrame":
    return _run.table([name for name in wanted if name in _run.source.columns])


@st.cache_resource(show_spinner=False, max_entries=8)
def _ids(folder: str, fingerprint: str, _run: "Run") -> "pd.Index":
    import pandas as pd

    return pd.Index(_run.table(["id"])["id"])


@st.cache_resource(show_spinner=False, max_entries=8)
def _places(folder: str, fingerprint: str, _run: "Run") -> "np.ndarray":
    from app.views.review import blind

    return blind.places(_run)


@st.cache_resource(show_spinner=False, max_entries=8)
def _row_of(folder: str, fingerprint: str, _run: "Run") -> dict[str, int]:
    return {str(id): row for row, id in enumerate(_run.table(["id"])["id"])}


@st.cache_resource(show_spinner=False, max_entries=8)
def _overview(folder: str, fingerprint: str, _run: "Run") -> "Overview":
    from app.views.overview.glance import overview

    return overview(_run)


@st.cache_resource(show_spinner=False, max_entries=8)
def _metrics(folder: str, fingerprint: str, _run: "Run") -> "list[Metric]":
    from hem_core.runs.measured import measured

    return measured(_run)


@st.cache_resource(show_spinner=False, max_entries=4)
def _standing(folder: str, fingerprint: str, _run: "Run") -> "Standing":
    from app.wire.detail import standing

    return standing(_run)


@st.cache_resource(show_spinner=False, max_entries=16)
def _queue(
    folder: str, fingerprint: str, person: str, people: tuple[str, ...], limit: int, _run: "Run"
) -> "pd.DataFrame":
    from hem_core.selection.review_queue import review_queue

    table = _run.table([name for name in QUEUE_COLUMNS if name in _run.source.columns])
    found = review_queue(table, person=person, people=people, limit=limit)
    found.insert(0, "row", ids(_run.name).get_indexer(found["id"].tolist()))
    return found


@st.cache_resource(show_spinner="Looking for weak slices…", max_entries=8)
def _slices(folder: str, fingerprint: str, _run: "Run") -> "WeakSlices | None":
    from app.views.slices.weak_slices import weak_slices

    return weak_slices(_run)


@st.cache_resource(show_spinner=False, max_entries=8)
def _class_priors(folder: str, fingerprint: str, _run: "Run") -> "pd.DataFrame":
    from app.views.overview.glance import class_priors

    return class_priors(_run, overview(_run.name))


@st.cache_resource(show_spinner="Comparing…", max_entries=4)
def _comparison(key: tuple[str, str, str, str], _before: "Run", _after: "Run") -> "Comparison":
    from app.views.compare.comparison import compare

    return compare(_before, _after)


@st.cache_resource(show_spinner=False, max_entries=16)
def _sample(folder: str, fingerprint: str, low: float, high: float, limit: int, _run: "Run") -> "pd.DataFrame":
    import numpy as np
    from pandas.core.util.hashing import hash_array

    found = _run.query({"all": [{"column": "label_suspicion", "min": low, "max": high}]}, columns=["id"])
    drawn = hash_array(found["id"].to_numpy(object), categorize=False)
    order = np.argsort(drawn, kind="stable")
    return found.iloc[order[:limit]].reset_index(drop=True)


@st.cache_resource(show_spinner=False, max_entries=4)
def _candidates(folder: str, fingerprint: str, revision: int, rule: str, _run: "Run", _log: "TagLog") -> "pd.DataFrame":
    from app.views.sets.chosen import candidates

    return candidates(_run, json.loads(rule), _log.state(_run.data))


@st.cache_resource(show_spinner="Choosing…", max_entries=8)
def _selected(folder: str, fingerprint: str, revision: int, wish: str, _run: "Run", _log: "TagLog") -> "Selected":
    from app.views.sets.chosen import chosen

    return chosen(_run, json.loads(wish), _log.state(_run.data))


@st.cache_resource(show_spinner="Comparing with a random set…", max_entries=32)
def _preview(folder: str, fingerprint: str, revision: int, wish: str, _run: "Run") -> "Preview":
    from hem_core.sets.preview import preview

    return preview(_run, among_all(_run.name, wish))


@st.cache_resource(show_spinner=False, max_entries=32)
def _proof_key(folder: str, fingerprint: str, revision: int, wish: str, _run: "Run") -> str:
    from app.views.sets.proofs import key

    return key(_run, among_all(_run.name, wish))


@st.cache_resource(show_spinner=False, max_entries=64)
def _fitted(folder: str, fingerprint: str, rule: str, _run: "Run") -> "Fitted":
    from app.fitting import fitted

    return fitted(_run, json.loads(rule))


@st.cache_resource(show_spinner=False, max_entries=32)
def _headline(folder: str, fingerprint: str, _run: "Run") -> "Headline | None":
    from app.wire.distribution import headline_column

    return headline_column(_run)


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
def _verdicts(folder: str, data: str, revision: int, _log: "TagLog") -> "pd.DataFrame":
    from app.wire.detail import verdicts

    return verdicts(_log.state(data))
