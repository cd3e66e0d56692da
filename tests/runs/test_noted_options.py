"""What a run only notes, for those who come after it."""

from hem_core.runs.score import score


def test_the_test_data_are_noted_and_no_part_of_what_the_run_is(digits_npz, model, tmp_path):
    options = {"out": tmp_path / "run", "has_map": False, "has_probes": False, "oos": "none"}
    first = score(model, digits_npz, **options)
    assert first.info["data"]["test"] is None
    assert first.info["data"]["path"] == str(digits_npz.resolve())
    assert (first.info["parameters"]["columns"], first.info["parameters"]["channels"]) == ({}, 1)
    again = score(model, digits_npz, test=digits_npz, **options)
    assert again.info == first.info  # complete already: the same run
    other = score(model, digits_npz, test=digits_npz, **(options | {"out": tmp_path / "other"}))
    assert other.info["data"]["test"] == str(digits_npz.resolve())
    assert other.info["key"] == first.info["key"]
