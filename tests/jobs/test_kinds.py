"""Every kind that is cheap, for real: killed and resumed, it ends with the bytes of an undisturbed one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hem_core
from hem_core.advise import advise
from hem_core.errors import TakenError
from hem_core.jobs import kind as kinds
from hem_core.jobs import start as jobs
from hem_core.jobs.job import new_job, open_job, running
from hem_core.jobs.kinds.export import export_job, target
from hem_core.jobs.kinds.learning_curve import job_of as curve_of
from hem_core.jobs.kinds.projection import job_of
from hem_core.jobs.kinds.proof import keep, proof_job, result
from hem_core.jobs.state import log_tail, state, title
from hem_core.store import sets
from hem_core.store.atomic import write_json
from hem_core.store.claim import owner
from hem_core.store.workspace import open_workspace
from hem_core.testing import check_job

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HEM = [sys.executable, "-c", "from hem_core.cli import main; main()"]
FORMATS = ["coco", "csv", "imagefolder", "webdataset"]
SLOW = """
import time
from pathlib import Path

from demo_models import digits


def wait(*_):
    while Path("wait").exists() and any(Path("../work/runs").glob("*/progress.json")):  # it scores by now
        time.sleep(0.01)


def model():
    import torch

    torch.manual_seed(0)
    found = digits.model()
    found.register_forward_pre_hook(wait)
    return found
