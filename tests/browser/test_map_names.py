"""The names of clusters on the map: which are shown, and where."""

SIZE = {"width": 400, "height": 300}


def placed(evaluate, names, **size):
    expression = "m.placedNames(v.names, (one) => [one.x, one.y], v.size, (text) => 6 * text.length)"
    names = [{"name": name, "x": x, "y": y} for name, x, y in names]
    found = evaluate("explorer/map_names.js", expression, names=names, size={**SIZE, **size})
    return [(one["text"], one["x"], one["y"]) for one in found]


def test_the_largest_come_first_and_no_name_lies_on_another(evaluate):
    found = placed(evaluate, [("cats", 100, 100), ("dogs", 110, 105), ("hens", 110, 140)])
    assert found == [("cats", 100, 100), ("hens", 110, 140)]


def test_the_same_words_are_not_said_twice_side_by_side(evaluate):
    found = placed(evaluate, [("cats", 60, 100), ("cats", 120, 100), ("cats", 300, 100)])
    assert [x for _text, x, _y in found] == [60, 300]


def test_a_name_over_the_edge_is_left_out_and_a_long_one_is_cut(evaluate):
    found = placed(
        evaluate, [("cats", 5, 100), ("dogs", 100, 299), ("a long name of very many letters and more", 200, 50)]
    )
    assert [text for text, _x, _y in found] == ["a long name of very many letters…"]


def test_there_are_never_too_many_names(evaluate):
    many = [(f"n{k}", 50 + 60 * (k % 10), 40 + 30 * (k // 10)) for k in range(60)]
    assert len(placed(evaluate, many, width=900, height=900)) == 26
