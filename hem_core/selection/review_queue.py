"""The order in which one person reviews, so that no two people get the same example."""

import hashlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from pandas.core.util.hashing import hash_array

SHARES: Mapping[str, float] = {"suspect": 0.5, "rare": 0.3, "random": 0.2}


def review_queue(
    table: pd.DataFrame,
    *,
    person: str = "",
    people: Collection[str] = (),
    taken: Collection[str] = (),
    shares: Mapping[str, float] = SHARES,
    seed: int = 0,
    limit: int = 1_000,
) -> pd.DataFrame:
    """Mix of suspected labels, rare examples and a random sample, in the order to look at them.

    table has `id`, and where known `label_suspicion`, `reason`, `difficulty_in_class`, `difficulty` (higher = harder).
    Suspects are the highest label_suspicion; rare are those with that reason, then the hardest within their class, or
    the hardest of all where there are no classes; the random part is uniform over what is left, so it measures the
    quality of the rest.
    Every prefix of the queue keeps the shares; an exhausted part gives its share to the others.
    people: all current reviewers; each example belongs to exactly one of them (highest hash of name and
    id), and one more person moves only the examples that become theirs. taken: ids to leave out.
    Returns `id` and `drawn_as` (a key of shares), at most `limit` rows; the same input, the same queue,
    whatever the order of the table's rows.
    Raises ValueError for a share that is unknown or negative.
    """
    _check(shares)
    free = table.loc[~table["id"].isin(list(taken)), :]
    mine = free.loc[_owner(free["id"], sorted({*people, person})) == person, :]
    orders = {
        "suspect": _by(mine, ["label_suspicion"]),
        "rare": _by(_with_rare_first(mine), ["is_rare", _hardness(mine)]),
        "random": _by(mine.assign(drawn=_keyed(_hash(mine["id"]), f"random {seed}")), ["drawn"]),
    }
    picked = _mix({name: orders[name] for name in shares if shares[name] > 0}, shares, limit)
    return pd.DataFrame(picked, columns=["id", "drawn_as"], dtype="object")


def _mix(orders: dict[str, list[str]], shares: Mapping[str, float], limit: int) -> list[tuple[str, str]]:
    sources = {name: iter(order) for name, order in orders.items()}
    drawn = dict.fromkeys(sources, 0)
    picked: dict[str, str] = {}
    while sources and len(picked) < limit:
        owed = {name: shares[name] * (len(picked) + 1) - drawn[name] for name in sources}
        name = max(owed, key=lambda source: owed[source])
        id = next((id for id in sources[name] if id not in picked), None)
        if id is None:
            del sources[name]
            continue
        picked[id] = name
        drawn[name] += 1
    return list(picked.items())


def _by(table: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    present = [name for name in columns if name in table.columns]
    if not present:
        return []
    rows = table.dropna(subset=present[-1:])
    ascending = [False] * len(present) + [True]
    return rows.sort_values([*present, "id"], ascending=ascending)["id"].tolist()


def _hardness(table: pd.DataFrame) -> str:
    return "difficulty_in_class" if "difficulty_in_class" in table.columns else "difficulty"


def _with_rare_first(table: pd.DataFrame) -> pd.DataFrame:
    if "reason" not in table.columns:
        return table
    return table.assign(is_rare=table["reason"] == "rare")


def _owner(ids: pd.Series, people: list[str]) -> np.ndarray:
    hashes = _hash(ids)
    bids = np.stack([_keyed(hashes, f"owner {name}") for name in people])  # (people, N)
    return np.array(people, dtype=object)[bids.argmax(axis=0)]  # (N,)


def _hash(ids: pd.Series) -> np.ndarray:
    return hash_array(np.asarray(ids, dtype=object), categorize=False)  # (N,) uint64


def _keyed(hashes: np.ndarray, key: str) -> np.ndarray:
    """Another hash of the same, (N,) uint64, for a hundredth of the cost of hashing texts: the finalizer of SplitMix64
    (Steele et al. 2014, doi:10.1145/2660193.2660195)."""
    mixed = hashes ^ np.uint64(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)  # modulo 2**64
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _check(shares: Mapping[str, float]) -> None:
    for name, share in shares.items():
        if name not in SHARES:
            raise ValueError(f"no part of the queue '{name}'; there are: {', '.join(SHARES)}")
        if not share >= 0:
            raise ValueError(f"the share of '{name}' must be 0 or more; got {share}")
