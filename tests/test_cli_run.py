"""What `hem score` prints of a run."""

from hem_core.cli._run import MOST_NAMES, listed


def test_many_features_are_counted_and_a_few_are_named():
    assert listed(["age", "job"]) == "age, job"
    many = [f"f{k}" for k in range(294)]
    assert listed(many).startswith("294 columns, f0, f1, ")
    assert listed(many).endswith(" … f293")
    assert len(listed(many).split(", ")) == MOST_NAMES
