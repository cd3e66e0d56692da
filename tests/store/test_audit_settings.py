import pytest

from hem_core.errors import DataError
from hem_core.store.audit_settings import FILE, StopRule, set_stop_rule, stop_rule


def test_the_rule_is_kept_for_each_level_and_data(tmp_path):
    assert stop_rule(tmp_path, "d", "examples") == StopRule(0.02, 0.95)
    set_stop_rule(tmp_path, "d", "examples", StopRule(0.01, 0.99))
    set_stop_rule(tmp_path, "d", "boxes", StopRule(0.05, 0.9))
    assert stop_rule(tmp_path, "d", "examples") == StopRule(0.01, 0.99)
    assert stop_rule(tmp_path, "d", "boxes") == StopRule(0.05, 0.9)
    assert stop_rule(tmp_path, "other", "boxes") == StopRule()


@pytest.mark.parametrize("rule", [StopRule(0), StopRule(0.5), StopRule(0.02, 1.0)])
def test_a_rule_that_nothing_satisfies_is_refused(rule, tmp_path):
    with pytest.raises(DataError, match="an audit needs a margin between ±0 and ±50 points"):
        set_stop_rule(tmp_path, "d", "examples", rule)


@pytest.mark.parametrize("content", ["[1]", "{", '{"d examples": {"half": 9}}', '{"d examples": {"other": 1}}'])
def test_a_file_that_cannot_be_used_gives_the_usual_rule(content, tmp_path):
    (tmp_path / FILE).write_text(content, "utf-8")
    assert stop_rule(tmp_path, "d", "examples") == StopRule()
    set_stop_rule(tmp_path, "d", "boxes", StopRule(0.05))
    assert stop_rule(tmp_path, "d", "boxes") == StopRule(0.05)
