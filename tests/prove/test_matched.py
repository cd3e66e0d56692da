import pytest

from hem_core.errors import DataError
from hem_core.prove.lists import Entry, Listed
from hem_core.prove.matched import matched

IDS = ["1", "2", "3", "4"]
PATHS = ["train/cat/a.jpg", "train/dog/a.jpg", "train/dog/b.jpg", None]


def found(*names, ids=IDS, paths=PATHS, places=None, rows=None, **more):
    entries = [name if isinstance(name, Entry) else Entry((name,)) for name in names]
    return matched(Listed(entries, "list", **more), ids, paths, "'pets'", places=places, n_rows=rows)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("2", "2"),
        ("/home/me/pets/train/dog/a.jpg", "2"),
        ("cat/a.jpg", "1"),
        ("cat\\a.jpg", "1"),
        ("b.jpg", "3"),
        ("b", "3"),
        ("/data/upload/1/0a1b2c3d-b.jpg", "3"),
        ("/data/local-files/?d=pets/cat/a.jpg", "1"),
        ("s3://bucket/some%20place/b.jpg", "3"),
        ("'2", None),
    ],
)
def test_an_entry_is_found_by_its_id_or_by_the_end_of_its_path(name, id):
    made = found(name, "4")
    assert made.examples["id"].tolist() == [*([id] if id else []), "4"]
    assert made.unknown == ([] if id else [name])


def test_a_file_that_is_called_as_an_example_is_that_one():
    assert found("/some/where/e02.png", ids=["e01", "e02"], paths=[None, None]).examples["id"].tolist() == ["e02"]
    assert found("b.png", "4").unknown == ["b.png"]  # b.jpg is another file


def test_a_cell_that_was_guarded_against_formulas_is_its_id():
    assert found("'=1", ids=["=1", "b"], paths=None).examples["id"].tolist() == ["=1"]


def test_a_file_name_of_two_examples_is_neither():
    made = found("a.jpg", "4")
    assert made.ambiguous == ["a.jpg"]
    assert made.problems("'pets'") == [
        "1 entry of the list may be several examples of 'pets', such as 'a.jpg'; give ids, or paths with their "
        "folders, or name the one column that counts with --column"
    ]


def test_the_first_name_that_an_example_has_counts():
    assert found(Entry(("x", "cat/a.jpg"))).examples["id"].tolist() == ["1"]


def test_an_id_that_contradicts_the_file_name_names_neither():
    made = found(Entry(("1", "b.jpg")), "4")
    assert (made.examples["id"].tolist(), made.ambiguous) == (["4"], ["1"])
    assert found(Entry(("1", "cat/a.jpg"))).examples["id"].tolist() == ["1"]


def test_a_file_in_the_folder_of_another_class_is_another_one():
    paths = ["cats/1.jpg", "dogs/2.jpg", "cats/3.jpg", None]
    assert found("cats/2.jpg", "cats/1.jpg", paths=paths).unknown == ["cats/2.jpg"]
    assert found("elsewhere/2.jpg", paths=paths).examples["id"].tolist() == ["2"]
    assert found("/data/upload/cats/0a1b2c3d-2.jpg", paths=paths).examples["id"].tolist() == ["2"]


def test_a_number_has_no_suffix():
    assert found("3.7", "4", paths=None).unknown == ["3.7"]


def test_an_address_that_is_none_is_a_name():
    assert found("http://[bad/x.jpg", "4").unknown == ["http://[bad/x.jpg"]


def test_an_entry_without_an_id_is_named_by_its_row():
    made = found(Entry((), line=3), "4")
    assert made.unknown == ["row 3 of the list, which has no id"]


def test_two_people_who_agree_repeat_nothing():
    anna, ben = (Entry(("1",), label="cat", who=who) for who in ("anna", "ben"))
    assert found(anna, ben).problems("'pets'") == []
    assert found(anna, anna).repeated == ["1"]


def test_places_are_those_of_the_data_also_where_some_of_them_are_no_examples():
    entries = [Entry((), place=place) for place in (0, 1, 4)]
    made = found(*entries, places=[0, 2, 3, 4], rows=5, n_rows=5)
    assert (made.examples["id"].tolist(), made.unknown) == (["1", "4"], ["row 1"])
    with pytest.raises(DataError, match="has 4 rows and 'pets' 5 examples"):
        found(*entries, places=[0, 2, 3, 4], rows=5, n_rows=4)


def test_unknown_entries_are_counted_with_three_examples():
    (line,) = found("1", "v", "w", "x", "y").problems("'pets'")
    assert line == (
        "1 of the 5 entries of the list are among the examples of 'pets', and 4 are not, such as 'v', 'w', 'x' …; "
        "correct the list or the data"
    )


def test_a_list_of_other_data_is_refused_with_names_of_both():
    with pytest.raises(DataError, match=r"none of the 1 entries .* 'pets': the list has 'x', the data '1', '2', '3' …"):
        found("x")


def test_repeated_examples_count_once_and_two_labels_are_none():
    made = found(Entry(("1",), label="cat"), Entry(("1",), label="dog"), Entry(("2",), label="dog"), "2", "2")
    assert made.examples["id"].tolist() == ["1", "2"]
    assert made.examples["label"].tolist()[1] == "dog"
    assert made.disputed == ["1"]
    assert made.problems("'pets'") == [
        "the list gives 1 example more than one label, such as '1'; choose whose answers count with --annotated-by, "
        "or keep one row of each"
    ]
    assert found("1", "1").problems("'pets'") == [
        "1 example is in the list more than once, such as '1'; keep one row of each"
    ]


def test_places_are_rows_of_the_data_where_there_are_as_many():
    assert found(Entry((), place=2), n_rows=4).examples["id"].tolist() == ["3"]
    assert found(Entry((), place=2), Entry((), place=9)).unknown == ["row 9"]
    with pytest.raises(DataError, match="has 5 rows and 'pets' 4 examples, so that its rows are not theirs"):
        found(Entry((), place=2), n_rows=5)
