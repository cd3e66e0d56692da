"""Folders of Parquet files, and pictures inside of them."""

import io

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hem_core
from hem_core import catalog
from hem_core.errors import DataError
from hem_core.runs.data_preview import Request, data_preview
from hem_core.testing import check_reader


def png(level):
    buffer = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), level, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_folder_of_partitions_is_one_table(tmp_path):
    rows = pa.table({"text": list("abcdef"), "label": list("xyxyxy"), "split": ["train"] * 4 + ["test"] * 2})
    place = ds.partitioning(pa.schema([("split", pa.string())]), flavor="hive")
    ds.write_dataset(rows, tmp_path / "texts", format="parquet", partitioning=place)
    check_reader("parquet_folder", tmp_path / "texts")
    found = catalog.read(tmp_path / "texts")
    assert found.select(["text", "label", "split"]).sort_by("text").to_pydict() == rows.to_pydict()
    assert found["id"].to_pylist()[0] == "split=test/part-0.parquet:0"
    assert (catalog.info(found)["name"], catalog.info(found)["source"]) == ("texts", str(tmp_path / "texts"))
    preview = data_preview(Request(str(tmp_path / "texts"), is_trained=True))
    assert (preview.reader, preview.n, preview.labels) == ("parquet_folder", 6, ("x", "y"))


def test_a_folder_of_predictions_is_scored_as_one_file_is(tmp_path):
    rows = pa.table({"id": list("abcdef"), "label": list("xyxyxy"), "prob_x": [0.9, 0.2, 0.6, 0.7, 0.8, 0.1]})
    rows = rows.append_column("prob_y", pa.array(1 - rows["prob_x"].to_numpy()))
    (tmp_path / "parts").mkdir()
    for number in range(2):
        pq.write_table(rows.slice(3 * number, 3), tmp_path / "parts" / f"{number}.parquet")
    pq.write_table(rows, tmp_path / "one.parquet")
    ours = hem_core.score(None, tmp_path / "parts", out=tmp_path / "ours", has_map=False)
    theirs = hem_core.score(None, tmp_path / "one.parquet", out=tmp_path / "theirs", has_map=False)
    assert ours.table(["id", "loss"]).equals(theirs.table(["id", "loss"]))


@pytest.mark.parametrize("is_folder", [True, False])
def test_pictures_inside_of_files_of_the_hub_are_read_one_by_one(tmp_path, is_folder):
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    cells = [{"bytes": png(level), "path": None} for level in range(6)]
    for number in range(2):
        part = datasets.Dataset.from_dict(
            {"image": cells[3 * number : 3 * number + 3], "label": [0, 1, 0]}, features=features
        )
        place = tmp_path / "data" / f"{('train', 'test')[number]}-0000{number}-of-00002.parquet"
        place.parent.mkdir(exist_ok=True)
        part.to_parquet(place)
    source = tmp_path if is_folder else tmp_path / "data" / "train-00000-of-00002.parquet"
    found, _notes = catalog.unwrapped(source)
    levels = (3, 4, 5, 0, 1, 2) if is_folder else (0, 1, 2)  # test comes before train
    assert [found[row][0] for row in range(len(found))] == [png(level) for level in levels]
    table = catalog.read(source)
    assert catalog.info(table)["classes"] == ["cat", "dog"]
    assert set(table["split"].to_pylist()) == ({"train", "test"} if is_folder else {"train"})


def test_files_that_do_not_go_together_and_pictures_without_a_label_are_refused(tmp_path):
    (tmp_path / "odd").mkdir()
    pq.write_table(pa.table({"text": ["a"], "label": ["x"]}), tmp_path / "odd" / "0.parquet")
    for second, words in (({"text": ["b"], "kind": ["x"]}, "the column 'kind' is in one of 0.parquet and 1.parquet"),
                          ({"text": [{"a": 1}], "label": ["x"]}, "")):  # fmt: skip
        pq.write_table(pa.table(second), tmp_path / "odd" / "1.parquet")
        with pytest.raises(DataError, match=rf"the files in '.*odd' do not go together: {words}"):
            catalog.read(tmp_path / "odd")
    pq.write_table(pa.table({"image": [png(1)], "kind": ["x"]}), tmp_path / "bare.parquet")
    with pytest.raises(DataError, match=r"no label column in '.*bare.parquet'; name it with --label-column"):
        catalog.read(tmp_path / "bare.parquet")
    assert catalog.read(tmp_path / "bare.parquet", label_column="kind")["label"].to_pylist() == ["x"]
    with pytest.raises(DataError, match=r"no id column 'key' in '.*bare.parquet'"):
        catalog.read(tmp_path / "bare.parquet", label_column="kind", id_column="key")
