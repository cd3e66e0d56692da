"""Names of clusters by what is planted in them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hem_core.slices.attributes import groups_of, values_of
from hem_core.slices.cluster_names import cluster_names, described_clusters, with_names
from hem_core.slices.text_words import words_of
from hem_core.slices.traits import Traits, numbers, pairs, values_of_attribute

N = 1_200


@pytest.fixture(scope="module")
def traits():
    """Four clusters in two groups: cats; dogs taken for cats; cats and dogs that say "night"; and nothing special."""
    draw, cluster = np.random.default_rng(0), np.arange(N) % 4
    label = np.where(cluster == 0, "cat", np.where(cluster == 1, "dog", draw.choice(["cat", "dog", "hen", "fox"], N)))
    label = np.where(cluster == 2, draw.choice(["cat", "dog"], N), label)
    predicted = np.where((cluster == 1) & (draw.random(N) < 0.5), "cat", label)
    text = ["the night" if one == 2 else "the day" if draw.random() < 0.5 else "the" for one in cluster]
    names = np.array(["0.0", "0.1", "1.2", "1.3"], object)[cluster]
    made = {name: values_of(name, pd.Series(values, dtype="str"), 5)
            for name, values in (("label", label), ("predicted", predicted), ("cluster", names))}  # fmt: skip
    group = groups_of(made["cluster"])
    values = [values_of_attribute(made[name], is_of_model=name == "predicted") for name in made]
    words, _lengths = words_of("text", pa.array(text, pa.large_string()))
    age = numbers("age", np.where(cluster == 3, 50, 20) + draw.integers(0, 9, N))
    return Traits(N, [*values, values_of_attribute(group), pairs(made["label"], made["predicted"])], [age], [words])


def test_clusters_are_named_by_class_confusion_words_and_numbers(traits):
    found = cluster_names(traits)
    assert found["0.0"].split(", ")[0] == "cat"
    assert found["0.1"] == "dog, taken for cat"
    assert found["1.2"].split(", ") == [found["1.2"].split(", ")[0], "“night”"]
    assert set(found["1.2"].split(", ")[0].split(" and ")) == {"cat", "dog"}
    assert "age higher" in found["1.3"]
    assert "9.9" not in found


def test_a_column_is_called_by_its_title_in_a_name(traits):
    titled = replace(traits, titles={"age": "age in years"})
    assert "age in years higher" in cluster_names(titled)["1.3"]
    assert described_clusters(titled)["1.3"].apart[0].startswith("age in years higher")


def test_clusters_that_would_have_the_same_name_have_their_number_behind_it():
    cluster = np.arange(400) % 4
    columns = {"label": ["cat", "cat", "dog", "hen"], "cluster": ["0.0", "0.1", "1.2", "1.3"]}
    made = {name: values_of(name, pd.Series(np.array(of)[cluster], dtype="str"), 5) for name, of in columns.items()}
    every = [*made.values(), groups_of(made["cluster"])]
    found = cluster_names(Traits(400, [values_of_attribute(one) for one in every]))
    assert [found[name] for name in columns["cluster"]] == ["cat (0.0)", "cat (0.1)", "dog", "hen"]
    assert found["group 0"] == "cat"  # no other group is


def test_the_columns_that_set_a_cluster_apart_are_said_without_its_classes_and_words(traits):
    found = described_clusters(traits)
    assert [one.split(":")[0] for one in found["1.3"].apart] == ["age higher"]
    assert "night" not in " ".join(found["1.2"].apart)


def test_a_group_of_clusters_has_a_name_too(traits):
    assert set(cluster_names(traits)["group 0"].split(", ")[0].split(" and ")) == {"cat", "dog"}


def test_without_clusters_there_are_no_names():
    assert cluster_names(Traits(9)) == {}


def test_names_stand_in_the_description_of_a_slice():
    names = {"2.71": "spam, “free”", "group 3": "ham"}
    assert with_names("cluster is 2.71 · night is true", names) == "cluster spam, “free” · night is true"
    assert with_names("cluster group 3", names) == "cluster group ham"
    assert with_names("cluster is 2.7 · cluster_size is 2.71", names) == "cluster is 2.7 · cluster_size is 2.71"
