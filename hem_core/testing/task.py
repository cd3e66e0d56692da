"""What every task promises."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np

from hem_core import folder, tasks
from hem_core.selection.options import names as policy_names
from hem_core.tasks import FIGURES, OFFERS, ModelFacts, RanksPool, TargetOptions
from hem_core.testing._task_sample import catalog_of, facts_of, sample_of
from hem_core.testing._want import want
from hem_core.types import Outputs


def check_task(name: str, labels: Sequence[str] = ()) -> None:
    """Check all that a task promises: PROMISES, one after the other.

    labels: three or more different texts, as a table would have them, that the task reads; by default three names for
    a task that offers classes, three numbers for any other.
    Raises AssertionError, saying what to change; UnknownNameError when no file or plugin has that name.
    """
    for promise in PROMISES:
        promise(name, labels)


def it_says_what_it_is(name: str, _labels: Sequence[str]) -> None:
    task = tasks.load(name)
    want(task.name == name, f"task {name} calls itself '{task.name}'; `name` is the name of its file or entry point")
    want(task.title, f"task {name} has no `title`; say in a few words what is predicted")
    _want_among(f"`offers` of task {name}", task.offers, OFFERS)
    _want_among(f"`figures` of task {name}", task.figures, FIGURES)
    want(task.figures, f"task {name} has no `figures`; name at least one of: {', '.join(FIGURES)}")
    want(task.reasons, f"task {name} has no `reasons`; name at least one reason for a hard example, with its meaning")
    want(all(task.reasons.values()), f"a reason of task {name} has no meaning; write a few words for each")
    _want_among(f"`spoils` of task {name}", task.spoils, task.reasons)


def importing_it_needs_no_torch(name: str, _labels: Sequence[str]) -> None:
    for node in ast.parse(folder.source(tasks, name).read_text("utf-8")).body:
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        needs_it = any(each.partition(".")[0] == "torch" for each in imported)
        want(not needs_it, f"task {name} imports torch with its file; import it in the function that needs it")


def labels_become_numbers_and_a_missing_one_is_bad(name: str, labels: Sequence[str]) -> None:
    task, catalog = tasks.load(name), catalog_of(tasks.load(name), labels)
    found = task.read_targets(catalog, facts_of(task), ModelFacts(), TargetOptions())
    n = catalog.num_rows
    is_known = tasks.is_known(found.values)
    is_n = len(found.values) == n and found.values.ndim in (1, 2)
    want(is_n, f"`read_targets` of {name} gives {found.values.shape}; wanted ({n},) or ({n}, K)")
    want(is_known[:-1].all(), f"`read_targets` of {name} cannot read {catalog['label'][int(is_known.argmin())]!r}")
    want(not is_known[-1], f"`read_targets` of {name} gives a missing label a value; give it -1, or NaN for floats")
    want(list(found.bad) == [n - 1], f"`bad` of {name} names the rows {list(found.bad)}; row {n - 1} has no label")
    again = task.targets_for(catalog, found.facts, found.classes)
    want(_is_equal(again, found.values), f"`targets_for` of {name} reads labels otherwise than `read_targets`")
    strata = task.strata(found.values)
    is_right = strata.dtype == np.int64 and strata.shape == (n,) and ((strata >= 0) == is_known).all()
    want(is_right, f"`strata` of {name} must give (N,) int64, -1 where the label is missing and only there")


def written_values_are_read_back(name: str, labels: Sequence[str]) -> None:
    sample = sample_of(name, labels)
    missing = np.full((1, *sample.targets.shape[1:]), tasks.unknown(sample.targets))
    values = np.concatenate([sample.targets, missing]).astype(sample.targets.dtype)
    texts = sample.task.written(values, sample.classes)
    want(texts[-1] is None, f"`written` of {name} gives {texts[-1]!r} for a value that is not known; give None")
    want(all(isinstance(text, str) for text in texts[:-1]), f"`written` of {name} must give a text for each value")
    again = sample.task.encode(texts, sample.classes)
    want(_is_equal(again, values), f"`encode` of {name} must read what `written` gives: {texts} became {again}")


def a_model_s_output_becomes_n_rows_of_its_width(name: str, labels: Sequence[str]) -> None:
    import torch

    sample = sample_of(name, labels)
    raw, n, width = sample.raw, len(sample.targets), sample.task.width(sample.classes)
    is_right = raw.shape == (n, width) and raw.dtype == torch.float32
    want(is_right, f"`raw` of {name} gives {raw.dtype} {tuple(raw.shape)}; wanted float32 ({n}, {width})")
    targets = torch.from_numpy(sample.targets)
    problems = sample.task.problems(raw, targets)
    want(not problems, f"`problems` of {name} refuses rows of finite numbers: {problems}")
    want(bool(sample.task.finite(raw).isfinite().all()), f"`finite` of {name} gives numbers that are not finite")
    broken = raw.clone()
    broken[1] = torch.nan
    rows = list(sample.task.problems(broken, targets))
    want(
        rows == [1], f"row 1 of an output is NaN, and `problems` of {name} names the rows {rows}; name it, and no other"
    )


def the_loss_is_a_field_with_n_first(name: str, labels: Sequence[str]) -> None:
    sample = sample_of(name, labels)
    fields = sample.fields
    _want_among(f"`fields` of task {name}", fields, Outputs.__dataclass_fields__)
    want({"loss", "targets"} <= set(fields), f"`fields` of {name} lacks loss or targets; give both")
    n = len(sample.targets)
    for field, values in fields.items():
        want(len(values) == n, f"the field {field} of {name} has {len(values)} rows for {n} examples")
    is_right = fields["loss"].shape == (n,) and bool(fields["loss"].isfinite().all())
    want(is_right, f"`loss` of {name} must be (N,) finite numbers, one for each example; do not average")


def errors_lie_between_0_and_1_and_every_way_gives_the_same(name: str, labels: Sequence[str]) -> None:
    for n in (0, 1, 7):
        sample = sample_of(name, labels, n)
        want("error" in sample.described, f"`describe` of {name} gives no column 'error'")
        error = sample.described["error"]
        is_right = error.shape == (n,) and error.dtype == np.float32
        want(is_right, f"`error` of {name} is {error.dtype} {error.shape}; wanted float32 ({n},)")
        want(((error >= 0) & (error <= 1)).all(), f"`error` of {name} leaves 0 .. 1; 0 is right, 1 is wrong")
        raw = sample.raw.numpy()
        again = sample.task.errors(raw, sample.targets)
        want(np.allclose(again, error, rtol=1e-5, atol=1e-6), f"`errors` of {name} differs from the column 'error'")
        predicted = sample.task.predicted(raw)
        is_right = predicted.shape == sample.targets.shape
        want(is_right, f"`predicted` of {name} gives {predicted.shape}; wanted {sample.targets.shape}, as the targets")


def what_is_stored_has_a_row_for_each_example(name: str, labels: Sequence[str]) -> None:
    for n in (0, 1, 7):
        sample = sample_of(name, labels, n)
        table = sample.task.table(sample.columns, sample.classes)
        for column in ("label", "given", "predicted"):
            want(column in table, f"`table` of {name} lacks '{column}'; give the text that people read")
        for column, values in table.items():
            want(len(values) == n, f"the stored column {column} of {name} has {len(values)} rows for {n} examples")
        given = table["given"].to_pylist()
        texts = sample.task.written(sample.targets, sample.classes)
        want(given == texts, f"'given' of {name} holds {given}; `written` gives {texts}")


def metrics_are_named_and_there_are_none_without_examples(name: str, labels: Sequence[str]) -> None:
    for n in (0, 1, 7):
        sample = sample_of(name, labels, n)
        metrics = sample.task.metrics(sample.described)
        want(bool(metrics) == bool(n), f"`metrics` of {name} gives {len(metrics)} for {n} examples; give none for none")
        for metric in metrics:
            want(metric.name and np.isfinite(metric.value), f"`metrics` of {name} has one without a name or a number")
            low, high = metric.low, metric.high
            is_inside = (low is None or low <= metric.value) and (high is None or metric.value <= high)
            want(is_inside, f"the {metric.name} of {name} is {metric.value:g}, outside its interval {low} .. {high}")


def its_reasons_are_among_those_it_names(name: str, labels: Sequence[str]) -> None:
    sample = sample_of(name, labels)
    found = sample.task.explain(sample.columns)
    if found:
        want({"reason", "evidence"} <= set(found), f"`explain` of {name} must give reason and evidence, or nothing")
        _want_among(f"`explain` of task {name}", set(found["reason"].tolist()), sample.task.reasons)
        lengths = {len(values) for values in found.values()}
        want(lengths == {len(sample.targets)}, f"`explain` of {name} must give a row for each example")


def its_parts_belong_to_examples(name: str, labels: Sequence[str]) -> None:
    sample = sample_of(name, labels)
    parts = sample.task.parts(sample.columns, sample.ids)
    if parts is None:
        return
    want(parts.level, f"`parts` of {name} has no name for its level, such as 'boxes'")
    for column in ("id", "example", "given", "predicted", "error", "loss"):
        want(column in parts.table.column_names, f"the parts of {name} have no column '{column}'")
    owners = set(parts.table["example"].to_pylist())
    want(
        owners <= set(sample.ids), f"parts of {name} belong to {sorted(owners - set(sample.ids))}, which is no example"
    )
    ids = parts.table["id"].to_pylist()
    want(len(set(ids)) == len(ids), f"two parts of {name} have one id; number them within their example")


def a_pool_is_ranked_by_the_columns_that_it_names(name: str, labels: Sequence[str]) -> None:
    for n in (0, 1, 7):
        sample = sample_of(name, labels, n)
        task, raw = sample.task, sample.raw.numpy()
        if not isinstance(task, RanksPool):
            return
        near = np.stack([np.arange(n), np.arange(n)[::-1]], axis=1)
        found = {"uncertainties": task.unsure(raw, lambda near=near: near)}
        found["shortcomings"] = task.judged(raw, sample.targets)
        for what, columns in found.items():
            named = getattr(task, what)
            want(set(columns) == set(named), f"`{what}` of {name} names {list(named)}, and computes {list(columns)}")
            want(all(named.values()), f"a column in `{what}` of {name} has no meaning; write a few words for each")
            for column, values in columns.items():
                is_right = values.shape == (n,) and values.dtype == np.float32
                want(is_right, f"the column {column} of {name} is {values.dtype} {values.shape}; wanted float32 ({n},)")
        _want_among(f"`pool_policies` of task {name}", task.pool_policies, policy_names())


PROMISES = (
    it_says_what_it_is,
    importing_it_needs_no_torch,
    labels_become_numbers_and_a_missing_one_is_bad,
    written_values_are_read_back,
    a_model_s_output_becomes_n_rows_of_its_width,
    the_loss_is_a_field_with_n_first,
    errors_lie_between_0_and_1_and_every_way_gives_the_same,
    what_is_stored_has_a_row_for_each_example,
    metrics_are_named_and_there_are_none_without_examples,
    its_reasons_are_among_those_it_names,
    its_parts_belong_to_examples,
    a_pool_is_ranked_by_the_columns_that_it_names,
)


def _is_equal(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _want_among(what: str, found: object, there_are: object) -> None:
    odd = sorted(set(found) - set(there_are))  # type: ignore[call-overload]
    want(not odd, f"{what} names {', '.join(map(str, odd))}; there are: {', '.join(there_are)}")  # type: ignore[arg-type]
