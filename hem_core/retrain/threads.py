"""How the threads of a training wait for each other on a busy machine."""

import os


def yield_while_waiting() -> None:
    """Let OpenMP's threads sleep, not spin, while they wait; to be called before torch is imported.

    Spinning threads hold cores that other processes need: on two cores with a load of 8 to 10, two trainings of the
    digits took 189 s by default, 75 s with one thread and 47 s with two that sleep. What the user has set stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
