from hem_core.runs.failed_share import failed_share


def test_nothing_failed():
    assert failed_share(10, []) == {"n_failed": 0, "failed": None, "warning": None}


def test_two_percent_are_counted_and_more_are_a_warning():
    found = failed_share(98, ["no label"] * 2)
    assert (found["failed"], found["warning"]) == ({"share": 0.02, "reason": "no label", "n_reason": 2}, None)
    assert failed_share(97, ["no label"] * 3)["warning"].startswith("3 of 100 examples (3.0%) could not be scored")


def test_reasons_that_differ_in_a_name_or_number_are_one_reason():
    reasons = [
        "no label",
        "cannot read 'b.png': gone",
        "cannot read 'c.png': gone",
        "no label",
        "cannot read 'd': gone",
    ]
    found = failed_share(5, reasons)
    assert found["failed"] == {"share": 0.5, "reason": "cannot read 'b.png': gone", "n_reason": 3}
    assert found["warning"].endswith("The most frequent reason (3 of them): cannot read 'b.png': gone")
