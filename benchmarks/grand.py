"""The cost of every example's exact gradient norm, compared with an ordinary forward and backward pass.

    python benchmarks/grand.py

Thread CPU seconds, one thread. Every way is run in turn with the ordinary pass, the median of many; the noise floor is
the ordinary pass against itself. The error is the largest relative difference from the loop of single passes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from hem_core.engine.ghost_norms import ghost_norms
from hem_core.scores.grand_last_layer import grand_last_layer

Way = Callable[[nn.Module, Tensor, Tensor], Tensor]


def main() -> None:
    """Print one line for each network and way, all from one run."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, 1 thread, CPU seconds of this thread\n")
    print(f"{'network':16} {'way':22} {'pass':>11} {'way':>11} {'way / pass':>11} {'noise':>7} {'error':>9}")
    for name, (model, inputs, rounds) in networks().items():
        model.eval()
        targets = torch.randint(10, (len(inputs),))
        exact = loop(model, inputs, targets)
        floor = ratio(lambda m=model, x=inputs, y=targets: training_pass(m, x, y), model, inputs, targets, rounds)[2]
        for label, (way, share) in WAYS.items():
            try:
                found = way(model, inputs, targets)
            except (RuntimeError, ValueError) as error:
                print(f"{name:16} {label:22} fails: {' '.join(str(error).split())[:80]}")
                continue
            error = ((found - exact).abs() / exact).max().item() if label != "last layer alone" else float("nan")
            work = lambda way=way, m=model, x=inputs, y=targets: way(m, x, y)  # noqa: E731
            plain, ours, times = ratio(work, model, inputs, targets, max(3, int(rounds * share)))
            print(
                f"{name:16} {label:22} {plain * 1e3:8.2f} ms {ours * 1e3:8.2f} ms {times:11.2f} "
                f"{floor:7.3f} {error:9.1e}"
            )


def networks() -> dict[str, tuple[nn.Module, Tensor, int]]:
    """Model, a batch for it, and how often to time it."""
    mlp = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    conv = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
        *(nn.Flatten(), nn.Linear(64, 10)),
    )
    return {
        "MLP": (mlp, torch.randn(256, 784), 40),
        "small conv net": (conv, torch.randn(64, 1, 28, 28), 40),
        "ResNet-9": (ResNet9(), torch.randn(16, 3, 32, 32), 10),
        "text encoder": (TextEncoder(), torch.randint(1, 5000, (32, 64)), 20),
    }


class Residual(nn.Module):
    """x + f(x)."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + self.body(inputs)


class ResNet9(nn.Sequential):
    """The nine-layer residual net of the fast CIFAR-10 trainings."""

    def __init__(self) -> None:
        super().__init__(
            *(block(3, 64), block(64, 128), nn.MaxPool2d(2), Residual(block(128, 128), block(128, 128))),
            *(block(128, 256), nn.MaxPool2d(2), block(256, 512), nn.MaxPool2d(2)),
            *(Residual(block(512, 512), block(512, 512)), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(512, 10)),
        )


def block(n_in: int, n_out: int) -> nn.Module:
    """Convolution, BatchNorm, ReLU."""
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU())


class TextEncoder(nn.Module):
    """Four layers of attention made of linear layers, 256 wide, 64 tokens."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(5000, width, padding_idx=0), nn.Embedding(64, width)
        self.layers = nn.ModuleList(EncoderLayer(width) for _ in range(4))
        self.head = nn.Linear(width, 10)

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device)[None])
        for layer in self.layers:
            hidden = layer(hidden)
        return self.head(hidden.mean(dim=1))


class EncoderLayer(nn.Module):
    """Attention and a feed-forward part, each normalised before."""

    def __init__(self, width: int, n_heads: int = 4) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        normal = self.before(hidden)
        parts = [each(normal).unflatten(2, (self.n_heads, -1)).transpose(1, 2) for each in self.projections()]
        mixed = F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
        hidden = hidden + self.out(mixed)
        return hidden + self.down(F.gelu(self.up(self.between(hidden))))

    def projections(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        return self.query, self.key, self.value


def training_pass(model: nn.Module, inputs: Tensor, targets: Tensor) -> None:
    """The ordinary forward and backward pass, weight gradients and all."""
    model.zero_grad(set_to_none=True)
    F.cross_entropy(model(inputs), targets, reduction="sum").backward()
    model.zero_grad(set_to_none=True)


def every_gradient(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """vmap(grad): the gradient of every example, then its length."""
    weights, buffers = dict(model.named_parameters()), dict(model.named_buffers())

    def loss(weights: dict[str, Tensor], example: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(functional_call(model, (weights, buffers), example[None]), target[None])

    found = vmap(grad(loss), in_dims=(None, 0, 0))(weights, inputs, targets)
    return sum(each.flatten(1).square().sum(dim=1) for each in found.values()).sqrt()


def loop(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """One forward and backward pass for each example."""
    weights, lengths = list(model.parameters()), []
    for row in range(len(inputs)):
        loss = F.cross_entropy(model(inputs[row : row + 1]), targets[row : row + 1])
        found = torch.autograd.grad(loss, weights)
        lengths.append(torch.stack([each.norm() for each in found]).norm())
    return torch.stack(lengths)


@torch.inference_mode()
def last_layer(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The closed form of the head: one forward pass."""
    head = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    features: list[Tensor] = []
    hook = head.register_forward_pre_hook(lambda _module, given: features.append(given[0]))
    logits = model(inputs)
    hook.remove()
    return grand_last_layer(logits, targets, (1 + features[0].square().sum(dim=1)).sqrt())


WAYS: dict[str, tuple[Way, float]] = {
    "ours": (ghost_norms, 1),
    "vmap(grad)": (every_gradient, 0.2),
    "loop of single passes": (loop, 0.2),
    "last layer alone": (last_layer, 1),
}
"""Each way, and how often it is timed beside the others."""


def ratio(
    work: Callable[[], object], model: nn.Module, inputs: Tensor, targets: Tensor, rounds: int
) -> tuple[float, float, float]:
    """Median CPU seconds of the ordinary pass and of the work, in turns, and their ratio."""
    work()
    training_pass(model, inputs, targets)
    pairs = [(seconds(lambda: training_pass(model, inputs, targets)), seconds(work)) for _ in range(rounds)]
    plain, ours = statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
    return plain, ours, ours / plain


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this thread."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


if __name__ == "__main__":
    main()
