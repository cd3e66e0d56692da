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


def test_a_name_is_found_where_it_stands(evaluate):
    names = [{"name": "cats", "x": 100, "y": 100}, {"name": "hens", "x": 300, "y": 100}]
    expression = (
        "v.points.map(([x, y]) => m.nameAt(m.placedNames(v.names, (one) => [one.x, one.y], v.size, () => 40), x, y)"
        "?.one.name ?? null)"
    )
    points = [[100, 100], [122, 106], [124, 100], [300, 91], [300, 85]]
    found = evaluate("explorer/map_names.js", expression, names=names, size=SIZE, points=points)
    assert found == ["cats", "cats", None, "hens", None]


def test_a_cluster_is_selected_alone_or_added_and_taken_away(evaluate):
    def chosen(before, cluster, adds):
        rule = {"all": [{"column": "cluster", "in": before}]} if before else {"all": []}
        expression = "m.chosen(v.rule, v.cluster, v.adds)"
        return evaluate("explorer/map_clusters.js", expression, rule=rule, cluster=cluster, adds=adds)["in"]

    assert chosen([], "1.2", True) == chosen(["0.1"], "1.2", False) == ["1.2"]
    assert chosen(["0.1"], "1.2", True) == ["0.1", "1.2"]
    assert chosen(["0.1", "1.2"], "1.2", True) == ["0.1"]
    assert chosen(["1.2"], "1.2", True) == ["1.2"]


def test_a_cluster_has_the_name_of_the_map_in_the_filters_and_in_a_chip(run_js):
    body = """
      const { shownOn } = await load("explorer/shown_name.js");
      const { describe } = await load("shared/rules.js");
      const told = [], bus = { described: { cluster: {} }, emit: (what) => told.push(what) };
      Object.assign(bus, m.makeNames({ clusters: async () => v.clusters }, () => bus));
      const before = shownOn(bus, "cluster", "0.18", false);
      await new Promise((go) => setTimeout(go, 0));
      const named = (column, value) => shownOn(bus, column, value, false);
      const chip = describe({ column: "cluster", in: ["0.18", "2.7"] }, String, String, named);
      return [before, shownOn(bus, "cluster", "0.18", false), shownOn(bus, "cluster", "2.7", false), chip, told];
    """
    found = run_js("explorer/map_names.js", body, clusters=[{"cluster": "0.18", "name": "8"}])
    assert found == ["0.18", "8", "2.7", "cluster is 8 or 2.7", ["names"]]
