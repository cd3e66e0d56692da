"""A recording is joined by id; what the ids stand for is compared, and a recording of other examples is refused."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch

from hem_core.dynamics.match import match, match_contents
from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.table import Dynamics, write
from hem_core.errors import DataError

N, CLASSES = 200, ["cat", "cow", "dog", "owl"]
CHANCE = np.random.default_rng(0)
TARGETS = CHANCE.integers(0, 4, N).tolist()
NAMES = [f"img/{row:03d}.png" for row in range(N)]
POSITIONS = [str(row) for row in range(N)]


def recorded(ids, targets, hashes=None):
    values = np.zeros((len(ids), 1), np.float32)
    return Dynamics(list(ids), values, values, values, targets, hashes)


def matched(recording, ids=NAMES, targets=TARGETS, classes=CLASSES):
    return match(recording, ids, targets, classes, source="rec")


@pytest.mark.parametrize("ids", [NAMES, POSITIONS])
def test_the_same_data_match_and_it_is_said(ids):
    found = matched(recorded(ids, TARGETS), ids)
    assert (found.n_matched, found.n_compared, found.n_agreeing) == (N, N, N)
    end = " (the ids are positions)." if ids is POSITIONS else "."
    assert found.note == "Training dynamics: matched 200 of 200 ids; the recorded labels are those of the data" + end


@pytest.mark.parametrize("ids", [NAMES, POSITIONS])
@pytest.mark.parametrize("order", ["random", "reversed", "half"])
def test_rows_reordered_after_the_training_are_refused(ids, order):
    rows = {"random": CHANCE.permutation(N), "reversed": np.arange(N)[::-1]}.get(order, np.arange(N).copy())
    if order == "half":
        rows[: N // 2] = CHANCE.permutation(N // 2)
    moved = [TARGETS[row] for row in rows.tolist()]
    with pytest.raises(
        DataError, match=r"'rec' has labels that differ from the data for \d+ of 200 matched ids, such as id"
    ) as e:
        matched(recorded(ids, TARGETS), ids, moved)
    first = next(row for row in range(N) if TARGETS[row] != moved[row])
    assert f"id '{ids[first]}': {TARGETS[first]} then, {moved[first]} ('{CLASSES[moved[first]]}') now" in str(e.value)
    assert str(e.value).endswith("or omit --dynamics")


def test_a_common_class_does_not_hide_that_rows_were_reordered():
    """95% of one class: reordered rows agree by chance in nine of ten."""
    targets = [int(row % 20 == 0) for row in range(1000)]
    moved = [int(row % 20 == 7) for row in range(1000)]
    with pytest.raises(DataError, match="100 of 1,000 matched ids"):
        matched(recorded(range_ids(1000), targets), range_ids(1000), moved, ["no", "yes"])


def range_ids(n):
    return [f"row {row}" for row in range(n)]


@pytest.mark.parametrize(("ids", "share"), [(NAMES, 0.03), (NAMES, 0.15), (POSITIONS, 0.03), (POSITIONS, 0.08)])
def test_a_few_corrected_labels_are_told_and_not_refused(ids, share):
    corrected = [(label + 1) % 4 if row < share * N else label for row, label in enumerate(TARGETS)]
    note = matched(recorded(ids, TARGETS), ids, corrected).note
    assert f"{round(share * N)} of 200 recorded labels differ, as where labels were corrected" in note


@pytest.mark.parametrize(("ids", "share"), [(NAMES, 0.3), (POSITIONS, 0.15)])
def test_positions_are_held_to_more_than_names(ids, share):
    changed = [(label + 1) % 4 if row < share * N else label for row, label in enumerate(TARGETS)]
    with pytest.raises(DataError, match="labels that differ from the data"):
        matched(recorded(ids, TARGETS), ids, changed)


def test_a_row_removed_since_is_refused_where_ids_are_positions():
    """Sorted by class, the shifted rows have the same labels but for three."""
    targets = sorted(TARGETS)
    with pytest.raises(
        DataError, match=r"positions up to 199 but the data end at 198: rows were removed since the train"
    ):
        matched(recorded(POSITIONS, targets), POSITIONS[:-1], targets[1:])


@pytest.mark.parametrize("shape", ["{}", "{:05d}"])
def test_numbers_from_one_and_with_zeros_are_positions_too(shape):
    ids = [shape.format(row + 1) for row in range(N)]
    assert matched(recorded(ids, TARGETS), ids).are_positions
    with pytest.raises(DataError, match=r"positions up to 200 but the data end at 199"):
        matched(recorded(ids, sorted(TARGETS)), ids[:-1], sorted(TARGETS)[1:])
    assert not matched(recorded(ids[::-1], TARGETS[::-1]), ids[::-1], TARGETS[::-1]).are_positions


def test_ids_of_another_naming_are_refused_with_both():
    with pytest.raises(DataError) as raised:
        matched(recorded(POSITIONS, TARGETS))
    assert (
        "matches none of 200 ids (the data have 'img/000.png', 'img/001.png', …; the recording has '0', '1', …)"
        in str(raised.value)
    )
    few = NAMES[:40] + [f"other {row}" for row in range(160)]
    with pytest.raises(DataError, match="matches 40 of 200 ids"):
        matched(recorded(few, TARGETS))


def test_half_a_recording_is_told():
    note = matched(recorded(NAMES[:100], TARGETS[:100])).note
    assert note.startswith("Training dynamics: matched 100 of 200 ids, so 100 examples have none; ")


@pytest.mark.parametrize("targets", [None, [None] * N])
def test_without_targets_it_is_said_to_be_unverified(targets):
    note = matched(recorded(NAMES, targets)).note
    assert note.startswith(
        "Training dynamics: matched 200 of 200 ids; unverified, since the recording holds no targets"
    )


def test_labels_as_names_and_indices_as_text_are_compared_too():
    assert matched(recorded(NAMES, [CLASSES[label] for label in TARGETS])).n_agreeing == N
    assert matched(recorded(NAMES, [str(label) for label in TARGETS])).n_agreeing == N
    digits = ["1", "2", "3", "0"]  # names that look like indices of other classes
    assert matched(recorded(NAMES, [digits[label] for label in TARGETS]), classes=digits).n_agreeing == N
    with pytest.raises(DataError, match=r"'img/000.png': 'dog' then"):
        matched(recorded(NAMES, ["dog"] * N), targets=[0] * N)


def test_classes_in_another_order_are_named_as_the_cause():
    order = [2, 0, 3, 1]
    with pytest.raises(
        DataError, match="classes are the same in another order: name them with --classes in the order of"
    ):
        matched(recorded(NAMES, [order[label] for label in TARGETS]))


def test_an_example_without_a_label_is_not_compared():
    assert matched(recorded(NAMES, TARGETS), targets=[-1, *TARGETS[1:]]).n_compared == N - 1


def test_other_contents_are_refused():
    hashes = [f"{row:x}" for row in range(N)]
    recording = recorded(NAMES, TARGETS, hashes)
    match_contents(recording, NAMES, hashes, source="rec")
    match_contents(recording, NAMES, [None] * 150 + hashes[150:], source="rec")
    with pytest.raises(
        DataError, match=r"199 of 200 examples have different content from when 'rec' was recorded, such as"
    ):
        match_contents(recording, NAMES, [hashes[0], *hashes[:-1]], source="rec")


def trained(folder, ids, targets, epochs=2, **options):
    recorder = Recorder(folder)
    for epoch in range(epochs):
        with recorder.epoch(epoch):
            for rows in torch.randperm(len(ids), generator=torch.Generator().manual_seed(epoch)).split(16):
                picked = [ids[row] for row in rows.tolist()]
                own = {name: [values[row] for row in rows.tolist()] for name, values in options.items()}
                recorder.log(picked, torch.zeros(len(rows), 4), torch.tensor(targets)[rows], **own)
    return read(folder)


def test_a_recorder_keeps_the_target_and_the_content_of_each_id(tmp_path):
    hashes = [f"{row:x}" for row in range(N)]
    found = trained(tmp_path / "rec", NAMES, TARGETS, hashes=hashes).align(NAMES)
    assert found.targets == TARGETS
    assert found.hashes == hashes
    again = read(write(found, tmp_path / "dynamics.parquet"))
    assert (again.targets, again.hashes) == (TARGETS, hashes)
    recorder = Recorder(tmp_path / "rec")
    with pytest.raises(DataError, match="a batch has 1 hashes and 2 rows of logits"):
        recorder.log(["a", "b"], torch.zeros(2, 3), torch.tensor([0, 1]), hashes=["x"])


def test_an_older_recording_is_read_without_targets(tmp_path):
    import pyarrow.parquet as pq

    trained(tmp_path, NAMES, TARGETS)
    for path in tmp_path.glob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["target"]), path)
    assert read(tmp_path).targets is None


def test_ids_that_are_places_in_a_batch_are_refused(tmp_path):
    recorder = Recorder(tmp_path)
    for epoch in range(2):
        with recorder.epoch(epoch):
            order = torch.randperm(N, generator=torch.Generator().manual_seed(epoch))
            for rows in order.split(16):
                recorder.log(range(len(rows)), torch.zeros(len(rows), 4), torch.tensor(TARGETS)[rows])
    with pytest.raises(
        DataError, match=r"\d+ of 16 ids were recorded with more than one target, such as id '\d+' with"
    ):
        read(tmp_path)


def test_a_label_corrected_during_the_training_holds_from_then_on(tmp_path):
    recorder = Recorder(tmp_path)
    for epoch in range(2):
        with recorder.epoch(epoch):
            recorder.log(NAMES, torch.zeros(N, 4), torch.tensor([3 if epoch else 0, *TARGETS[1:]]))
    assert read(tmp_path).align(NAMES).targets[:2] == [3, TARGETS[1]]


def test_golds_of_dataset_cartography_are_compared(tmp_path):
    lines = [
        json.dumps({"guid": id, "logits_epoch_0": [0.0] * 4, "gold": y}) for id, y in zip(NAMES, TARGETS, strict=True)
    ]
    (tmp_path / "dynamics_epoch_0.jsonl").write_text("\n".join(lines))
    assert matched(read(tmp_path)).n_agreeing == N
    with pytest.raises(DataError, match="labels that differ from the data"):
        matched(read(tmp_path), targets=TARGETS[::-1])


@pytest.mark.parametrize("form", ["long", "long with logits", "wide", "lists"])
@pytest.mark.parametrize("are_names", [False, True])
def test_labels_in_every_form_of_parquet_are_compared(tmp_path, form, are_names):
    labels = [CLASSES[label] for label in TARGETS] if are_names and form != "long with logits" else TARGETS
    columns = {
        "long": {"epoch": [0] * N, "margin": [0.5] * N, "label" if are_names else "target": labels},
        "long with logits": {"epoch": [0] * N, "logits": [[0.0] * 4] * N, "target": labels},
        "wide": {"margin_0": [0.5] * N, "target": labels},
        "lists": {"margin": [[0.5, 0.1]] * N, "label": labels},
    }[form]
    pd.DataFrame({"id": NAMES, **columns}).to_parquet(tmp_path / "log.parquet")
    found = read(tmp_path / "log.parquet")
    assert matched(found).n_agreeing == N
    with pytest.raises(DataError, match=re.escape("labels that differ from the data")):
        matched(found, targets=TARGETS[::-1])


@pytest.mark.parametrize(
    ("now", "way"),
    [
        ([0, *[0] * 100, *[1] * 100, *[2] * 99], "down by 1"),
        ([*[0] * 99, *[1] * 100, *[2] * 101], "up by 1"),
        ([*[0] * 100, 1, 1, 1, *[1] * 100, *[2] * 97], "down by 3"),
        ([*[0] * 100, *[1] * 95, *[2] * 105], "up by 5"),
    ],
)
def test_moved_rows_are_found_also_where_the_data_are_sorted_by_class(now, way):
    """Only where a class ends does a label differ: one to ten rows of three hundred."""
    ids, before = [str(row) for row in range(300)], [0] * 100 + [1] * 100 + [2] * 100
    with pytest.raises(DataError, match=f"fits where the rows are moved {way} from about row"):
        matched(recorded(ids, before), ids, now, ["a", "b", "c"])


def test_corrections_in_sorted_data_are_not_taken_for_moved_rows():
    ids, before = [str(row) for row in range(300)], [0] * 100 + [1] * 100 + [2] * 100
    now = list(before)
    for row in (3, 50, 70, 120, 180, 220, 290):
        now[row] = (now[row] + 1) % 3
    found = matched(recorded(ids, before), ids, now, ["a", "b", "c"])
    assert "7 of 300 recorded labels differ" in found.note


def test_data_without_labels_are_said_to_be_the_reason_that_nothing_was_compared():
    note = matched(recorded(NAMES, TARGETS), NAMES, [-1] * len(NAMES)).note
    assert "unverified, since the data have no labels to compare with the recorded ones" in note
