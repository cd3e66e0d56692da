"""Recorded by a callback of Keras: each epoch is what the model said after it."""

import os

import numpy as np
import pandas as pd
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="Keras 3 is not installed: pip install keras")

import hem_core
from hem_core.dynamics.keras import RecorderCallback
from hem_core.dynamics.read import read
from hem_core.errors import DataError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
N, EPOCHS = 60, 3
CHANCE = np.random.default_rng(0)
Y = np.arange(N) % 3
X = (CHANCE.normal(size=(N, 4)) + 6 * np.eye(4)[Y]).astype(np.float32)
IDS = [f"row-{row}" for row in range(N)]


def net(width, activation, loss, dropout=0.5):
    keras.utils.set_random_seed(0)
    layers = [keras.Input((4,)), keras.layers.Dropout(dropout), keras.layers.Dense(width, activation=activation)]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


class Outputs(keras.callbacks.Callback):
    """Keeps what the model said after each epoch."""

    def on_train_begin(self, logs=None):
        self.of_epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.of_epochs.append(self.model.predict(X, verbose=0))


def softmax(logits):
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("activation", "loss", "y", "probs_of"),
    [
        ("softmax", "sparse_categorical_crossentropy", Y, lambda output: output),
        ("softmax", "categorical_crossentropy", np.eye(3)[Y], lambda output: output),
        (None, keras.losses.SparseCategoricalCrossentropy(from_logits=True), Y, softmax),
    ],
)
def test_each_epoch_is_what_the_model_said_after_it(tmp_path, activation, loss, y, probs_of):
    outputs = Outputs()
    model = net(3, activation, loss)
    model.fit(X, y, epochs=EPOCHS, verbose=0, callbacks=[RecorderCallback(tmp_path, X, y, IDS), outputs])
    found = read(tmp_path)
    assert sorted(found.ids) == sorted(IDS)
    wanted = np.stack([probs_of(output)[np.arange(N), Y] for output in outputs.of_epochs], axis=1)
    np.testing.assert_allclose(found.align(IDS).confidences, wanted, rtol=1e-4)


@pytest.mark.parametrize(("activation", "from_logits"), [("sigmoid", None), (None, True)])
def test_a_single_output_is_that_of_the_second_class(tmp_path, activation, from_logits):
    loss = keras.losses.BinaryCrossentropy(from_logits=bool(from_logits))
    model = net(1, activation, loss)
    y = (Y == 2).astype(np.int64)
    callback = RecorderCallback(tmp_path, X, y[:, None], IDS, from_logits=from_logits)
    model.fit(X, y, epochs=1, verbose=0, callbacks=[callback])
    output = model.predict(X, verbose=0)[:, 0]
    prob = 1 / (1 + np.exp(-output)) if from_logits else output
    np.testing.assert_allclose(read(tmp_path).align(IDS).confidences[:, 0], np.where(y, prob, 1 - prob), rtol=1e-4)


def test_the_training_is_left_alone_and_resumes_with_its_epoch(tmp_path):
    def trained(callbacks):
        model = net(3, "softmax", "sparse_categorical_crossentropy", dropout=0)
        model.fit(X, Y, epochs=2, verbose=0, shuffle=False, callbacks=callbacks)
        return model

    callback = RecorderCallback(tmp_path, X, Y, IDS)
    recorded, plain = trained([callback]), trained([])
    np.testing.assert_array_equal(recorded.predict(X, verbose=0), plain.predict(X, verbose=0))
    recorded.fit(X, Y, epochs=4, initial_epoch=2, verbose=0, callbacks=[callback])
    assert read(tmp_path).n_epochs == 4


def test_what_is_not_clear_is_refused(tmp_path):
    model = net(3, None, lambda y, output: keras.ops.mean(output))
    with pytest.raises(DataError, match="does not say whether the model's outputs are logits or probabilities"):
        model.fit(X, Y, epochs=1, verbose=0, callbacks=[RecorderCallback(tmp_path, X, Y, IDS)])
    with pytest.raises(DataError, match=r"y must be \(60,\) integer classes or \(60, K\) with one 1 in each row"):
        RecorderCallback(tmp_path, X, Y[:5], IDS)
    wide = keras.Sequential([keras.Input((4,)), keras.layers.Reshape((2, 2))])
    wide.compile("sgd", "sparse_categorical_crossentropy")
    callback = RecorderCallback(tmp_path, X, Y, IDS, from_logits=True)
    callback.set_model(wide)
    with pytest.raises(DataError, match=r"must have one output of classes, \(N, K\); it gives \(60, 2, 2\)"):
        callback.on_epoch_end(0)


def test_one_call_makes_a_run_with_the_dynamics(tmp_path):
    labels = Y.copy()
    labels[::10] = (Y[::10] + 1) % 3
    model = net(3, "softmax", "sparse_categorical_crossentropy", dropout=0)
    model.fit(X, labels, epochs=12, verbose=0, callbacks=[RecorderCallback(tmp_path / "dynamics", X, labels, IDS)])
    probs = model.predict(X, verbose=0)
    table = pd.DataFrame({"id": IDS, "label": np.array(["a", "b", "c"])[labels], "probs": list(probs)})
    run = hem_core.score(
        None, table, out=tmp_path / "run", classes=["a", "b", "c"], dynamics=tmp_path / "dynamics", has_map=False
    )
    found = run.table().set_index("id")
    assert {"aum", "forgetting", "learned_epoch", "confidence_mean"} <= set(found.columns)
    assert set(found["aum"].nlargest(6).index) == {IDS[row] for row in range(0, N, 10)}
