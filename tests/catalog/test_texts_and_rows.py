import gzip

import pandas as pd
import pyarrow as pa
import pytest

import hem_core.catalog as catalogs
from hem_core.errors import DataError

JOBS = "id,age,job,label\na,31,clerk,yes\nb,,nurse,no\nc,52,,yes\n"


def stored(path, text):
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("column", ["text", "sentence", "utterance", "question", "message"])
def test_a_column_of_texts_is_found_by_its_name_and_called_text(tmp_path, column):
    table = catalogs.read(stored(tmp_path / "x.csv.gz", f"split,{column},label\ntrain,hello there,hi\n"))
    assert catalogs.info(table)["medium"] == "text"
    assert table.to_pylist() == [{"id": "0", "label": "hi", "text": "hello there", "split": "train"}]


def test_a_text_column_that_is_named_wins_over_image_and_text_by_default(tmp_path):
    path = stored(tmp_path / "x.csv", "path,text,note,label\na.png,old,new,hi\n")
    assert catalogs.info(catalogs.read(path))["medium"] == "image"
    table = catalogs.read(path, text_column="note")
    assert catalogs.info(table)["medium"] == "text"
    assert table["text"].to_pylist() == ["new"]


def test_words_stay_as_they_are_written_and_an_empty_text_stays(tmp_path):
    path = stored(tmp_path / "x.csv", 'text,label\nnull,a\nNA,b\n,c\n"two\nlines, ""quoted""",d\n')
    assert catalogs.read(path)["text"].to_pylist() == ["null", "NA", "", 'two\nlines, "quoted"']
    numbers = stored(tmp_path / "n.csv", "code,label\n007,a\n2020-01-01,b\n")
    assert catalogs.read(numbers, text_column="code")["text"].to_pylist() == ["007", "2020-01-01"]


def test_a_line_break_inside_a_text_is_no_new_row_wherever_it_lies_in_a_long_file(tmp_path):
    texts = [f"first line of {index}\n" + "second, line " * 50 for index in range(4000)]
    pd.DataFrame({"text": texts, "label": "a"}).to_csv(tmp_path / "x.csv", index=False)
    assert catalogs.read(tmp_path / "x.csv")["text"].to_pylist() == texts


def test_numbers_in_a_column_that_is_called_question_are_a_feature(tmp_path):
    facts = catalogs.info(catalogs.read(stored(tmp_path / "x.csv", "question,label\n3,1\n5,0\n")))
    assert (facts["medium"], facts["features"]) == ("row", [{"name": "question", "kind": "number"}])


def test_features_that_are_named_keep_their_names_kinds_and_gaps(tmp_path):
    table = catalogs.read(stored(tmp_path / "x.csv.gz", JOBS), feature_columns="age, job")
    facts = catalogs.info(table)
    assert facts["medium"] == "row"
    assert facts["features"] == [{"name": "age", "kind": "number"}, {"name": "job", "kind": "category"}]
    assert facts["are_features_named"] is True
    assert table.select(["age", "job"]).to_pylist() == [
        {"age": 31.0, "job": "clerk"},
        {"age": None, "job": "nurse"},
        {"age": 52.0, "job": None},
    ]
    assert catalogs.info(catalogs.read(tmp_path / "x.csv.gz", feature_columns=["job"]))["features"] == [
        {"name": "job", "kind": "category"}
    ]


def test_without_names_all_columns_but_ids_lists_and_dates_are_features_and_that_is_said():
    n = 30
    table = catalogs.read(
        pa.table(
            {
                "label": [0, 1] * 15,
                "split": ["train"] * n,
                "age": list(range(n)),
                "is_new": [True, None, False] * 10,
                "job": ["clerk", "nurse"] * 15,
                "customer_id": list(range(n)),
                "comment": [f"comment {i}" for i in range(n)],
                "history": [[1, 2]] * n,
                "nothing": pa.nulls(n),
            }
        )
    )
    facts = catalogs.info(table)
    assert [feature["name"] for feature in facts["features"]] == ["age", "is_new", "job"]
    assert table["is_new"].to_pylist()[:3] == [1.0, None, 0.0]
    assert facts["are_features_named"] is False
    assert facts["left_out"] == {
        "customer_id": "named like an id",
        "comment": "text that never repeats",
        "history": "of list<item: int64>",
        "nothing": "has no value",
    }
    assert set(table.column_names) >= {"customer_id", "comment", "history", "split"}


