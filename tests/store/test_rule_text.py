from hem_core.store.rule_text import describe


def test_a_rule_is_told_in_the_words_of_who_shows_it():
    rule = {
        "all": [
            {"not": {"column": "cluster", "in": ["0.18", None]}},
            {"column": "n_characters", "min": 20, "max": None},
            {"polygon": {"x": "x", "y": "y", "points": []}},
        ]
    }
    assert describe(rule) == "not (cluster is 0.18 or missing) · n_characters from 20 · lasso on x and y"
    titles = {"n_characters": "length", "x": "map x", "y": "map y"}
    told = describe(rule, lambda name: titles.get(name, name), lambda _column, value: {"0.18": "8"}.get(value, value))
    assert told == "not (cluster is 8 or missing) · length from 20 · lasso on map x and map y"
