import pytest

from hem_core.runs.attempts import Attempts


def test_a_step_that_fails_gives_what_stands_in_for_it_and_says_why():
    attempts = Attempts()
    assert attempts.make("map", lambda: 1 / 0, None) is None
    assert attempts.make("slices", lambda: 7, None) == 7
    assert attempts.missing == {"map": "No map: division by zero."}


def test_a_full_disk_stops_the_run():
    def full():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        Attempts().make("map", full, None)
