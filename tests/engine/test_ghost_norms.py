"""The exact gradient length of every example, beside gradients that are really formed."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap

from hem_core.engine.ghost_norms import ghost_norms, gradient_norms
from hem_core.engine.network import place
from hem_core.errors import ModelError
from hem_core.tasks._logits import logits_of

K = 5


def seeded(make, seed=0):
    torch.manual_seed(seed)
    model = make().eval()
    for module in model.modules():  # statistics and factors as after a training, not all 0 and 1
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm | nn.GroupNorm):
            module.weight.data.uniform_(0.5, 1.5)
    return model


def loss_of(model, weights, example, target):
    return F.cross_entropy(logits_of(functional_call(model, weights, (example[None],))), target[None])


def by_vmap(model, inputs, targets):
    weights = dict(model.named_parameters())
    found = vmap(grad(lambda w, x, y: loss_of(model, w, x, y)), in_dims=(None, 0, 0))(weights, inputs, targets)
    return sum(each.flatten(1).double().square().sum(dim=1) for each in found.values()).sqrt().float()


def by_loop(model, inputs, targets):
    lengths = []
    counted = [weight for weight in model.parameters() if weight.requires_grad]
    for row in range(len(targets)):
        loss = F.cross_entropy(logits_of(model(inputs[row : row + 1])), targets[row : row + 1])
        found = torch.autograd.grad(loss, counted, allow_unused=True)
        lengths.append(torch.cat([each.flatten() for each in found if each is not None]).norm())
    return torch.stack(lengths)


def close(found, wanted):
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-7)


def mlp():
    return nn.Sequential(nn.Linear(6, 9), nn.ReLU(inplace=True), nn.Linear(9, K))


def conv_net():
    return nn.Sequential(
        *(nn.Conv2d(2, 8, 3, padding=1, groups=2), nn.BatchNorm2d(8), nn.ReLU(inplace=True)),
        *(nn.Conv2d(8, 8, 3, stride=2, dilation=2, padding=(1, 2), bias=False), nn.GroupNorm(2, 8), nn.ReLU()),
        *(nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 6, (1, 3), padding="same", padding_mode="circular")),
        *(nn.Conv2d(6, 16, 1, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, K)),
    )


def signal_net():
    return nn.Sequential(
        *(nn.Conv1d(2, 8, 4, padding="same", groups=2), nn.InstanceNorm1d(8, affine=True), nn.GELU()),
        *(nn.Conv1d(8, 4, 3, stride=2), nn.BatchNorm1d(4), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, K)),
    )


class Text(nn.Module):
    """Tokens and positions, attention of linear layers as BERT has it, mean over tokens."""

    def __init__(self, n_tokens=12):
        super().__init__()
        self.tokens, self.places = nn.Embedding(20, 16, padding_idx=0), nn.Embedding(n_tokens, 16)
        self.first, self.second = nn.LayerNorm(16), nn.RMSNorm(16)
        self.query, self.key, self.value, self.out = (nn.Linear(16, 16) for _ in range(4))
        self.head = nn.Linear(16, K)

    def forward(self, tokens):
        hidden = self.first(self.tokens(tokens) + self.places(torch.arange(tokens.shape[1])[None]))
        query, key, value = (
            each(hidden).unflatten(2, (4, 4)).transpose(1, 2) for each in (self.query, self.key, self.value)
        )
        weights = (query @ key.transpose(2, 3) / 2).softmax(dim=3)
        return self.head(self.second(hidden + self.out((weights @ value).transpose(1, 2).flatten(2))).mean(dim=1))


class Encoder(nn.Module):
    """torch's own encoder layers, and cross-attention from the first three tokens."""

    def __init__(self, *, batch_first=True, has_weights=False):
        super().__init__()
        self.tokens, self.places = nn.Embedding(20, 16), nn.Embedding(12, 16)
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=batch_first)
        self.cross = nn.MultiheadAttention(16, 2, kdim=16, vdim=16, batch_first=True)
        self.head, self.batch_first, self.has_weights = nn.Linear(16, K), batch_first, has_weights

    def forward(self, tokens):
        hidden = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        if self.batch_first:
            hidden = self.layer(hidden, src_key_padding_mask=tokens == 0)
        else:
            hidden = self.layer(hidden.transpose(0, 1)).transpose(0, 1)
        causal = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])[:3]
        mixed, _w = self.cross(hidden[:, :3], hidden, hidden, attn_mask=causal, need_weights=self.has_weights)
        return self.head(mixed.mean(dim=1))


