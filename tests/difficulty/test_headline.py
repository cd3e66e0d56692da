import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from hem_core.difficulty.headline import headline
from hem_core.errors import HemError


def ranks(values):
    return (rankdata(values) - 0.5) / len(values) * 100


def columns(n=50, seed=0):
    generator = np.random.default_rng(seed)
    names = ("loss", "margin", "aum_windowed", "confidence_mean", "neighbour_disagreement")
    return {name: generator.normal(size=n).astype(np.float32) for name in names}


def test_in_sample_the_dynamics_count_and_the_final_loss_does_not():
    table = columns()
    found = headline(table, sample="in-sample")
    expected = ranks(ranks(table["aum_windowed"]) + ranks(table["confidence_mean"]))
    np.testing.assert_allclose(found["difficulty"], expected, rtol=1e-5)
    assert found["how"]["difficulty"] == (
        "percentile of the mean rank of windowed AUM and mean confidence over the epochs (in-sample)"
    )


def test_out_of_sample_the_loss_counts_with_the_dynamics_and_neighbours_for_suspicion_alone():
    table = columns()
    found = headline(table, sample="out-of-sample")
    parts = ("loss", "aum_windowed", "confidence_mean")
    wanted = ranks(sum(ranks(table[name]) for name in parts))
    np.testing.assert_allclose(found["difficulty"], wanted, atol=1.01)  # sums that differ in the last digit are ties
    parts = ("margin", *["aum_windowed"] * 3, "neighbour_disagreement")
    wanted = ranks(sum(ranks(table[name]) for name in parts))
    np.testing.assert_allclose(found["label_suspicion"], wanted, atol=1.01)
    assert "margin, windowed AUM × 3 and neighbour" in found["how"]["label_suspicion"]
    assert found["notes"] == []


def bare():
    found = {name: columns()[name] for name in ("loss", "margin", "neighbour_disagreement")}
    return found | {"loss": found["loss"] + 4}  # a loss below 0 would be of models that are surer than sure


def test_out_of_sample_without_a_recording_the_difficulty_is_five_times_the_loss_and_the_neighbours():
    table = bare()
    found = headline(table, sample="out-of-sample")
    wanted = ranks(5 * ranks(table["loss"]) + ranks(table["neighbour_disagreement"]))
    np.testing.assert_allclose(found["difficulty"], wanted, atol=1.01)
    assert found["how"]["difficulty"] == (
        "percentile of the mean rank of loss × 5 and neighbour disagreement (out-of-sample)"
    )


def test_of_models_that_are_overconfident_loss_and_neighbours_count_once_each():
    # right on 30 of 50, and .9 sure of what they say: of the label, or of a class that leads by a margin of log 9
    is_right = np.arange(50) < 30
    loss = np.where(is_right, -np.log(0.9), -np.log(0.1)) + np.linspace(0, 0.01, 50)
    table = bare() | {"loss": loss, "margin": np.where(is_right, -1, 1) * np.log(9)}
    found = headline(table, sample="out-of-sample")["difficulty"]
    np.testing.assert_allclose(found, ranks(ranks(loss) + ranks(table["neighbour_disagreement"])), atol=2.01)
    table["loss"] = loss + 0.5  # .55 sure
    found = headline(table, sample="out-of-sample")["difficulty"]
    np.testing.assert_allclose(found, ranks(5 * ranks(loss) + ranks(table["neighbour_disagreement"])), atol=2.01)


@pytest.mark.parametrize("sample", ["out-of-sample", "in-sample"])
def test_neighbours_that_do_not_help_count_for_nothing(sample):
    table = bare() | (heads() if sample == "in-sample" else {})
    found = headline(table, sample=sample, neighbours_help=False)
    end = "_oos" if sample == "in-sample" else ""
    np.testing.assert_allclose(found["difficulty"], ranks(table[f"loss{end}"]), rtol=1e-5)
    np.testing.assert_allclose(found["label_suspicion"], ranks(table[f"margin{end}"]), rtol=1e-5)


@pytest.mark.parametrize(("n_wrong", "n_outvoted", "is_by_heart"), [(0, 10, True), (8, 10, False), (0, 25, False)])
def test_what_an_in_sample_model_knows_by_heart_is_asked_of_the_neighbours(n_wrong, n_outvoted, is_by_heart):
    # Neighbours carry 40 of 50 labels: right on 45, a model knows some by heart. Where they carry half, who knows?
    generator = np.random.default_rng(3)
    margin, near = -generator.uniform(1, 2, 50), generator.uniform(0, 0.4, 50)
    margin[:n_wrong] *= -1
    near[:n_outvoted] += 0.5
    table = {"loss": generator.uniform(0, 1, 50), "margin": margin, "neighbour_disagreement": near}
    found = headline(table, sample="in-sample")
    times = 3 if is_by_heart else 1
    np.testing.assert_allclose(found["label_suspicion"], ranks(ranks(margin) + times * ranks(near)), atol=2.01)
    wanted = ranks(table["loss"]) + (3 * ranks(near) if is_by_heart else 0)
    np.testing.assert_allclose(found["difficulty"], ranks(wanted), atol=2.01)


