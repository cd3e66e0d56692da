"""Words for pictures: a tiny CLIP with random weights embeds pictures and words; torch alone says what is near."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import hem_core
from hem_core.cli._json import with_json
from hem_core.cli.near import near as command
from hem_core.engine.network import choose_device
from hem_core.errors import DataError, ModelError, RunError
from hem_core.models.text_image_folder import load
from hem_core.store import words_near
from hem_core.store.atomic import write_json
from hem_core.store.run import open_run

transformers = pytest.importorskip("transformers")
N = 12


@pytest.fixture(scope="module")
def clip(tiny_clip):
    return tiny_clip


class Brightness(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(3, 2)

    def forward(self, pictures):
        return self.head(pictures.mean(dim=(2, 3)))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """12 pictures of two classes as files; what stands in each is seeded noise over a colour."""
    folder, draw = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for at in range(N):
        kind = folder / "images" / ("dark" if at % 2 else "light")
        kind.mkdir(parents=True, exist_ok=True)
        pixels = (draw.random((20, 20, 3)) * 120 + draw.random(3) * 135).astype(np.uint8)
        Image.fromarray(pixels).save(kind / f"{at:02d}.png")
    return folder


@pytest.fixture(scope="module")
def run(photos, clip):
    torch.manual_seed(1)
    options = {"embedding": clip, "has_map": False, "has_probes": False, "oos": "none", "k": 3}
    return hem_core.score(Brightness(), photos / "images", out=photos / "runs" / "words", **options)


@pytest.fixture(autouse=True, scope="module")
def no_process_stays():
    yield
    words_near.end()


def by_torch(clip, run, words):
    """Ids and cosine distances, the nearest first, by the model of the folder and nothing of HEM's."""
    model = transformers.CLIPModel.from_pretrained(clip).eval()
    processor = transformers.CLIPImageProcessorPil.from_pretrained(clip)
    tokens = transformers.AutoTokenizer.from_pretrained(clip)([words], return_tensors="pt")
    table = run.examples.table(["id", "image"])
    files = [Image.open(f"{run.info['data']['root']}/{path}") for path in table["image"]]
    with torch.inference_mode():
        seen = model(pixel_values=processor(images=files, return_tensors="pt")["pixel_values"], **tokens)
    cosine = torch.nn.functional.cosine_similarity(seen.image_embeds, seen.text_embeds)
    order = cosine.argsort(descending=True)
    return [table["id"].iloc[int(row)] for row in order], (1 - cosine[order]).tolist()


@pytest.mark.slow
def test_words_rank_the_pictures_as_the_model_itself_does(run, clip, capsys):
    for words in ("a red disc", "photo blue"):
        ids, distances = by_torch(clip, run, words)
        rows, found = run.examples.near({"words": words, "k": N})
        assert run.examples.at(rows, ["id"])["id"].tolist() == ids
        np.testing.assert_allclose(found, distances, atol=2e-3)  # stored in 16 bits
        clause = {"near": {"words": words, "k": 4}}
        assert set(run.examples.query({"all": [clause]}, columns=["id"])["id"]) == set(ids[:4])
    with_json(command)(run.folder, words="photo blue", k=3, as_json=True)
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ids[:3]
    command(run.folder, id=ids[0], k=2)
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0].split("\t") == ["0.0000", ids[0], *printed.out.splitlines()[0].split("\t")[2:]]
    assert f"nearest to {ids[0]}" in printed.err


@pytest.mark.slow
def test_the_run_names_the_model_and_another_model_makes_another_run(run, clip, tmp_path):
    assert run.info["embedding"] == {"folder": str(clip.resolve()), "identity": load(clip).identity}
    assert run.info["neighbours"]["k"] == 3
    assert run.examples.embeddings().shape == (N, 8)
    moved = tmp_path / "run"
    shutil.copytree(run.folder, moved)
    write_json(moved / "run.json", {**run.info, "embedding": {**run.info["embedding"], "identity": "other"}})
    with pytest.raises(RunError, match="is not the one that this run's pictures were embedded by"):
        open_run(moved).examples.near({"words": "red", "k": 1})
    write_json(moved / "run.json", {**run.info, "embedding": {"folder": str(tmp_path / "gone"), "identity": "x"}})
    with pytest.raises(RunError, match="no longer in"):
        open_run(moved).examples.near({"words": "red", "k": 1})
    write_json(moved / "run.json", {name: value for name, value in run.info.items() if name != "embedding"})
    with pytest.raises(RunError, match="score it again with --embedding FOLDER"):
        open_run(moved).examples.near({"words": "red", "k": 1})


