import pytest

from hem_core import tasks
from hem_core.errors import HemError
from hem_core.loop.policies_of_task import able, check_policies, default_policies
from hem_core.loop.pool_scores import columns_of
from hem_core.selection.options import names as policy_names


def test_every_policy_chooses_for_every_task_or_is_refused_before_training_with_those_that_can():
    for name in tasks.names():
        task = tasks.load(name)
        columns = list(columns_of(task, has_labels=True))
        can = able(task, columns)
        assert {"random", "top", "stratified", "diverse", "cover"} <= set(can)
        says_how_sure = bool(columns_of(task, has_labels=False))  # a task that is installed beside HEM's may not
        assert ("margin" in can) == says_how_sure, name
        for policy in set(policy_names()) - set(can):
            with pytest.raises(HemError, match=f"'{policy}' cannot choose .* '{name}' .*Choose by .*random"):
                check_policies(task, [policy], {}, columns)
    assert "background_false_positives" in able(
        tasks.load("detection"), columns_of(tasks.load("detection"), has_labels=True)
    )


def test_the_default_of_every_task_can_choose_without_a_label():
    for name in tasks.names():
        task = tasks.load(name)
        check_policies(task, default_policies(task), {}, columns_of(task, has_labels=False))


def test_without_labels_or_embeddings_fewer_policies_can_choose():
    task = tasks.load("multilabel")
    assert "top" not in able(task, columns_of(task, has_labels=False))
    assert {"diverse", "cover"}.isdisjoint(able(task, columns_of(task, has_labels=True), has_embeddings=False))