"""


@pytest.fixture(scope="module")
def scored(tmp_path_factory, digits_npz):
    """A workspace with a run of 400 digits, the set `hard` of it, and tags that say why."""
    folder = tmp_path_factory.mktemp("jobs") / "scored"
    shutil.copy(digits_npz, folder.parent / "few.npz")
    run = hem_core.score("demo_models.digits:model", folder.parent / "few.npz", out=folder / "runs" / "first",
                         has_map=False, resize=None)  # fmt: skip
    sets.save(folder, "hard", run.table(), {"run": "first", "fingerprint": run.fingerprint})
    ids = run.table(["id"])["id"].tolist()
    for id in ids[:5]:
        open_workspace(folder).tags().add(run.data, [id], "ambiguous", who="anna")
    return folder


@pytest.fixture
def workspaces(scored, tmp_path):
    """Two copies of it: one for the undisturbed job, one for the killed one."""
    return [Path(shutil.copytree(scored, tmp_path / name / "work")) for name in ("undisturbed", "killed")]


def wait_until(found, process=None):
    for _ in range(6000):
        if found():
            return
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.005)
    raise AssertionError("it did not come")


def content(folder, without=()):
    """Every file below a folder, or one file, as bytes."""
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder.parent)): path.read_bytes() for path in files if path.name not in without}


def undisturbed(job):
    assert jobs.start(job)
    jobs.wait(job)
    assert state(job).status == "done", (state(job), log_tail(job))
    return job


def killed_and_resumed(job):
    assert jobs.start(job)
    wait_until(lambda: state(job).stage not in ("", "starting"))
    os.kill(owner(job.claim)["pid"], signal.SIGKILL)
    jobs.wait(job)
    assert state(job).status == "stopped"
    assert jobs.resume(open_job(job.workspace, job.kind, job.name))
    jobs.wait(job)
    assert state(job).status == "done", (state(job), log_tail(job))
    return job


def test_an_export(workspaces):
    one, other = (export_job(home, "hard", 1, FORMATS) for home in workspaces)
    whole, found = target(undisturbed(one)), target(killed_and_resumed(other))
    assert found == workspaces[1] / "exports" / "hard-v1-coco-csv-imagefolder-webdataset"
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (found, whole)]
    assert all(manifest.pop("exported") for manifest in manifests)  # when
    assert manifests[0] == manifests[1]
    assert content(found, ["manifest.json"]) == content(whole, ["manifest.json"])
    assert len(content(found)) > 400
    assert title(other) == "Export: hard v1 as coco, csv, imagefolder, webdataset"


def test_an_export_to_a_bucket_is_done_when_its_command_has_ended(tmp_path):
    settings = {"run": "first", "level": "examples", "out": "s3://bucket/hard", "formats": ["csv"]}
    job = new_job(tmp_path, "export", "hard", settings)
    write_json(job.folder / "settings.json", {"started": 1.0})
    assert state(job).status == "stopped"
    write_json(job.folder / "result.json", {"ended": 2.0, "result": {}})
    assert state(job).status == "done"


def test_an_export_keeps_what_every_kind_promises(workspaces):
    settings = export_job(workspaces[0], "hard", 1, ["csv"]).settings
    check_job("export", settings, workspace=workspaces[0])
    assert (workspaces[0] / "exports" / "check" / "examples.csv").is_file()


def test_a_proof(workspaces):
    from hem_core.sets.select import select

    proofs = []
    for home, ends in zip(workspaces, (undisturbed, killed_and_resumed), strict=True):
        level = open_workspace(home).run("first").examples
        selected = select(level, n=40)
        job = proof_job(home, "k", level, selected)
        keep(job, selected)
        found = json.loads(result(home, ends(job).name).read_text())
        proofs.append({**found, "seconds": None})
    assert proofs[0] == proofs[1]
    assert title(job) == "Proof: 40 of the examples of first"
    assert not list(job.folder.glob("*.parquet"))


def test_a_map(workspaces):
    for home, ends in zip(workspaces, (undisturbed, killed_and_resumed), strict=True):
        job = ends(job_of(open_workspace(home).run("first")))
    one, other = (content(home / "runs" / "first", ("run.json",)) for home in workspaces)
    assert one == other
    assert "first/projection.parquet" in one
    assert title(job) == "Map of the embeddings: first"


def test_a_learning_curve(workspaces):
    for home, ends in zip(workspaces, (undisturbed, killed_and_resumed), strict=True):
        run = open_workspace(home).run("first")
        assert advise(run).curve is None
        job = ends(curve_of(run))
    one, other = (content(home / "runs" / "first" / "advise") for home in workspaces)
    assert one == other
    assert advise(run).curve.sizes[-1] > advise(run).curve.sizes[0]
    assert title(job) == "Learning curve: first"


def test_a_refit_and_a_scoring_of_one_run_exclude_each_other(workspaces, held_by_another):
    refit = new_job(workspaces[0], "refit", "first", {"n_tags": 5})
    jobs.prepare(refit, "process")
    held_by_another(refit.claim)
    scoring = new_job(workspaces[0], "scoring", "first", {"data": "few.npz"})
    with pytest.raises(TakenError, match="Refit of the reasons: first with 5 tags is running since"):
        jobs.start(scoring)


@pytest.fixture
def command(tmp_path, digits_npz, monkeypatch):
    """command(name): `hem score` into the workspace `work`, in a process as a terminal starts it.

    The model waits as long as there is a file `wait` in the folder `code`.
    """
    code = tmp_path / "code"
    code.mkdir()
    (code / "slow_model.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = []

    def start(name):
        words = ["score", digits_npz, "--model", "slow_model:model", "--out", tmp_path / "work" / "runs" / name]
        made.append(
            subprocess.Popen(
                [*HEM, *map(str, words), "--no-map", "--no-probes"], cwd=code, stderr=subprocess.PIPE, text=True
            )
        )
        return made[-1]

    yield start
    for process in made:
        process.kill()
        process.communicate()
    for job in running(tmp_path / "work"):
        jobs.stop(job)


def hem(*words):
    return subprocess.run([*HEM, *map(str, words)], capture_output=True, text=True, check=False, timeout=120)


def test_a_scoring_that_a_terminal_started_is_listed_stopped_and_resumed(command, tmp_path):
    (tmp_path / "code" / "wait").touch()
    home, process = tmp_path / "work", command("killed")

    def stage():
        job = open_job(home, "scoring", "killed")
        return state(job).stage if job else ""

    wait_until(lambda: stage() == "score", process)
    (listed,) = json.loads(hem("jobs", home, "--json").stdout)
    assert (listed["kind"], listed["name"], listed["status"], listed["total"]) == ("scoring", "killed", "running", 400)
    stopped = hem("jobs", "stop", "killed", "--workspace", home)
    assert stopped.returncode == 0, stopped.stderr
    assert process.wait(timeout=30) != 0
    assert hem("jobs", home).stdout.splitlines()[1].startswith("scoring/killed\tstopped\t")
    (tmp_path / "code" / "wait").unlink()
    resumed = hem("jobs", "resume", "scoring/killed", "--workspace", home)
    assert resumed.returncode == 0, resumed.stderr
    job = open_job(home, "scoring", "killed")
    jobs.wait(job)
    assert state(job).status == "done", log_tail(job)
    assert "400 examples scored" in hem("jobs", "log", "killed", "--workspace", home).stdout
    assert command("whole").wait(timeout=120) == 0
    without = ("run.json",)
    one, other = (content(home / "runs" / name, without) for name in ("killed", "whole"))
    assert list(one.values()) == list(other.values())
    assert len(one) > 5
    assert {path.name for path in (home / "jobs" / "scoring" / "whole").iterdir()} == {
        "settings.json", "progress.json", "result.json",
    }  # fmt: skip


def test_a_scoring_that_cannot_be_listed_scores_all_the_same(command, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "jobs").write_text("not a folder")
    process = command("first")
    assert process.wait(timeout=120) == 0, process.communicate()
    assert hem_core.open_run(tmp_path / "work" / "runs" / "first").n == 400


def test_a_scoring_by_settings_is_a_run_of_the_workspace(digits_npz, tmp_path):
    settings = {"data": str(digits_npz), "model": "demo_models.digits:model", "has_map": False, "has_probes": False}
    job = undisturbed(new_job(tmp_path, "scoring", "first", settings))
    assert hem_core.open_run(tmp_path / "runs" / "first").n == 400
    wrong = new_job(tmp_path, "scoring", "second", {"data": str(digits_npz), "modell": "m:f"})
    jobs.start(wrong)
    jobs.wait(wrong)
    assert state(wrong).error.startswith("a scoring has no modell; its settings are: ")
    assert title(job) == "Scoring: first"


def test_the_command_says_what_it_cannot_do(tmp_path):
    (tmp_path / "work").mkdir()
    for words, line in {
        ("stop", "x", "--workspace", tmp_path / "work"): "no job 'x' in",
        ("resume",): "expected hem jobs [WORKSPACE], or hem jobs stop|resume|log NAME",
        (tmp_path / "nowhere",): "no folder",
    }.items():
        done = hem("jobs", *words)
        assert done.returncode == 2
        assert line in " ".join(done.stderr.split())
    empty = hem("jobs", tmp_path / "work")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "no jobs yet" in empty.stderr


@pytest.mark.parametrize("name", kinds.names())
def test_a_kind_says_what_it_is_without_its_work(name, tmp_path):
    kind = kinds.load(name)
    settings = {"set": "hard", "version": 1, "formats": ["csv"], "run": "first", "level": "examples", "n": 9}
    job = new_job(tmp_path, name, "first", settings)
    assert kind.TITLE[0].isupper()
    assert kind.words(job)
    assert all(path.is_relative_to(tmp_path) for path in kind.writes(job))
    assert kind.writes(job)
    assert kind.is_done(job) is False
    page, address = kind.opens(job)
    assert (ROOT / "app" / "views" / page).is_dir()
    assert set(address) <= {"run", "retrain"}
