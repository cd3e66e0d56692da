"""The small detector: its maps and peaks by hand, and trainings of a few scenes."""

import math

import numpy as np
import pytest
import torch

from demo_models.detector import Detector, train
from demo_models.detector.loss import cell_losses, generalised_iou, loss_of
from demo_models.detector.net import scaled_to
from demo_models.detector.peaks import box_maps, boxes_of_maps, peaks
from demo_models.detector.targets import stacked, target_maps
from demo_models.detector.training import BATCH, fit, plain_loss, prepared
from hem_core import mining
from hem_core.boxes.geometry import iou


def target(*boxes, crowd=()):
    """Boxes (left, top, right, bottom, label) as a training gets them; crowd: which of them are regions."""
    return {
        "boxes": torch.tensor([box[:4] for box in boxes], dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor([box[4] for box in boxes], dtype=torch.int64),
        "iscrowd": torch.tensor([int(at in crowd) for at in range(len(boxes))]),
        "image_id": 0,
    }


def test_a_cell_and_its_distances_make_a_box():
    sides = torch.zeros(4, 2, 3)
    sides[:, 1, 2] = torch.tensor([1.0, 2, 3, 4])
    boxes = boxes_of_maps(sides, 4)
    assert boxes[0].tolist() == [2, 2, 2, 2]
    assert boxes[5].tolist() == [9, 4, 13, 10]  # the centre of the cell is 10, 6
    assert box_maps(sides[None], 4)[0, :, 1, 2].tolist() == [9, 4, 13, 10]


def test_peaks_are_the_hottest_cells_without_doubles():
    heat = torch.zeros(2, 4, 4)
    heat[0, 0, 0], heat[0, 0, 1], heat[0, 0, 3], heat[1, 3, 3], heat[1, 0, 0] = 0.9, 0.5, 0.6, 0.8, 0.7
    boxes = torch.tensor([[0.0, 0, 10, 10]]).repeat(16, 1)
    boxes[15] = torch.tensor([20.0, 20, 30, 30])
    found = peaks(heat, boxes)
    assert found["labels"].tolist() == [0, 1]  # the .5 is no peak; the .6 and the .7 have the box of the .9
    assert found["scores"].tolist() == pytest.approx([0.9, 0.8])
    assert found["boxes"][1].tolist() == [20, 20, 30, 30]


def test_overlaps_of_boxes_that_a_reader_can_compute():
    one = torch.tensor([[0.0, 0, 10, 10]])
    other = torch.tensor([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10]])
    # apart by their own size: a hull of 300 of which 200 are covered
    assert generalised_iou(one.repeat(3, 1), other).tolist() == pytest.approx([1, 1 / 3, -1 / 3])


def test_the_maps_of_an_image_have_a_bell_at_each_object_and_none_in_a_region():
    maps = target_maps(target((4, 4, 20, 20, 2), (24, 0, 32, 8, 1), crowd=(1,)), (1.0, 1.0), 2, (8, 8), 4)
    assert maps.heat[1, 3, 3] == maps.heat.max() == 1
    assert maps.heat[0].sum() == 0  # the region is no object
    assert maps.counts[:2, 6:].tolist() == [[0, 0], [0, 0]]
    assert maps.counts.sum() == 60
    assert maps.weight.sum() == pytest.approx(1)
    assert maps.boxes[:, 3, 3].tolist() == [4, 4, 20, 20]
    assert (maps.of_object >= 0).tolist() == (maps.weight > 0).tolist()
    two = target_maps(target((4, 4, 20, 20, 2), (24, 20, 32, 30, 1)), (1.0, 1.0), 2, (8, 8), 4)
    assert (two.of_object[3, 3], two.of_object[6, 7], two.of_object[0, 0]) == (0, 1, -1)
    assert two.n_objects == 2


def test_the_right_maps_cost_nothing_and_an_image_of_weight_zero_neither():
    wanted = target_maps(target((4, 4, 20, 20, 1)), (1.0, 1.0), 1, (8, 8), 4)
    boxes = wanted.boxes[None].repeat(2, 1, 1, 1)
    sure = torch.where(wanted.heat == 1, 20.0, -20.0)[None].repeat(2, 1, 1, 1)
    assert loss_of(sure, boxes, stacked([wanted] * 2)) < 1e-3
    wrong = torch.cat([sure[:1], -sure[1:]])
    assert loss_of(wrong, boxes, stacked([wanted] * 2)) > 1
    assert loss_of(wrong, boxes, stacked([wanted] * 2), torch.tensor([1.0, 0.0])) < 1e-3