def test_with_an_in_sample_loss_alone_a_note_warns():
    found = headline({"loss": np.array([0.1, 3.0, 1.0])}, sample="in-sample")
    assert found["difficulty"].tolist() == pytest.approx([100 / 6, 500 / 6, 50])
    assert "optimistic" in found["notes"][0]


@pytest.mark.parametrize("sample", ["in-sample", "out-of-sample", "unknown"])
@pytest.mark.parametrize("name", ["loss", "margin", "aum_windowed", "confidence_mean", "aum", "neighbour_disagreement"])
def test_any_single_column_is_enough(sample, name):
    values = np.array([2.0, 1.0, 3.0])
    assert np.argsort(headline({name: values}, sample=sample)["difficulty"]).tolist() == [1, 0, 2]


def test_a_row_without_dynamics_is_ranked_by_its_loss():
    table = {"loss": np.array([0.0, 9.0, 5.0, 1.0]), "aum_windowed": np.array([1.0, np.nan, 2.0, np.nan])}
    found = headline(table, sample="in-sample")["difficulty"]
    assert np.isfinite(found).all()
    assert found[1] == max(found)


def test_an_example_of_which_nothing_is_known_stays_unknown():
    found = headline({"loss": np.array([1.0, np.nan, 2.0])}, sample="out-of-sample")
    assert np.isnan(found["difficulty"]).tolist() == [False, True, False]


def test_an_example_without_a_label_stays_unknown_among_those_with_columns_that_do_not_count():
    columns = {"loss": [1, 2, np.nan], "aum_windowed": [1, 2, np.nan], "label": ["a", "b", None]}
    made = headline({name: np.array(values, object) for name, values in columns.items()}, sample="in-sample")
    np.testing.assert_allclose(made["difficulty"], [25, 75, np.nan])
    np.testing.assert_allclose(made["difficulty_in_class"], [50, 50, np.nan])


def test_within_a_class_the_hardest_of_a_rare_class_stands_out():
    loss = np.concatenate([np.linspace(5, 6, 20), [0.1, 0.2]])
    labels = np.array(["big"] * 20 + ["rare"] * 2)
    found = headline({"loss": loss, "label": labels}, sample="out-of-sample")
    assert found["difficulty"][-1] < 10
    assert found["difficulty_in_class"][-1] == 75


def test_neighbours_that_have_memorised_their_labels_are_left_out():
    generator = np.random.default_rng(0)
    aum = generator.normal(size=400)
    blind = {"aum_windowed": aum, "neighbour_disagreement": np.zeros(400)}
    found = headline(blind, sample="in-sample")
    assert any("not used" in note for note in found["notes"])
    np.testing.assert_allclose(found["label_suspicion"], ranks(aum), rtol=1e-5)


def test_a_planted_world_of_flips_is_ranked_first():
    generator = np.random.default_rng(0)
    is_flipped = generator.random(2000) < 0.08
    pull = np.where(is_flipped, 2.0, 0.0)
    table = {
        "margin": pull + generator.normal(size=2000),
        "aum_windowed": pull + generator.normal(size=2000),
        "neighbour_disagreement": np.clip(0.3 * pull + 0.2 * generator.normal(size=2000), 0, 1),
    }
    found = headline(table, sample="out-of-sample")
    assert roc_auc_score(is_flipped, found["label_suspicion"]) > 0.95
    best = max(roc_auc_score(is_flipped, table[name]) for name in table)
    assert roc_auc_score(is_flipped, found["label_suspicion"]) > best


def test_the_calibrated_probability_leaves_the_order_to_the_evidence():
    table = columns()
    prob = np.random.default_rng(1).random(50)
    found, plain = (
        headline(table | {"error_prob": prob}, sample="out-of-sample"),
        headline(table, sample="out-of-sample"),
    )
    np.testing.assert_array_equal(found["difficulty"], plain["difficulty"])
    np.testing.assert_array_equal(found["label_suspicion"], plain["label_suspicion"])
    assert found["how"] == plain["how"]


