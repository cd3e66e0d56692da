"""Rules against pandas and numpy, clause by clause and mixed by chance."""

import re
import time

import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.store import rules
from hem_core.store.polygon import inside
from hem_core.store.rules import describe

SQUARE = [[0, 0], [2, 0], [2, 2], [0, 2]]
TAGS = pd.DataFrame(
    {"id": ["id-00", "id-01", "id-01", "id-59", "gone"], "tag": ["hard", "hard", "night", "night", "hard"]}
)


def naive_inside(x: float, y: float, points: list) -> bool:
    """The textbook loop, in the float32 coordinates that both sides agree on."""
    points = [[float(np.float32(a)), float(np.float32(b))] for a, b in points]
    x, y, is_in = float(np.float32(x)), float(np.float32(y)), False
    for (x1, y1), (x2, y2) in zip(points, points[-1:] + points[:-1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            is_in = not is_in
    return is_in


def naive_search(text: str, table: pd.DataFrame) -> np.ndarray:
    """Words and patterns in the columns of text that are of a row, and not said of it."""
    names = [name for name in table if name in ("id", "label", "predicted", "note")]
    rows = [[value for value in row if isinstance(value, str)] for row in table[names].to_numpy(object)]
    if text.startswith("/"):
        pattern = re.compile(text.strip("/i"), re.IGNORECASE if text.endswith("i") else 0)
        return np.array([any(pattern.search(value) for value in row) for row in rows])
    return np.array([all(word in "\n".join(row).lower() for word in text.lower().split()) for row in rows])


def words_in(text: str) -> list[str]:
    return re.findall(r"\w+(?:['’]\w+)*", text.lower())


def naive_near(table: pd.DataFrame, id: str, k: int, other: bool = False) -> list[int]:
    """The rows by the cosine of pairs of vectors, one after the other."""
    vectors = table.attrs["vectors"].astype(np.float64)
    row = table["id"].tolist().index(id)
    label = table["label"]
    rows = [at for at in range(len(table)) if not other or (pd.notna(label[at]) and label[at] != label[row])]
    cosine = [vectors[at] @ vectors[row] / np.linalg.norm(vectors[at]) / np.linalg.norm(vectors[row]) for at in rows]
    return [rows[at] for at in np.argsort(-np.array(cosine), kind="stable")[:k]]


def naive(clause: dict, table: pd.DataFrame) -> np.ndarray:
    match clause:
        case {"not": inner}:
            return ~naive(inner, table)
        case {"column": name, "in": values}:
            found = table[name].isin([value for value in values if value is not None]).to_numpy(bool)
            return found | (table[name].isna().to_numpy() if None in values else False)
        case {"column": name, "contains": text}:
            return np.array([isinstance(value, str) and text.lower() in value.lower() for value in table[name]])
        case {"column": name, "matches": pattern}:
            return np.array([isinstance(value, str) and bool(re.search(pattern, value)) for value in table[name]])
        case {"search": text}:
            return naive_search(text, table)
        case {"column": name, "word": word}:
            return np.array([isinstance(value, str) and word.lower() in words_in(value) for value in table[name]])
        case {"column": name, "words": bounds}:
            count = np.array([len(words_in(value)) if isinstance(value, str) else np.nan for value in table[name]])
            return (count >= bounds.get("min", 0)) & (count <= bounds.get("max", 99))
        case {"near": near}:
            return np.isin(np.arange(len(table)), naive_near(table, **near))
        case {"polygon": {"x": x, "y": y, "points": points}}:
            return np.array([naive_inside(*point, points) for point in zip(table[x], table[y], strict=True)])
        case {"rows": ids}:
            return table["id"].isin(ids).to_numpy(bool)
        case {"tag": []}:
            return ~table["id"].isin(TAGS["id"]).to_numpy(bool)
        case {"tag": names}:
            return table["id"].isin(TAGS["id"][TAGS["tag"].isin(names)]).to_numpy(bool)
        case {"column": name}:
            values = table[name].to_numpy(np.float64)
            low, high = clause.get("min"), clause.get("max")
            with np.errstate(invalid="ignore"):
                found = ~np.isnan(values)
                found &= values >= (-np.inf if low is None else low)
                return found & (values <= (np.inf if high is None else high))
    raise AssertionError(clause)


CLAUSES = [
    {"column": "difficulty", "min": 90},
    {"column": "difficulty", "min": 25, "max": 75.5},
    {"column": "loss", "max": 0},
    {"column": "loss", "min": None, "max": None},
    {"column": "aum", "min": 1, "max": 4.5},
    {"column": "loss_given", "min": 10, "max": 20},
    {"column": "row_given", "max": 100},
    {"column": "index", "min": 3, "max": 50},
    {"column": "duplicate_group", "in": [1]},
    {"column": "duplicate_group", "in": [None]},
    {"column": "label", "in": ["cat", "T-shirt/top"]},
    {"column": "label", "in": [None, "dog"]},
    {"column": "label", "in": []},
    {"column": "is_correct", "in": [False]},
    {"column": 'it\'s "quoted"', "in": [True]},
    {"column": "Difficulty_given", "in": ["a"]},
    {"column": "evidence", "contains": "3 OF 5"},
    {"column": "note", "contains": "note 1"},
    {"column": "label", "contains": "%"},
    {"polygon": {"x": "x", "y": "y", "points": [[-1, -1], [1, -1], [0.5, 1.5], [-0.25, 0]]}},
    {"polygon": {"x": "difficulty", "y": "loss", "points": [[0, 0], [100, 0], [50, 9]]}},
    {"polygon": {"x": "x_given", "y": "aum", "points": [[0, 0], [100, 0], [50, 9]]}},
    {"polygon": {"x": "x", "y": "x", "points": SQUARE}},
    {"tag": ["hard"]},
    {"tag": ["night", "never"]},
    {"tag": []},
    {"rows": ["id-00", "id-61", "id-03", "nobody"]},
    {"rows": []},
    {"column": "label", "in": ["dog", "cat", None, *(f"class {k}" for k in range(150))]},
    {"column": "duplicate_group", "in": [*range(1, 150)]},
    {"column": "difficulty", "in": [k / 2 for k in range(300)]},
    {"column": "note", "matches": r"note 1\d$"},
    {"column": "evidence", "matches": "(?i)3 OF [45]"},
    {"search": "ID-1"},
    {"search": "cat note"},
    {"search": "no-such-word"},
    {"search": r"/^id-[0-2]5$|^dog/"},
    {"search": "/NOTE 2/i"},
    {"search": "/NOTE 2/"},
    {"column": "evidence", "word": "Cat"},
    {"column": "evidence", "word": "3"},
    {"column": "evidence", "word": "ca"},
    {"column": "note", "word": "1"},
    {"column": "label", "word": "shirt"},
    {"column": "label", "words": {"max": 2}},
    {"column": "evidence", "words": {"min": 6, "max": 6}},
    {"near": {"id": "id-07", "k": 9}},
    {"near": {"id": "id-07", "k": 200}},
    {"near": {"id": "id-20", "k": 4, "other": True}},
]
CLAUSES += [{"not": clause} for clause in CLAUSES] + [{"not": {"not": CLAUSES[0]}}]


@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_each_clause_finds_what_pandas_finds(clause, run, table):
    found = run.rows({"all": [clause]}, tags=TAGS)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, np.flatnonzero(naive(clause, table)))


@pytest.mark.parametrize("seed", range(40))
def test_clauses_together_find_what_pandas_finds(seed, run, table):
    chosen = np.random.default_rng(seed).choice(len(CLAUSES), 3)
    rule = {"all": [CLAUSES[k] for k in chosen]}
    wanted = np.logical_and.reduce([naive(clause, table) for clause in rule["all"]])
    np.testing.assert_array_equal(run.rows(rule, tags=TAGS), np.flatnonzero(wanted))


def test_a_rule_and_a_typed_condition_both_hold(run, table):
    rule = {"all": [{"column": "loss", "max": 0}, CLAUSES[19], {"tag": []}]}
    found = run.rows(rule, where="Difficulty > 20 or it_is_null is null".replace("it_is_null", "aum"), tags=TAGS)
    wanted = np.logical_and.reduce([naive(clause, table) for clause in rule["all"]])
    np.testing.assert_array_equal(found, np.flatnonzero(wanted & ((table["difficulty"] > 20) | table["aum"].isna())))


def test_no_rule_matches_everything(run):
    for rule in (None, {}, {"all": []}):
        np.testing.assert_array_equal(run.rows(rule), np.arange(60))


def test_points_in_a_square_and_in_a_star_that_crosses_itself():
    x, y = np.array([1, 3, 1, -1, np.nan]), np.array([1, 1, 3, 1, 1])
    assert inside(x, y, SQUARE).tolist() == [True, False, False, False, False]
    star = [[0, 3], [2, -3], [-3, 1], [3, 1], [-2, -3]]  # its middle is crossed twice: outside by even-odd
    assert inside(np.array([0, 0]), np.array([0, 2]), star).tolist() == [False, True]


def test_neighbouring_lassos_share_no_point_and_lose_none():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, (2, 500)).astype(np.float32)  # many lie on the common edge
    left, right = [[0, 0], [2, 0], [2, 4], [0, 4]], [[2, 0], [4, 0], [4, 4], [2, 4]]
    both = inside(x, y, left).astype(int) + inside(x, y, right)
    np.testing.assert_array_equal(both, inside(x, y, [[0, 0], [4, 0], [4, 4], [0, 4]]).astype(int))