class Shared(nn.Module):
    """One convolution and one normalisation used three times, with a residual sum made in place."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(4, K)
        self.unused = nn.Linear(3, 3)

    def forward(self, pictures):
        for _ in range(3):
            out = self.norm(self.conv(pictures))
            out += pictures
            pictures = F.relu_(out)
        return self.head(pictures.mean(dim=(2, 3)))


class Tied(nn.Module):
    """An embedding whose table is also the head's weight."""

    def __init__(self):
        super().__init__()
        self.tokens, self.head = nn.Embedding(K, 6), nn.Linear(6, K)
        self.head.weight = self.tokens.weight

    def forward(self, tokens):
        return self.head(self.tokens(tokens).tanh().mean(dim=1))


def words(n, n_tokens=12, n_words=20):
    tokens = torch.randint(0, n_words, (n, n_tokens), generator=torch.Generator().manual_seed(1))
    tokens[:, 0] = 3 % n_words  # not all of them padding
    return tokens


def rows(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def labels(n, n_classes=K):
    return torch.randint(0, n_classes, (n,), generator=torch.Generator().manual_seed(2))


CASES = {
    "mlp": (mlp, rows(7, 6)),
    "conv net": (conv_net, rows(7, 2, 11, 11)),
    "one-dimensional conv net": (signal_net, rows(7, 2, 11)),
    "text encoder": (Text, words(7)),
    "as many texts as tokens": (Text, words(12)),
    "two tokens": (Text, words(7, n_tokens=2)),
    "encoder layer": (Encoder, words(7)),
    "encoder layer, tokens first": (lambda: Encoder(batch_first=False), words(12)),
    "attention that gives its weights": (lambda: Encoder(has_weights=True), words(7)),
    "linear over tokens": (lambda: nn.Sequential(nn.Linear(6, 40), nn.Flatten(), nn.Linear(40 * 3, K)), rows(7, 3, 6)),
    "shared layers": (Shared, rows(7, 4, 6, 6)),
    "tied table": (Tied, words(7, n_words=K)),
    "one example": (conv_net, rows(1, 2, 11, 11)),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_length_of_the_gradient_that_a_loop_forms(case):
    make, inputs = CASES[case]
    model, targets = seeded(make), labels(len(inputs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(ghost_norms(model, inputs, targets), by_loop(model, inputs, targets))


@pytest.mark.parametrize("case", ["mlp", "conv net", "text encoder", "shared layers"])
def test_it_is_what_vmap_of_grad_gives(case):
    make, inputs = CASES[case]
    model, targets = seeded(make), labels(len(inputs))
    close(ghost_norms(model, inputs, targets), by_vmap(model, inputs, targets))


def test_a_hand_computed_row():
    """Even odds for two classes: the error is (-.5, .5), the input (3, 4) with the bias' 1: .7071 * sqrt 26."""
    model = nn.Linear(2, 2).eval()
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    close(ghost_norms(model, torch.tensor([[3.0, 4.0]]), torch.tensor([0])), torch.tensor([13.0**0.5]))


def test_a_binary_model_of_one_logit():
    model, inputs = seeded(lambda: nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 1))), rows(7, 6)
    close(ghost_norms(model, inputs, labels(7, 2)), by_loop(model, inputs, labels(7, 2)))


@pytest.mark.parametrize("case", ["conv net", "text encoder"])
def test_it_does_not_depend_on_the_batch(case):
    make, inputs = CASES[case]
    model, targets = seeded(make), labels(len(inputs))
    whole = ghost_norms(model, inputs, targets)
    alone = torch.cat([ghost_norms(model, inputs[i : i + 1], targets[i : i + 1]) for i in range(len(inputs))])
    close(alone, whole)
    close(ghost_norms(model, inputs.flip(0), targets.flip(0)), whole.flip(0))


def test_only_what_is_trained_counts_unless_nothing_is():
    model, inputs, targets = seeded(conv_net), rows(7, 2, 11, 11), labels(7)
    whole = ghost_norms(model, inputs, targets)
    model[0].requires_grad_(False)
    model[3].weight.requires_grad_(False)
    part = ghost_norms(model, inputs, targets)
    close(part, by_loop(model, inputs, targets))
    assert (part < whole).all()
    model.requires_grad_(False)
    close(ghost_norms(model, inputs, targets), whole)
    assert not any(weight.requires_grad for weight in model.parameters())


def test_the_model_is_left_as_it_was():
    model, inputs = seeded(conv_net), rows(7, 2, 11, 11)
    model[0].weight.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ghost_norms(model, inputs, labels(7))
    assert all(weight.grad is None for weight in model.parameters())
    assert [weight.requires_grad for weight in model.parameters()].count(False) == 1
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_mapping_of_inputs_goes_in_by_keywords():
    class Keywords(Text):
        def forward(self, input_ids, attention_mask):
            return {"logits": super().forward(input_ids * attention_mask)}

    model, tokens = seeded(Keywords), words(7)
    found = ghost_norms(model, {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}, labels(7))
    close(found, ghost_norms(seeded(Text), tokens, labels(7)))


def test_inside_inference_mode_from_stored_pictures(model):
    stored = torch.randint(0, 256, (6, 8, 8, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    network, n_classes = place(model, torch.device("cpu"), stored[:2], is_picture=True, layer=None)
    with torch.inference_mode():
        found = gradient_norms(network, stored.clone(), labels(6, n_classes).clone())
    close(found, by_loop(model, stored.permute(0, 3, 1, 2).float() / 255, labels(6, n_classes)))


def test_no_examples_have_no_lengths():
    assert ghost_norms(seeded(mlp), rows(0, 6), labels(0)).shape == (0,)


class WithPlaces(nn.Module):
    def __init__(self):
        super().__init__()
        self.places, self.head = nn.Parameter(torch.ones(6)), nn.Linear(6, K)

    def forward(self, inputs):
        return self.head(inputs + self.places)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(6, 4, batch_first=True), nn.Linear(4, K)

    def forward(self, inputs):
        return self.head(self.lstm(inputs)[0][:, -1])


class Folded(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.Linear(6, 4), nn.Linear(12, K)

    def forward(self, inputs):
        return self.head(self.inner(inputs.flatten(0, 1)).view(len(inputs), 12))


class Overwritten(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.Linear(6, 6), nn.Linear(6, K)

    def forward(self, inputs):
        hidden = inputs * 1
        out = self.inner(hidden)
        hidden.mul_(2)
        return self.head(out + hidden)


REFUSED = {
    "bare parameter": (WithPlaces, rows(4, 6), r"the parameter 'places', used in add: use the column grand_last_layer"),
    "recurrent": (Recurrent, rows(4, 3, 6), r"the parameter 'lstm.weight_ih_l0', used in lstm: use the column grand_"),
    "folded": (Folded, rows(4, 3, 6), r"the layer of 'inner.weight' has no axis for the examples .* \(6,\) .* \(9,\)"),
    "overwritten": (Overwritten, rows(4, 6), r"the input of 'inner.weight' is changed in place after its use"),
    "batch statistics": (
        lambda: nn.Sequential(nn.BatchNorm1d(6, track_running_stats=False), nn.Linear(6, K)),
        rows(4, 6),
        r"the parameter '0.weight', used in a BatchNorm over the batch's own statistics, which mixes the examples",
    ),
    "scaled table": (
        lambda: nn.Sequential(nn.Embedding(20, 4, max_norm=1.0), nn.Flatten(), nn.Linear(48, K)),
        words(4),
        r"the parameter '0.weight', used in an embedding with max_norm or scale_grad_by_freq",
    ),
    "script": (
        lambda: nn.Sequential(torch.jit.script(nn.Linear(6, 4)), nn.Linear(4, K)),
        rows(4, 6),
        r"the parameter '0.*', used by compiled code: use the column grand_last_layer",
    ),
    "no parameters": (nn.Flatten, rows(4, K), r"the model has no parameters, so no gradient; omit --grand"),
    "wrong input": (mlp, rows(4, 3), r"the model failed on a batch of shape \(2, 3\) with gradients: .*"),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_exactly_is_refused_by_name(case):
    make, inputs, said = REFUSED[case]
    with pytest.raises(ModelError, match=said):
        ghost_norms(make().eval(), inputs, labels(4))


def test_a_model_in_training_mode_is_refused():
    with pytest.raises(ModelError, match=r"need the model in eval mode; call model.eval\(\) first"):
        ghost_norms(mlp().train(), rows(4, 6), labels(4))


def test_a_backbone_without_gradient_adds_nothing():
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(6, 4), nn.Linear(4, K)

        def forward(self, inputs):
            with torch.no_grad():
                features = self.body(inputs)
            return self.head(features)

    model, inputs, targets = seeded(Cut), rows(7, 6), labels(7)
    close(ghost_norms(model, inputs, targets), by_loop(model, inputs, targets))


@pytest.mark.gpu
@pytest.mark.parametrize("case", ["mlp", "conv net", "shared layers"])
def test_a_gpu_gives_the_same(case):
    make, inputs = CASES[case]
    model, targets = seeded(make), labels(len(inputs))
    wanted = ghost_norms(model, inputs, targets)
    found = ghost_norms(model.cuda(), inputs.cuda(), targets)
    torch.testing.assert_close(found.cpu(), wanted, rtol=1e-3, atol=1e-5)