def test_a_row_without_evidence_is_placed_by_its_calibrated_probability():
    table = {"error_prob": np.array([0.1, 0.5, 0.95, 0.9]), "loss": np.array([1.0, 2.0, np.nan, 3.0])}
    found = headline(table, sample="out-of-sample")["difficulty"]
    np.testing.assert_allclose(found, [12.5, 37.5, 87.5, 62.5])


@pytest.mark.parametrize(("has_memorised", "is_whole"), [(None, True), (True, False), (False, False)])
def test_dynamics_of_all_epochs_count_too_where_it_is_not_known_whether_anything_was_memorised(has_memorised, is_whole):
    table = columns() | {name: columns(seed=1)[name] for name in ("confidence_mean", "margin")}
    table = {"aum_windowed": table["aum_windowed"], "aum": table["margin"], "confidence_mean": table["confidence_mean"]}
    table["confidence_mean_windowed"] = columns(seed=2)["confidence_mean"]
    found = headline(table, sample="in-sample", has_memorised=has_memorised)
    hard = ["aum_windowed", "confidence_mean_windowed", *(["aum", "confidence_mean"] if is_whole else [])]
    np.testing.assert_allclose(found["difficulty"], ranks(sum(ranks(table[name]) for name in hard)), rtol=1e-5)
    last = table["aum" if is_whole else "aum_windowed"]
    wanted = ranks(2 * ranks(table["aum_windowed"]) + ranks(last))
    np.testing.assert_allclose(found["label_suspicion"], wanted, rtol=1e-5)


def test_a_calibrated_probability_alone_is_enough():
    found = headline({"error_prob": np.array([0.2, 0.1])}, sample="unknown")
    assert found["difficulty"].tolist() == [75, 25]
    assert found["label_suspicion"].tolist() == [75, 25]


def heads(n=50):
    generator = np.random.default_rng(2)
    return {name: generator.normal(size=n) for name in ("loss_oos", "margin_oos")}


@pytest.mark.parametrize("sample", ["in-sample", "unknown"])
def test_without_dynamics_a_linear_head_stands_in_for_the_final_loss(sample):
    table = columns() | heads()
    del table["aum_windowed"], table["confidence_mean"]
    found = headline(table, sample=sample)
    of_near = ranks(table["neighbour_disagreement"])
    for name, own, words in (
        ("difficulty", 3 * ranks(table["loss_oos"]), "loss of a cross-fitted linear head × 3"),
        ("label_suspicion", ranks(table["margin_oos"]), "margin of a cross-fitted linear head"),
    ):
        # sums that differ in the last digit are ties
        np.testing.assert_allclose(found[name], ranks(own + of_near), atol=1.01)
        assert found["how"][name] == (
            f"percentile of the mean rank of {words} and neighbour disagreement (semi-out-of-sample)"
        )
    assert found["notes"][0].startswith("Semi-out-of-sample: a linear head")


@pytest.mark.parametrize(
    ("sample", "missing"), [("in-sample", ()), ("out-of-sample", ("aum_windowed", "confidence_mean"))]
)
def test_beside_dynamics_or_an_out_of_sample_loss_a_linear_head_does_not_count(sample, missing):
    table = {name: values for name, values in columns().items() if name not in missing}
    found, plain = headline(table | heads(), sample=sample), headline(table, sample=sample)
    np.testing.assert_array_equal(found["difficulty"], plain["difficulty"])
    np.testing.assert_array_equal(found["label_suspicion"], plain["label_suspicion"])
    assert found["how"] == plain["how"]


def test_wrong_calls_say_what_there_is():
    with pytest.raises(HemError, match="sample 'perhaps' is not known; there are: in-sample, out-of-sample, unknown"):
        headline({"loss": np.ones(2)}, sample="perhaps")
    with pytest.raises(HemError, match="difficulty needs at least one of loss, margin"):
        headline({"entropy": np.ones(2)}, sample="unknown")


def test_neighbours_that_do_not_help_are_left_out_of_the_models_own_word_alone():
    table = {"margin": np.arange(20.0), "neighbour_disagreement": np.linspace(1, 0, 20)}
    with_them = headline(table, sample="out-of-sample")
    without = headline(table, sample="out-of-sample", neighbours_help=False)
    assert with_them["label_suspicion"].tolist() == [50.0] * 20  # the two cancel
    assert without["label_suspicion"].tolist() == (5 * np.arange(20) + 2.5).tolist()
    table["aum_windowed"] = np.arange(20.0)
    assert "neighbour" in headline(table, sample="out-of-sample", neighbours_help=False)["how"]["label_suspicion"]
