"""Take candidates in turn, so that every beginning of the order keeps the quotas of their classes."""

from __future__ import annotations

import heapq

import numpy as np

from hem_core.selection.pool import Members, place_in_group


def in_turn(order: np.ndarray, members: Members, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The candidates (m,) in the order of taking, and the number (m,) of the class for which each one is taken.

    order (m,) int64: candidates, the first to take first; target (K,) the quotas of the classes, sum 1. The class
    whose (taken + 1/2) / target is lowest is next (Sainte-Laguë), and its first candidate is taken; that counts for
    each class of it. Ties: the class whose first candidate comes earlier.
    """
    if len(members.candidate) == len(np.unique(members.candidate)):
        code = np.zeros(int(members.candidate.max(initial=-1)) + 1, np.int64)
        code[members.candidate] = members.code
        group = code[order]
        turn = np.argsort((place_in_group(group) + 0.5) / target[group], kind="stable")
        return order[turn], group[turn]
    return _of_several(order, members, target)


def _of_several(order: np.ndarray, members: Members, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ends = np.searchsorted(members.candidate, order, side="right").tolist()
    starts = np.searchsorted(members.candidate, order, side="left").tolist()
    codes = [members.code[start:end].tolist() for start, end in zip(starts, ends, strict=True)]
    queues: list[list[int]] = [[] for _ in members.names]
    for place in range(len(order) - 1, -1, -1):
        for code in codes[place]:
            queues[code].append(place)  # the first place last, to be popped
    n_taken, is_taken = [0] * len(queues), [False] * len(order)

    def turn_of(code: int) -> tuple[float, int, int]:
        return (n_taken[code] + 0.5) / target[code], queues[code][-1], code

    waiting = [turn_of(code) for code, queue in enumerate(queues) if queue]
    heapq.heapify(waiting)
    places, of_class = [], []
    while waiting:
        *before, code = heapq.heappop(waiting)
        queue = queues[code]
        while queue and is_taken[queue[-1]]:
            queue.pop()
        if queue and [*turn_of(code)[:2]] == before:  # nothing was taken for other classes that counts for it too
            place = queue.pop()
            is_taken[place] = True
            for each in codes[place]:
                n_taken[each] += 1
            places.append(place)
            of_class.append(code)
        if queue:
            heapq.heappush(waiting, turn_of(code))
    return order[np.array(places, np.int64)], np.array(of_class, np.int64)