@pytest.mark.slow
def test_grey_and_mixed_pictures_are_seen_too_and_a_batch_changes_nothing(clip):
    model, draw = load(clip), torch.Generator().manual_seed(0)
    grey = torch.randint(0, 255, (3, 20, 20, 1), generator=draw, dtype=torch.uint8)
    both = model.of_pictures(grey)
    assert both.shape == (3, 8)
    torch.testing.assert_close(both.norm(dim=1), torch.ones(3))
    alone = torch.cat([model.of_pictures([one.expand(20, 20, 3)]) for one in grey])
    torch.testing.assert_close(both, alone, atol=1e-5, rtol=1e-5)
    with pytest.raises(ModelError, match="these have 5"):
        model.of_pictures(torch.zeros(1, 8, 8, 5))
    long = " ".join(["red"] * 30)
    assert model.of_words([long, "red"]).shape == (2, 8)


def test_a_picture_1_or_3_px_high_has_its_channels_last(clip):
    """A strip of one colour looks like any other picture of it, and unlike one of another colour."""
    red = torch.tensor([255, 0, 0], dtype=torch.uint8)
    whole, *strips = load(clip).of_pictures([red.expand(*size, 3) for size in ((20, 20), (1, 20), (3, 20), (3, 3))])
    for strip in strips:
        torch.testing.assert_close(strip, whole, atol=1e-4, rtol=1e-4)
    assert torch.dot(whole, load(clip).of_pictures([red.flip(0).expand(20, 20, 3)])[0]) < 0.999


def train(dataset, *, seed):
    """Nothing is learned: what counts is who embeds the pictures."""
    torch.manual_seed(seed)
    return Brightness()


@pytest.mark.slow
def test_each_picture_is_embedded_once_though_folds_are_trained(photos, clip, tmp_path):
    seen = []
    tower = load(clip, choose_device(None)).network.vision_model
    counting = tower.register_forward_hook(lambda _tower, _given, found: seen.append(len(found.pooler_output)))
    try:
        options = {"has_map": False, "has_probes": False, "oos": 2, "k": 3, "repeats": 2}
        run = hem_core.score(None, photos / "images", train=train, out=tmp_path / "r", embedding=clip, **options)
    finally:
        counting.remove()
    assert run.examples.embeddings().shape == (N, 8)
    assert sum(seen) == N


@pytest.mark.slow
def test_what_is_no_text_image_model_is_refused(clip, tmp_path, photos):
    def refused(match, **options):
        with pytest.raises(ModelError, match=match):
            hem_core.score(Brightness(), photos / "images", out=tmp_path / "run", has_map=False, **options)

    refused("has no config.json", embedding=tmp_path)
    write_json(tmp_path / "config.json", {"model_type": "bert"})
    refused("a model of type 'bert', which does not pair texts with pictures", embedding=tmp_path)
    shutil.copy(clip / "config.json", tmp_path / "config.json")
    refused("a pickle is not loaded", embedding=tmp_path)
    refused("--embedding and --layer both say", embedding=clip, layer="head")
    table = {"label": ["a", "b"], "probs": [[0.5, 0.5]] * 2}
    with pytest.raises(ModelError, match="--embedding embeds pictures"):
        hem_core.score(None, table, out=tmp_path / "run", classes=["a", "b"], embedding=clip, has_map=False)


def test_a_clause_has_words_or_an_id():
    from hem_core.store import rules

    assert rules.describe({"all": [{"near": {"words": "a red disc", "k": 5}}]}) == "the 5 nearest to “a red disc”"
    for wrong in ({"words": " ", "k": 1}, {"words": "x" * 501, "k": 1}, {"words": "x", "k": 0}):
        with pytest.raises(DataError, match="near names"):
            rules.validate({"all": [{"near": wrong}]}, {})
    with pytest.raises(DataError, match="no clause has the form"):
        rules.validate({"all": [{"near": {"words": "x", "k": 1, "other": True}}]}, {})
    with pytest.raises(DataError, match="name one of --id and --words"):
        command("run", id="a", words="b")


@pytest.mark.slow
def test_the_page_selects_by_words_in_their_order(run, clip, monkeypatch):
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from app import loaders, rule_fitting
    from app.wire import explorer_data, routes
    from app.wire.identity import identity

    monkeypatch.setenv("HEM_WORKSPACE", str(run.folder.parents[1]))
    headers = {"X-HEM-Token": routes.token("a-session")}
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=headers)
    level, clause = loaders.level("words"), {"words": "a red disc", "k": 5}
    about = {**identity(level), "fingerprint": level.fingerprint}
    read = client.post("/hem/near", json={**about, "near": clause}).json()
    ids, _distances = by_torch(clip, run, "a red disc")
    assert level.at(np.array(read["rows"]), ["id"])["id"].tolist() == ids[:5]
    mask = np.frombuffer(client.post("/hem/mask", json={**about, "rule": {"all": [{"near": clause}]}}).content, "u1")
    assert np.flatnonzero(mask).tolist() == sorted(read["rows"])
    assert explorer_data._near(level)["words"] is True
    assert rule_fitting.fitted(level, {"all": [{"near": clause}]}).rule == {"all": [{"near": clause}]}