def test_a_star_asks_for_all_columns_even_beside_texts_and_pictures(tmp_path):
    path = stored(tmp_path / "x.csv", "path,age,label\na.png,3,1\nb.png,4,0\n")
    facts = catalogs.info(catalogs.read(path, feature_columns="*"))
    assert [feature["name"] for feature in facts["features"]] == ["path", "age"]
    assert facts["are_features_named"] is True


def test_a_table_of_predictions_is_no_table_of_rows_unless_features_are_named(tmp_path):
    pd.DataFrame({"age": [1, 2], "label": [0, 1], "logits": [[0.5, 1], [1, 2]]}).to_parquet(tmp_path / "p.parquet")
    assert catalogs.info(catalogs.read(tmp_path / "p.parquet"))["medium"] == "none"
    named = catalogs.read(tmp_path / "p.parquet", feature_columns="age")
    assert catalogs.info(named)["medium"] == "row"


def test_a_data_frame_is_a_source_and_its_named_index_a_column():
    frame = pd.DataFrame({"job": pd.Categorical(["a", "b", "a"]), "age": [1.5, None, 2], "label": ["x", "y", "x"]})
    table = catalogs.read(frame)
    assert table["id"].to_pylist() == ["0", "1", "2"]
    assert table["job"].to_pylist() == ["a", "b", "a"]
    assert table["age"].to_pylist() == [1.5, None, 2.0]
    assert catalogs.read(frame.set_index(pd.Index(["p", "q", "r"], name="id")))["id"].to_pylist() == ["p", "q", "r"]
    with pytest.raises(DataError, match="cannot read the DataFrame"):
        catalogs.read(pd.DataFrame({"label": [1, 0], "odd": [{}, 3]}))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"feature_columns": "age,jop"}, "no feature column 'jop'; there are: id, age, job, label"),
        ({"feature_columns": "age,label"}, "column 'label' holds the ids or the labels and cannot be a feature"),
        ({"feature_columns": "id"}, "column 'id' holds the ids or the labels"),
        ({"text_column": "say"}, "no text column 'say'; there are: id, age, job, label"),
        ({"text_column": "job", "feature_columns": "age"}, "--text-column and --feature-columns name two media"),
    ],
)
def test_a_wrong_name_says_what_there_is(tmp_path, columns, text):
    with pytest.raises(DataError, match=text):
        catalogs.read(stored(tmp_path / "x.csv", JOBS), **columns)


def test_lists_are_no_feature_and_numbers_no_text():
    table = pa.table({"label": [0, 1], "history": [[1], [2]], "age": [3, 4], "day": pa.array([0, 1], pa.date32())})
    with pytest.raises(DataError, match="feature column 'history' is of list<item: int64>; features are numbers or"):
        catalogs.read(table, feature_columns="history")
    with pytest.raises(DataError, match="feature column 'day' is of date32"):
        catalogs.read(table, feature_columns="day")
    with pytest.raises(DataError, match="text column 'age' is of int64; texts are strings"):
        catalogs.read(table, text_column="age")
    with pytest.raises(DataError, match="no column can be a feature among label, history"):
        catalogs.read(table.select(["label", "history"]), feature_columns="*")


def test_columns_of_tables_are_refused_for_other_data(tmp_path):
    with pytest.raises(DataError, match=r"feature_columns is for tables; .* is read as torch_dataset"):
        catalogs.read([(0, 1)], feature_columns="age")
