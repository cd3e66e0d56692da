import importlib
import json
import sys

import pyarrow as pa
import pytest
import torch

import hem_core
from hem_core.errors import ModelError
from hem_core.models import factory, transformers_folder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "the", "a", "very"]


def tokenizer():
    transformers = importlib.import_module("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


@pytest.fixture
def bert(tmp_path):
    """A tiny BERT classifier with seeded, untrained weights in a folder."""
    tokens = tokenizer()
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=12,
        id2label={0: "neg", 1: "pos"},
        label2id={"neg": 0, "pos": 1},
        initializer_range=0.5,
    )
    folder = tmp_path / "bert"
    BertForSequenceClassification(config).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


def test_a_folder_gives_the_logits_of_its_model_whatever_stands_beside_a_text(bert):
    from transformers import BertForSequenceClassification

    model = factory.load(str(bert))
    assert (model.class_names, model.max_length, model.training) == (["neg", "pos"], 12, False)
    texts = ["good film", "the very bad bad film"]
    with torch.inference_mode():
        both = model(**model.preprocess(texts))["logits"]
        alone = torch.cat([model(**model.preprocess([text]))["logits"] for text in texts])
        plain = BertForSequenceClassification.from_pretrained(bert).eval()
        expected = plain(torch.tensor([[2, 4, 6, 3]])).logits
    torch.testing.assert_close(both, alone, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(both[:1], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
def test_texts_are_scored_by_a_folder_in_any_batch(tmp_path, bert):
    texts = [" ".join(WORDS[4 + (index + step) % 6] for step in range(1 + index % 7)) for index in range(20)]
    data = pa.table({"text": texts, "label": ["pos", "neg"] * 10})
    run = hem_core.score(str(bert), data, out=tmp_path / "run", has_map=False)
    alone = hem_core.score(str(bert), data, out=tmp_path / "alone", has_map=False, batch_size=1)
    assert run.classes == ("neg", "pos")
    assert run.embeddings().shape == (20, 16)
    assert run.info["model"]["layer"] == "network.classifier"
    assert run.table()["loss"].tolist() == pytest.approx(alone.table()["loss"].tolist(), abs=1e-5)


def test_loading_a_folder_says_nothing(bert, capfd):
    capfd.readouterr()
    factory.load(str(bert))
    assert capfd.readouterr() == ("", "")


def test_a_long_text_is_cut_where_the_model_ends(bert):
    model = factory.load(str(bert))
    assert model.preprocess(["good " * 50])["input_ids"].shape == (1, 12)


def test_the_tokenizer_is_part_of_what_the_model_is(bert):
    one, other = factory.load(str(bert)), factory.load(str(bert))
    assert one.identity() == other.identity()
    other._tokenizer.add_tokens(["splendid"])
    assert one.identity() != other.identity()


def test_a_decoder_gives_the_features_of_the_last_token(tmp_path):
    tokens = tokenizer()
    from transformers import LlamaConfig, LlamaForSequenceClassification

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=3,
        pad_token_id=0,
    )
    made = LlamaForSequenceClassification(config)
    made.save_pretrained(tmp_path / "llama")
    tokens.save_pretrained(tmp_path / "llama")
    model = factory.load(str(tmp_path / "llama"))
    assert model.class_names is None
    with torch.inference_mode():
        found = model(**model.preprocess(["good film", "the very bad bad film"]))
        torch.testing.assert_close(model.network.score(found["embeddings"]), found["logits"])


def test_a_folder_without_a_model_and_weights_beside_one_are_refused(tmp_path, bert):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"has no config\.json"):
        factory.load(str(tmp_path / "empty"))
    with pytest.raises(ModelError, match="is a folder with weights of its own"):
        factory.load(str(bert), tmp_path / "w.safetensors")


def test_pickled_weights_and_no_weights_are_refused(bert):
    (bert / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no weights in .*; expected model.safetensors"):
        factory.load(str(bert))
    (bert / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match=r"are a pickle, which can run code, .*save_pretrained\(OTHER\)"):
        factory.load(str(bert))


def test_an_encoder_without_a_trained_head_is_refused(bert):
    from transformers import BertModel

    BertModel.from_pretrained(bert).save_pretrained(bert)
    with pytest.raises(ModelError, match=r"is not a trained classifier: weights of classifier.bias, classifier.weight"):
        factory.load(str(bert))


def test_a_model_that_only_its_own_code_can_build_is_refused(bert):
    text = (bert / "config.json").read_text().replace('"model_type": "bert"', '"model_type": "unheard_of"')
    (bert / "config.json").write_text(text)
    with pytest.raises(ModelError, match="cannot load"):
        factory.load(str(bert))


def test_without_transformers_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match=r"needs transformers: pip install 'hem\[text\]'"):
        transformers_folder.load(tmp_path)


def test_a_folder_without_its_tokenizer_is_refused(bert):
    for path in bert.iterdir():
        if "token" in path.name or "vocab" in path.name:
            path.unlink()
    with pytest.raises(ModelError, match=r"no tokenizer in .*, so that every word would be unknown; copy its files"):
        factory.load(str(bert))


def test_a_tokenizer_of_another_model_is_refused(bert):
    other = tokenizer()
    other.add_tokens([f"word{number}" for number in range(20)])
    other.save_pretrained(bert)
    with pytest.raises(ModelError, match=r"numbers words up to 29, and the model has 10: it belongs to another"):
        factory.load(str(bert))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"architectures": ["BertForTokenClassification"]}, "classifies tokens"),
        ({"architectures": ["ViTForImageClassification"]}, "classifies pictures; .* --model package.module:function"),
        ({"problem_type": "multi_label_classification"}, "gives several labels to one example"),
        ({"problem_type": "regression"}, "predicts numbers"),
    ],
)
def test_a_folder_of_another_kind_of_model_is_refused_by_what_it_does(bert, change, words):
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(ModelError, match=words):
        factory.load(str(bert))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_damaged_file_of_a_folder_is_an_error_in_one_line(bert, name):
    (bert / name).write_bytes((bert / name).read_bytes()[:20])
    with pytest.raises(ModelError, match=r"cannot load '.*': "):
        transformers_folder.load(bert)
