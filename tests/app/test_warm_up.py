"""What is read ahead of the first page."""

from app import loaders, warm_up
from app.wire import columns


def test_the_newest_run_is_read_ahead(whole_workspace, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(whole_workspace))
    columns._described.clear()
    warm_up.start().join()
    newest = next(run for run in loaders.workspace().runs() if run.is_complete)
    assert [key[0] for key in columns._described] == [str(newest.folder)]


def test_a_workspace_without_a_run_or_with_a_damaged_one_is_left_to_its_page(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path))
    warm_up.start().join()
    (tmp_path / "runs" / "cut").mkdir(parents=True)
    (tmp_path / "runs" / "cut" / "run.json").write_text('{"status": "complete", "n": 3')
    warm_up.start().join()
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