def test_the_losses_of_the_cells_of_an_object_sum_to_its_own():
    """Boxes moved right by half their width: IoU 1/3, and a hull that is covered."""
    wanted = stacked([target_maps(target((4, 4, 20, 20, 1)), (1.0, 1.0), 1, (8, 8), 4)])
    heat, boxes = torch.zeros(1, 1, 8, 8), wanted.boxes + torch.tensor([8.0, 0, 8, 0])[:, None, None]
    cls, loc = cell_losses(heat, boxes, wanted)
    assert loc[wanted.of_object == 0].sum() == pytest.approx(2 * 2 / 3)
    assert loc[wanted.of_object < 0].sum() == 0
    assert cls[0, 3, 3] == pytest.approx(0.25 * math.log(2))
    assert loss_of(heat, boxes, wanted) == pytest.approx(float(cls.sum() + loc.sum()))


def test_images_are_scaled_down_but_not_up_and_padded():
    image, scale = scaled_to(torch.zeros(3, 480, 640), 224)
    assert (image.shape, scale) == ((3, 176, 224), (0.35, 0.35))
    image, scale = scaled_to(torch.zeros(3, 40, 60), 224)
    assert (image.shape, scale) == ((3, 48, 64), (1, 1))
    assert image[0, 47, 63] == 0.5


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = Detector(4)
    torch.nn.init.zeros_(model.heat.bias)  # as sure as not of every cell, so that there are boxes
    return model.eval()


@torch.inference_mode()
def test_answers_are_torchvision_s_whatever_the_sizes_of_a_batch(model):
    images = [torch.rand(3, 40, 60), torch.rand(3, 300, 200), torch.rand(3, 40, 60)]
    found = model(images)
    assert [sorted(one) for one in found] == [["boxes", "labels", "scores"]] * 3
    alone = model(images[1:2])[0]
    for name, values in alone.items():
        torch.testing.assert_close(found[1][name], values)
    assert found[0]["labels"].min() >= 1
    assert found[0]["boxes"].min() >= 0
    assert found[0]["boxes"][:, 2].max() <= 60
    nothing = torch.zeros(0, 4)
    boxes = [torch.tensor([[0.0, 0, 60, 40], [10, 10, 20, 20]]), nothing, nothing]
    features = model.box_features(images, boxes)
    assert [tuple(one.shape) for one in features] == [(2, 64), (0, 64), (0, 64)]


class Squares:
    """Images with a bright square of 16 px each, at a place of its own."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        left, top = 4 * (index % 4), 8 * (index // 4)
        image = torch.full((3, 48, 48), 0.2)
        image[:, top : top + 16, left : left + 16] = 0.9
        return image, target((left, top, left + 16, top + 16, 1))


@pytest.mark.slow
def test_a_training_learns_its_squares_and_the_same_seed_gives_the_same_weights():
    state = torch.random.get_rng_state()
    seen = []
    model = train(Squares(), num_classes=2, epochs=25, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (300, 300)
    assert torch.equal(torch.random.get_rng_state(), state)
    found = model([Squares()[5][0]])[0]
    assert found["scores"][0] > 0.5
    assert iou(found["boxes"][:1].detach().numpy(), np.array([[4.0, 8, 20, 24]]))[0] > 0.6
    pair = [train(Squares(), num_classes=2, epochs=1, seed=1).state_dict() for _turn in range(2)]
    assert all(torch.equal(one, other) for one, other in zip(*(each.values() for each in pair), strict=True))


def test_the_orders_of_a_sampler_are_followed_for_as_many_steps_as_wanted():
    sampler = mining.HardnessSampler(mining.LossHistory(12), uniform_mix=1, seed=0)
    with torch.random.fork_rng(devices=[]):
        net = Detector(2)
        images, wanted = prepared(Squares(), net)
        seen = list(fit(net, images, wanted, iter(lambda: list(sampler), None), plain_loss, n_steps=3))
    assert sorted(map(len, seen[:2])) == [12 - BATCH, BATCH]
    assert sorted(at for batch in seen[:2] for at in batch) == list(range(12))
    assert len(seen) == 3


def test_a_training_killed_in_its_third_epoch_ends_with_the_same_weights(tmp_path):
    def kill(done, _total):
        if done > 24:
            raise KeyboardInterrupt

    seen, how = [], {"num_classes": 2, "epochs": 3, "seed": 1}
    whole = train(Squares(), **how)
    with pytest.raises(KeyboardInterrupt):
        train(Squares(), **how, progress=kill, checkpoint=tmp_path / "state")
    resumed = train(Squares(), **how, progress=lambda done, _total: seen.append(done), checkpoint=tmp_path / "state")
    assert seen == [32, 36]
    same = zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in same)


def test_images_without_objects_can_be_all_there_is():
    class Nothing(Squares):
        def __getitem__(self, index):
            return Squares()[index][0], target()

    assert len(train(Nothing(), num_classes=2, epochs=1)([Squares()[0][0]])) == 1
