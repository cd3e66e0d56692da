"""A scoring started without a terminal: its name, and the command that does the same."""

import pandas as pd
from typer.testing import CliRunner

from hem_core.cli import command_line
from hem_core.jobs.kinds import scoring
from hem_core.jobs.work import work


def test_a_free_name_is_made_of_what_is_there(tmp_path):
    assert scoring.free_name(tmp_path, "my table (2)") == "my-table-2"
    assert scoring.free_name(tmp_path, "..") == "run"
    (tmp_path / "runs" / "Animals").mkdir(parents=True)
    assert not scoring.is_free(tmp_path, "animals")
    assert scoring.free_name(tmp_path, "animals") == "animals-2"


def test_the_command_makes_the_same_run_as_the_job(tmp_path):
    data = tmp_path / "a b.csv"
    columns = {
        "name": list("abcdefgh"),
        "kind": ["cat", "dog"] * 4,
        "prob_cat": [0.9, 0.2] * 4,
        "prob_dog": [0.1, 0.8] * 4,
    }
    pd.DataFrame(columns).to_csv(data, index=False)
    named = {"id_column": "name", "label_column": "kind"}
    settings = {"data": str(data), "task": "classification", "columns": named, "sample": "out-of-sample"}
    job = scoring.scoring_job(tmp_path, "first", settings)
    assert work(job)
    before = (tmp_path / "runs" / "first" / "run.json").read_bytes()
    words = scoring.command(job)
    assert words[:2] == ["hem", "score"]
    done = CliRunner().invoke(command_line(), words[1:])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "runs" / "first" / "run.json").read_bytes() == before