@pytest.mark.parametrize("seed", range(10))
def test_any_polygon_agrees_with_the_textbook_loop(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(rng.integers(3, 40), 2)).tolist()
    xy = np.concatenate([rng.normal(size=(300, 2)), points, np.round(rng.normal(size=(100, 2)), 1)])
    wanted = [naive_inside(x, y, points) for x, y in xy]
    assert inside(xy[:, 0], xy[:, 1], points).tolist() == wanted


def test_no_points_and_no_area_are_fine():
    assert inside(np.empty(0), np.empty(0), SQUARE).shape == (0,)
    assert not inside(np.zeros(3), np.zeros(3), [[0, 0], [0, 0], [0, 0]]).any()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (None, "everything"),
        ({"all": [{"column": "difficulty", "min": 90, "max": 100}, {"column": "label", "in": ["Shirt"]}]},
         "difficulty 90 to 100 · label is Shirt"),
        ({"all": [{"column": "loss", "min": 0.12345678}, {"column": "loss", "min": None, "max": 2}]},
         "loss from 0.123457 · loss up to 2"),
        ({"all": [{"column": "loss", "min": 2, "max": 2}, {"column": "aum"}]}, "loss is 2 · aum is known"),
        ({"all": [{"column": "label", "in": list("abcde")}, {"column": "label", "in": ["a", None]}]},
         "label is a, b, c or 2 others · label is a or missing"),
        ({"all": [{"column": "is_correct", "in": [False]}, {"column": "label", "in": []}]},
         "is_correct is false · label is nothing"),
        ({"all": [{"polygon": {"x": "x", "y": "y", "points": SQUARE}}, {"tag": []}, {"tag": ["hard", "rare"]}]},
         "lasso on x and y · no tag · tagged hard or rare"),
        ({"all": [{"search": "two words"}, {"search": "/a+/i"}, {"column": "note", "matches": "^x"}]},
         "search “two words” · search /a+/i · note matches /^x/"),
        ({"all": [{"not": {"column": "note", "contains": "dark"}}, {"rows": ["a"] * 1200}]},
         "not (note contains “dark”) · 1,200 chosen"),
        ({"all": [{"column": "text", "word": "free"}, {"column": "text", "words": {"max": 9}}]},
         "text has the word “free” · text has up to 9 words"),
        ({"all": [{"near": {"id": "x", "k": 60}}, {"near": {"id": "x", "k": 1200, "other": True}}]},
         "the 60 nearest to x · the 1,200 nearest to x with another label"),
    ],
)  # fmt: skip
def test_a_rule_in_words(rule, words):
    assert describe(rule) == words


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ([{"column": "loss"}], r'a rule is \{"all": \[clauses\]\}'),
        ({"any": []}, r'a rule is \{"all": \[clauses\]\}'),
        ({"all": [{"column": "lose", "min": 1}]}, "no column 'lose'; there are: Difficulty_given, aum"),
        ({"all": [{"column": "label", "min": 1}]}, "'label' holds no numbers; min and max need them"),
        ({"all": [{"column": "loss", "min": "1; drop table"}]}, "min and max of column 'loss' are numbers or null"),
        ({"all": [{"column": "loss", "contains": "1"}]}, "'loss' holds no text, so 'contains' does not apply"),
        ({"all": [{"column": "loss", "matches": "1"}]}, "'loss' holds no text, so 'matches' does not apply"),
        ({"all": [{"column": "note", "matches": "(1"}]}, r"/\(1/ is not a regular expression: missing \)"),
        ({"all": [{"search": "/[a/"}]}, "is not a regular expression: missing ]"),
        ({"all": [{"search": r"/(.)\1/"}]}, "back-references do not exist here"),
        ({"all": [{"search": "//"}]}, "between the slashes is empty"),
        ({"all": [{"search": "a" * 501}]}, "1 to 500 characters; this one has 501"),
        ({"all": [{"search": "  "}]}, "1 to 500 characters; this one has 0"),
        ({"all": [{"search": " ".join(map(str, range(21)))}]}, "20 words at most; this one has 21"),
        ({"all": [{"column": "note", "matches": "a" * 501}]}, "500 characters at most; this one has 501"),
        ({"all": [{"search": "\ud800"}]}, "lone surrogate"),
        ({"all": [{"column": "is_correct", "in": ["false"]}]}, "'is_correct' holds true and false"),
        ({"all": [{"column": "label", "in": [1]}]}, "'label' holds texts"),
        ({"all": [{"column": "loss", "in": [True]}]}, "'loss' holds numbers"),
        ({"all": [{"column": "top_classes", "in": ["cat"]}]}, "no column 'top_classes'"),
        ({"all": [{"polygon": {"x": "x", "y": "label", "points": SQUARE}}]}, "'label' holds no numbers; a polygon"),
        ({"all": [{"polygon": {"x": "x", "y": "y", "points": SQUARE[:2]}}]}, "three points"),
        ({"all": [{"polygon": {"x": "x", "y": "y", "points": [[0, 0], [1, 1], [1, None]]}}]}, "three points"),
        ({"all": [{"tag": [1]}]}, "tags and rows are lists of texts"),
        ({"all": [{"min": 1}]}, "no clause has the form {'min': 1}; a clause has 'column' with min/max"),
        ({"all": [{"column": "loss", "min": 1, "in": [1]}]}, "no clause has the form"),
        ({"all": ["loss > 1"]}, "no clause has the form 'loss > 1'"),
        ({"all": [{"not": {"min": 1}}]}, "no clause has the form"),
        ({"all": [{"column": "loss", "word": "a"}]}, "'loss' holds no text, so 'word' does not apply"),
        ({"all": [{"column": "note", "word": " "}]}, "'word' of column 'note' is a word"),
        ({"all": [{"column": "loss", "words": {"min": 1}}]}, "'loss' holds no text, so 'words' does not apply"),
        ({"all": [{"column": "note", "words": {"min": "1"}}]}, "min and max of the words are numbers or null"),
        ({"all": [{"near": {"id": "id-00", "k": 0}}]}, "a whole number of 1 to 100,000"),
        ({"all": [{"near": {"id": "id-00", "k": 9, "other": 1}}]}, "'other' of near is true or false"),
        ({"all": [{"near": {"id": "id-00"}}]}, "no clause has the form"),
        ({"all": [{"near": {"id": "nobody", "k": 9}}]}, "no example 'nobody'"),
        ({"all": [{"tag": ["hard"]}]}, "the rule asks for tags: pass tags="),
    ],
)
def test_a_bad_rule_is_refused_at_the_door(rule, message, run):
    with pytest.raises(DataError, match=message):
        run.rows(rule)


