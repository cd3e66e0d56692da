"""What Explore shows of a view when a run lacks some of its columns, and what an address says of it."""

import pytest

DESCRIBED = {"loss": {"is_score": True}, "margin": {"is_score": True}, "x": {}, "y": {}, "label": {}}


@pytest.fixture
def usable(evaluate):
    """usable(**wanted): the view of a run with the scores loss and margin, where these values are wanted."""
    expression = (
        "m.usable({ ...m.usualView('loss', 'scores'), ...v.wanted }, m.usualView('loss', 'scores'), v.described)"
    )
    return lambda **wanted: evaluate("explorer/view.js", expression, wanted=wanted, described=DESCRIBED)


def test_a_column_that_is_not_there_gives_way_to_a_score(usable):
    view = usable(colour="difficulty", score="margin", x="gone", y="gone")
    assert [view[name] for name in ("colour", "score", "x", "y")] == ["loss", "margin", "loss", "margin"]


@pytest.mark.parametrize(
    ("scores", "axes"),
    [
        (["difficulty", "loss", "label_suspicion", "suspicion"], ["loss", "label_suspicion"]),
        (["difficulty", "loss", "suspicion"], ["loss", "suspicion"]),
        (["loss", "neighbour_disagreement"], ["loss", "neighbour_disagreement"]),
        (["loss"], ["loss", "loss"]),
    ],
)
def test_the_map_of_scores_does_not_open_with_a_score_against_itself_or_its_ranks(evaluate, scores, axes):
    expression = "m.usable(m.usualView('difficulty', 'scores'), m.usualView('difficulty', 'scores'), v.described)"
    described = {name: {"is_score": True} for name in scores}
    view = evaluate("explorer/view.js", expression, described=described)
    assert [view["x"], view["y"]] == axes


def test_a_mode_that_is_not_known_gives_way_to_the_usual_one(usable):
    assert [usable(mode="embedding")["mode"], usable(mode="cube")["mode"]] == ["embedding", "scores"]


def test_a_task_without_a_confusion_matrix_has_no_tab_for_it(evaluate):
    names = "m.modesOf(v.missing).map(([mode]) => mode)"
    assert "matrix" not in evaluate("explorer/toolbar.js", names, missing={"matrix": "No classes.", "labels": "None."})
    assert "matrix" in evaluate("explorer/toolbar.js", names, missing={"labels": "There are no labels."})
    usable = "m.usable({ mode: 'matrix' }, m.usualView('loss', 'scores'), {}, v.missing).mode"
    assert evaluate("explorer/view.js", usable, missing={"matrix": "No classes."}) == "scores"
    assert evaluate("explorer/view.js", usable, missing={}) == "matrix"


@pytest.mark.parametrize(("tile", "wanted"), [(10, 56), (100, 100), (900, 160), (None, None)])
def test_tiles_stay_within_what_can_be_seen(usable, tile, wanted):
    assert usable(tile=tile)["tile"] == wanted


@pytest.mark.parametrize(
    ("mode", "columns"),
    [
        ("embedding", ["label", "loss", "x", "y"]),
        ("matrix", ["label", "loss"]),
        ("scores", ["label", "loss", "margin"]),
    ],
)
def test_a_view_needs_its_axes_its_colour_and_what_tiles_show(evaluate, mode, columns):
    view = {"mode": mode, "score": "loss", "distribution": "loss", "colour": "loss", "x": "margin", "y": "loss"}
    found = evaluate("explorer/view.js", "m.neededColumns(v.view, v.described)", view=view, described=DESCRIBED)
    assert sorted(found) == columns


def test_an_address_says_what_differs_from_the_usual(evaluate):
    expression = "m.changedSince(m.usualView(), { ...m.usualView(), hide: true, ranges: ['loss'] })"
    assert evaluate("explorer/view.js", expression) == {"hide": True, "ranges": ["loss"]}


@pytest.mark.parametrize(
    ("clause", "columns"),
    [
        ({"polygon": {"x": "a", "y": "b"}}, ["a", "b"]),
        ({"column": "a", "min": 1}, ["a"]),
        ({"not": {"column": "a", "in": ["x"]}}, ["a"]),
        ({"column": "id", "contains": "x"}, []),
        ({"tag": ["hard"]}, []),
        ({"rows": ["one"]}, []),
    ],
)
def test_a_clause_needs_the_columns_that_the_page_resolves_it_by(evaluate, clause, columns):
    assert evaluate("explorer/view.js", "m.columnsOf(v.clause)", clause=clause) == columns


@pytest.mark.parametrize(
    ("n", "level", "words"),
    [
        (1, None, "1 example"),
        (1, "boxes", "1 box"),
        (1, "tags", "1 tag"),
        (2, "tags", "2 tags"),
        (1, "text_spans", "1 text span"),
    ],
)
def test_one_row_of_a_level_is_named_as_the_level(evaluate, n, level, words):
    assert evaluate("shared/level.js", "m.counted(v.n, v.level)", n=n, level=level) == words
