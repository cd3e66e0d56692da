"""Which columns a table's labels and texts are likely to be, where no name says so."""

import numpy as np
import pyarrow as pa
import pytest

from hem_core.catalog._guessed_columns import guessed_id, guessed_label, guessed_text
from hem_core.catalog.table import columns_of, read
from hem_core.errors import DataError

WORDS = [f"this is the question number {k} of a customer" for k in range(40)]


def table(**columns):
    return pa.table({"row": [f"r{k}" for k in range(40)], **columns})


def test_the_label_is_the_column_with_the_predicted_classes():
    intents = ["pay", "lost", "limit", "fee"] * 10
    found = table(question=WORDS, intent=intents, colour=["red", "blue"] * 20, prediction=[*intents[1:], "pay"])
    assert guessed_label(found) == "intent"


def test_the_label_is_the_column_with_the_classes_that_columns_of_probabilities_are_named_after():
    found = table(bad=[0, 1] * 20, sex=["m", "f"] * 20, prob_0=[0.5] * 40, prob_1=[0.5] * 40)
    assert guessed_label(found) == "bad"


def test_the_label_of_predicted_numbers_is_the_column_that_they_explain_best():
    rng = np.random.default_rng(0)
    quality = rng.normal(6, 1, 40)
    columns = {"quality": quality, "alcohol": 2 * quality, "prediction": quality + rng.normal(0, 0.3, 40)}
    assert guessed_label(table(**{name: values.astype(str) for name, values in columns.items()})) == "quality"


def test_of_the_label_and_the_predicted_class_beside_probabilities_the_likeliest_class_is_the_prediction():
    likely = np.array([0.9, 0.2] * 20)
    best, given = ["Hund", "Katze"] * 20, ["Hund", "Katze"] * 19 + ["Katze", "Hund"]
    shares = {"Anteil Hund": likely.astype(str), "Anteil Katze": (1 - likely).astype(str)}  # as a CSV has them
    assert guessed_label(table(Vorhersage=best, Tier=given, **shares)) == "Tier"
    assert guessed_label(table(Tier=given, Nochmal=given, **shares)) is None


@pytest.mark.parametrize(
    "columns",
    [
        {"first": ["a", "b"] * 20, "second": ["b", "a"] * 20, "prediction": ["a", "b"] * 20},
        {"first": ["a", "b"] * 20},
        {"first": ["x", "y"] * 20, "prediction": ["a", "b"] * 20},
        {"first": np.arange(40.0), "prediction": np.zeros(40)},
    ],
    ids=["two candidates", "no predictions", "other classes", "numbers that explain nothing"],
)
def test_there_is_no_guess_without_a_reason(columns):
    assert guessed_label(table(**columns)) is None


def test_the_text_is_the_longest_column_of_sentences():
    found = table(
        body=WORDS,
        title=[f"{k}: how do I pay it back" for k in range(40)],
        path=[f"/a/long/path/to/picture/{k}.png" for k in range(40)],
    )
    assert guessed_text(found) == "body"
    assert guessed_text(found, but="body") == "title"
    assert guessed_text(table(note=["the same sentence again and again"] * 40)) is None


def test_a_column_of_lists_is_no_predicted_class():
    assert guessed_label(pa.table({"predicted": [[1], [2]], "kind": ["a", "b"]})) is None


@pytest.mark.parametrize("name", ["Klasse", "Ground Truth", "y_true", "KATEGORIE"])
def test_a_usual_name_decides_where_the_contents_do_not(name):
    labels, others = ["a", "b"] * 20, ["b", "a"] * 20
    assert guessed_label(table(region=others, **{name: labels}, prediction=labels)) == name


def test_an_id_is_a_column_of_that_name_whose_values_all_differ():
    ids = [f"m{k}" for k in range(40)]
    assert guessed_id(table(Kennung=ids, note=ids)) == "Kennung"
    assert guessed_id(table(Kennung=ids[:20] * 2)) is None
    assert guessed_id(table(Kennung=[None, *ids[1:]])) is None


def test_a_column_of_categories_or_lists_can_have_the_name_of_an_id():
    ids = [f"m{k}" for k in range(40)]
    assert guessed_id(table(uuid=pa.array(ids).dictionary_encode())) == "uuid"
    assert guessed_id(table(uuid=[[k] for k in range(40)], nr=ids)) == "nr"


def test_an_id_may_say_what_it_is_of_and_is_no_number_with_a_fraction():
    ids = [f"m{k}" for k in range(40)]
    assert guessed_id(table(Vorname=ids, Kundennummer=list(range(40)))) == "Kundennummer"
    assert guessed_id(table(customer_id=ids, id_=ids, nr=ids)) == "nr"
    assert guessed_id(table(part_number=np.linspace(0, 1, 40), paid=ids)) is None


def test_a_usual_name_is_no_label_where_the_column_is_empty_or_a_coordinate():
    assert guessed_label(table(y=pa.array([None] * 40, pa.string()))) is None
    assert guessed_label(table(y=["only"] * 40, gold=["a", "b"] * 20)) == "gold"
    assert guessed_label(table(x=np.arange(40), y=np.arange(40), size=np.arange(40))) is None
    assert guessed_label(table(y=["a", "b"] * 20)) == "y"


def test_decimal_commas_are_numbers_where_the_file_may_have_them(tmp_path):
    (tmp_path / "d.csv").write_text(
        "Etikettierung;Anteil Hund;Anteil Katze\nHund;0,7;0,3\nKatze;0,4;0,6\nHund;0,1;0,9\n"
    )
    assert columns_of(tmp_path / "d.csv").guesses["label_column"] == "Etikettierung"
    written = {"Preis": ["1,5", "2,5", "3,5"] * 5, "Prognose": ["1,6", "2,4", "3,5"] * 5}
    assert guessed_label(pa.table(written), may_have_comma=True) == "Preis"


def test_the_only_column_with_the_classes_is_the_label_also_where_the_model_is_right_in_every_row():
    likely = np.array([0.9, 0.2] * 20)
    assert guessed_label(table(Tier=["Hund", "Katze"] * 20, **{"p Hund": likely, "p Katze": 1 - likely})) == "Tier"


def test_rows_without_probabilities_do_not_make_a_prediction_a_label():
    likely = np.array([np.nan, 0.9, 0.2, 0.1])
    shares = {"p Hund": pa.array(likely, from_pandas=True), "p Katze": pa.array(1 - likely, from_pandas=True)}
    columns = {"best": [None, "Hund", "Katze", "Katze"], "Tier": ["Hund", "Hund", "Katze", "Hund"]}
    assert guessed_label(pa.table(columns | shares)) == "Tier"


def test_a_hint_names_predictions_without_a_label_in_any_usual_spelling():
    with pytest.raises(DataError, match="and this file as --predictions"):
        read(pa.table({"name": ["a", "b"], "Predicted Label": ["x", "y"]}))
