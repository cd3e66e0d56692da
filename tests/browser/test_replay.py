"""The data map epoch by epoch: what is fetched, and which epoch a view shows."""

import pytest


def test_an_epoch_is_fetched_once_and_split_into_both_axes(run_js):
    found = run_js(
        "explorer/replay.js",
        """
          const asked = [];
          const replay = m.makeReplay(async (epoch) => {
            asked.push(epoch);
            return new Float32Array([1, 2, 3, epoch]).buffer;
          }, 2);
          await replay.load(5);
          await replay.load(5);
          return [asked, [...replay.places(5).x], [...replay.places(5).y], replay.places(6) ?? null];
        """,
    )
    assert found == [[5], [1, 2], [3, 5], None]


@pytest.mark.parametrize(
    ("mode", "epoch", "wanted"),
    [
        ("data", 3, 3),
        ("data", None, None),
        ("data", 8, None),
        ("data", 99, None),
        ("data", 0, None),
        ("scores", 3, None),
    ],
)
def test_only_the_data_map_is_replayed_and_the_last_epoch_is_the_whole_training(evaluate, mode, epoch, wanted):
    assert evaluate("explorer/replay.js", "m.epochOf(v.view, 8)", view={"mode": mode, "epoch": epoch}) == wanted


def test_few_epochs_of_very_many_rows_stay_in_memory(run_js):
    found = run_js(
        "explorer/replay.js",
        """
          const n = 3e6, replay = m.makeReplay(async () => new Float32Array(2).buffer, n);
          for (const epoch of [1, 2, 3]) await replay.load(epoch);
          return [1, 2, 3].map((epoch) => Boolean(replay.places(epoch)));
        """,
    )
    assert found == [False, True, True]


def test_an_epoch_that_is_on_its_way_is_fetched_once_and_one_that_failed_again(run_js):
    found = run_js(
        "explorer/replay.js",
        """
          let asked = 0;
          const replay = m.makeReplay(async () => {
            if (++asked === 1) throw new Error("away");
            return new Float32Array([1, 2]).buffer;
          }, 1);
          const failed = await replay.load(1).catch((error) => error.message);
          await Promise.all([replay.load(1), replay.load(1)]);
          return [failed, asked, [...replay.places(1).x]];
        """,
    )
    assert found == ["away", 2, [1]]
