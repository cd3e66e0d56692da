import pandas as pd

from hem_core.retrain.source import open_source

COLUMNS = {"feature_columns": "x"}


def test_labels_of_a_test_file_are_read_as_those_of_the_run_were(tmp_path):
    path = tmp_path / "test.csv"
    pd.DataFrame({"x": [1, 2, 3], "label": [1, 2, 1]}).to_csv(path, index=False)

    def targets(labels_are):
        parameters = {"labels_are": labels_are}
        source = open_source(path, tmp_path, columns=COLUMNS, classes=["1", "2", "3"], parameters=parameters)
        return source.targets.tolist()

    assert targets("names") == [0, 1, 0]
    assert targets("indices") == [1, 2, 1]


def test_a_run_that_does_not_say_how_its_labels_were_read_is_asked_by_the_labels(tmp_path):
    path = tmp_path / "test.csv"
    pd.DataFrame({"x": [1, 2, 3], "label": ["b", "a", "c"]}).to_csv(path, index=False)
    source = open_source(path, tmp_path, columns=COLUMNS, classes=["a", "b"], parameters={})
    assert source.targets.tolist() == [1, 0, -1]
