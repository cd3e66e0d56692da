"""`hem demo NAME` of every name, from the data to a scored run."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from typer.testing import CliRunner

from demo_models import _demo, adult, clinc
from hem_core import open_run
from hem_core.cli import hem as command
from hem_core.errors import DataError

pytestmark = pytest.mark.slow

NAMES = _demo.names()
BOXES = [name for name in NAMES if hasattr(_demo.module_of(name), "boxes")]
LABELS = [name for name in NAMES if name not in BOXES]
SMALL = Path(__file__).parents[1] / "data"


def hem(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_the_help_names_every_demo():
    said = hem("demo", "--help").output
    assert [name for name in NAMES if name not in said] == []


@pytest.mark.parametrize("name", LABELS)
def test_a_demo_goes_from_its_name_to_a_scored_run_with_curves(name, brought, tmp_path):
    folder = brought(name)
    done = hem("demo", name, "--no-app", "--workspace", tmp_path / "w", *(["--data", folder] if folder else []))
    assert done.exit_code == 0, done.output
    run = open_run(tmp_path / "w" / "runs" / name)
    table = run.table()
    n = len(table)
    assert table["planted_flip"].sum() == round(0.05 * n)
    assert (table["label"] != table["true_label"]).tolist() == table["planted_flip"].tolist()
    assert table[["label_suspicion", "difficulty", "variability", "learned_epoch"]].notna().all(axis=None)
    assert run.info["oos"]["how"] == ("head" if name == "fashion-mnist" else "folds")
    assert run.info["sample"] == ("in-sample" if name == "fashion-mnist" else "out-of-sample")
    test = tmp_path / "w" / "data" / "fashion-mnist-test.npz"
    assert run.info["data"]["test"] == (str(test) if name == "fashion-mnist" else None)
    assert test.exists() == (name == "fashion-mnist")


@pytest.mark.parametrize("name", ["fashion-mnist", "sms-spam", "clinc", "adult", "bccd"])
def test_a_demo_without_its_data_says_what_to_bring(name, tmp_path):
    workspace = tmp_path / "w"
    for given, text in (
        ((), "say --data F"),
        (("--data", tmp_path), f"in '{tmp_path}'"),
        (("--data", tmp_path / "gone"), "gone"),
    ):
        with pytest.raises(DataError, match=r"expected|wanted|no |say --data") as raised:
            _demo.run(name, workspace, data=given[1] if given else None, progress=lambda *_: None)
        assert text in str(raised.value)
    assert not workspace.exists()


@pytest.mark.parametrize("name", ["sms-spam", "clinc", "adult"])
def test_a_file_of_something_else_is_named(name, tmp_path):
    path = tmp_path / "x.csv"
    for content, text in (
        (b"a,b\n1,2\n", "has no column"),
        (b"", "is not a CSV file"),
        (b"\xff\xfe\x00\x80", "is not a CSV file"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=text):
            _demo.run(name, tmp_path / "w", data=path, progress=lambda *_: None)


def test_a_file_with_a_header_alone_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("text,label\n")
    with pytest.raises(DataError, match="a header and no rows"):
        _demo.run("sms-spam", tmp_path / "w", data=tmp_path / "x.csv", progress=lambda *_: None)


def test_domains_that_are_no_domains_are_refused(brought):
    folder = brought("clinc")
    (folder / "domains.json").write_text("[1]")
    with pytest.raises(DataError, match="domains and their intents"):
        clinc.load(folder)


def test_a_finished_demo_is_not_made_again(tmp_path):
    stages = []
    first = _demo.run("wine", tmp_path, progress=lambda *_: None)
    again = _demo.run("wine", tmp_path, progress=lambda stage, *_: stages.append(stage))
    assert again.info == first.info
    assert not [stage for stage in stages if "training" in stage]


def test_the_planted_flips_among_real_messages_are_suspected(tmp_path):
    run = _demo.run("sms-spam", tmp_path, data=SMALL, progress=lambda *_: None)
    table = run.table()
    assert len(table) == 800
    assert average_precision_score(table["planted_flip"], table["label_suspicion"]) > 0.5  # by chance .05


@pytest.mark.data
def test_the_real_requests_and_people_are_read_whole(data_folder):
    requests = clinc.load(data_folder / "text" / "clinc_oos" / "clinc150_full.csv.gz")
    assert (len(requests.texts), len(requests.classes), requests.more["is_oos"].sum()) == (23700, 151, 1200)
    assert (requests.more["domain"] == "out of scope").tolist() == requests.more["is_oos"].tolist()
    people = adult.load(data_folder / "tabular")
    assert (len(people.labels), people.classes, people.labels.sum()) == (48842, ["<=50K", ">50K"], 11687)
    assert people.features.isna().to_numpy().sum() == 6465
    assert set(np.unique(people.features["sex"])) == {"Female", "Male"}