def test_a_polygon_outside_a_run_wants_the_coordinates():
    with pytest.raises(DataError, match="pass inside="):
        rules.to_sql({"all": [{"polygon": {"x": "x", "y": "y", "points": SQUARE}}]}, {"x": "number", "y": "number"})


def test_a_near_clause_outside_a_run_wants_the_embedding():
    with pytest.raises(DataError, match="pass near="):
        rules.to_sql({"all": [{"near": {"id": "a", "k": 3}}]}, {})


def test_what_a_rule_reads():
    rule = {"all": [CLAUSES[19], {"not": {"tag": ["hard"]}}, {"column": "loss", "min": 1}]}
    assert rules.columns_of(rule) == {"x", "y", "id", "loss"}
    assert rules.needs_tags(rule)
    assert not rules.needs_tags({"all": [CLAUSES[0]]})


def test_no_pattern_takes_long_whatever_it_is(run):
    began = time.process_time()
    run.rows({"all": [{"search": "/(a+)+$|(.*.*)*x{0,200}y/"}]})
    assert time.process_time() - began < 2


def test_a_rule_of_a_hundred_thousand_values_is_quick_and_one_of_thousands_of_clauses_is_refused(run):
    began = time.process_time()
    found = run.rows({"all": [{"column": "label", "in": ["cat", *(f"class {k}" for k in range(100_000))]}]})
    assert time.process_time() - began < 3
    assert found.tolist() == np.flatnonzero(run.table(["label"])["label"] == "cat").tolist()
    with pytest.raises(DataError, match="200 clauses at most; this one has 3,000"):
        run.rows({"all": [{"column": "label", "in": ["cat"]}] * 3_000})
