"""One thread for numba's part, and as many as before for everybody else afterwards."""

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Within it OpenMP has one thread; after it, the number it had.

    The first parallel function that numba compiles sets the threads of the whole process, those of torch too, to the
    number of cores, whatever OMP_NUM_THREADS says.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="openmp")
