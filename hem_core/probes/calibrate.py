"""Reasons calibrated on planted probes: the probes' features, from one checkpoint or from the folds' trainings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hem_core import scores
from hem_core.dynamics.table import Dynamics
from hem_core.embeddings.neighbours import Graph
from hem_core.embeddings.prototypes import prototypes
from hem_core.engine.batch import Inputs
from hem_core.engine.extra import rows_of
from hem_core.engine.network import Network
from hem_core.errors import HemError, ModelError
from hem_core.folds.linear_head import Heads
from hem_core.probes.planted import Plan, plan
from hem_core.probes.spoil import Spoiled, spoil
from hem_core.reasons import facts, geometry
from hem_core.reasons.calibrate import calibrate as calibrated
from hem_core.reasons.columns import ReasonPredictions, reason_columns
from hem_core.reasons.features import FEATURES, Features, features
from hem_core.reasons.regular import regular_rows
from hem_core.reasons.rules import REASONS
from hem_core.reasons.trusted_from import TRUSTED_FROM
from hem_core.types import Outputs

DYNAMICS = ("aum_windowed", "confidence_mean", "variability", "forgetting", "learned_epoch")
CONFLICT = ("margin", "votes_other", "aum_windowed")
"""The evidence against a label."""
LEAST_FLIPS = 20
"""Flips that an AUROC can be said of."""
WANTED = 100
"""Probes a kind that one checkpoint is asked about even where they are more than a twentieth of the examples."""
MOST_SHARE = 0.15
TOO_FEW = "Too few examples ({}; some 1,400 are needed) to plant probes among: simple rules name the reasons."


@dataclass(frozen=True, eq=False)
class Planted:
    """Probes that were in the folds' trainings, and what came of it."""

    spoiled: Spoiled
    logits: np.ndarray
    """(P, K): CrossFit.extra_logits."""
    dynamics: Dynamics | None
    """CrossFit.extra_dynamics."""
    window: int
    """Epochs that `aum_windowed` is taken over: dynamics.window of the real rows' hits."""
    embeddings: np.ndarray | None = None
    """(P, D): by the model whose embeddings the real rows have, where it was asked already."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What `calibrate` returns."""

    columns: dict[str, np.ndarray]
    """reason, reason_prob, reason_probs (N, 6), suggested_label, evidence; empty where nothing was calibrated."""
    info: dict[str, Any]
    """`reasons` of run.json."""
    rows: dict[str, np.ndarray]
    """For reason_rows.npz, which a refit reads; empty where nothing was calibrated."""


def probes_for(
    targets: np.ndarray, n_classes: int, *, logits_oos: np.ndarray | None, fold: np.ndarray | None, seed: int,
    share: float = 0.05,
) -> Plan:  # fmt: skip
    """The plan for a run: rows without out-of-sample logits or a fold are no sources.

    Before a training (`share` .05, no logits yet) or for one checkpoint (see `share_of`).
    """
    usable, confusion = targets.copy(), None
    if logits_oos is not None:
        usable[np.isnan(logits_oos[:, 0])] = -1
        confusion = np.zeros((n_classes, n_classes))
        known = usable >= 0
        np.add.at(confusion, (usable[known], logits_oos[known].argmax(axis=1)), 1)
    if fold is not None:
        usable[fold < 0] = -1
    return plan(usable, n_classes, confusion=confusion, seed=seed, share=share, fold=fold)


def share_of(n: int, *, most: float = MOST_SHARE) -> float:
    """The probes' share of n examples: enough for every kind, if that is no more than `most`."""
    return min(most, max(0.05, 4 * WANTED / max(1, n)))


def calibrate(
    columns: Mapping[str, np.ndarray],
    *,
    targets: np.ndarray,
    classes: list[str],
    logits_oos: np.ndarray | None,
    fold: np.ndarray | None,
    embeddings: np.ndarray | None,
    graph: Graph | None,
    inputs: Inputs | None,
    network: Network | None,
    heads: Heads | None,
    planted: Planted | None = None,
    epochs: int | None = None,
    batch_size: int = 32,
    seed: int = 0,
) -> Outcome:
    """Name the reason of every row with a classifier that planted probes calibrated.

    columns: the run's, N rows; `index` is each one's position in the catalog. logits_oos (N, K): of models that had
    not seen the row, with fold (N,) and, where linear heads gave them, `heads`; None = the model's own logits are meant
    (a model that never saw these rows), and it is asked about the probes.
    planted: probes that the folds' trainings had; None = they are made now, from one checkpoint.
    Where that cannot be done (few rows, no model, no labels), `columns` and `rows` are empty and `info` says why:
    then the simple rules stand, and flips alone tell how far they are to be trusted.
    """
    try:
        return _calibrate(
            columns, targets, classes, logits_oos, fold, embeddings, graph, inputs, network, heads, planted, epochs,
            batch_size, seed,
        )  # fmt: skip
    except (_Impossible, ModelError) as error:
        return Outcome({}, by_rules_info(str(error)) | _badge(targets, len(classes), logits_oos, graph, seed), {})


def by_rules_info(note: str) -> dict[str, Any]:
    """`reasons` of run.json where nothing was calibrated, and why."""
    nothing = dict.fromkeys(("auroc", "is_trusted", "macro_f1", "balanced_accuracy", "ece"))
    return {"how": "rules", "kinds": list(REASONS), "n_probes": 0, "n_tagged": 0, **nothing, "note": note}


def _badge(
    targets: np.ndarray, n_classes: int, logits_oos: np.ndarray | None, graph: Graph | None, seed: int
) -> dict[str, Any]:
    """auroc, is_trusted and n_probes of flips alone, which need no model; nothing without out-of-sample logits."""
    if logits_oos is None or (targets < 0).any():
        return {}
    usable = np.where(np.isnan(logits_oos[:, 0]), -1, targets)
    flips = plan(usable, n_classes, kinds=("mislabelled",), seed=seed, share=MOST_SHARE, least=LEAST_FLIPS)
    if not len(flips):
        return {}
    real = facts.from_logits(logits_oos, targets)
    mine = facts.from_logits(logits_oos[flips.source], flips.label)
    if graph is not None:
        for table, rows, labels in ((real, np.arange(len(targets)), targets), (mine, flips.source, flips.label)):
            votes = targets[graph.indices[rows]]
            table |= facts.from_neighbours(votes, graph.distances[rows], labels, table["predicted"], n_classes)
    rows = features(real, names=CONFLICT)
    auroc = round(conflict_auroc(rows, features(mine, reference=real, names=rows.names)), 4)
    return {"auroc": auroc, "is_trusted": auroc >= TRUSTED_FROM, "n_probes": len(flips)}


class _Impossible(HemError):
    """Nothing can be calibrated; the message says why."""


def _calibrate(
    columns: Mapping[str, np.ndarray], targets: np.ndarray, classes: list[str], logits_oos: np.ndarray | None,
    fold: np.ndarray | None, embeddings: np.ndarray | None, graph: Graph | None, inputs: Inputs | None,
    network: Network | None, heads: Heads | None, planted: Planted | None, epochs: int | None, batch_size: int,
    seed: int,
) -> Outcome:  # fmt: skip
    if (targets < 0).any():
        raise _Impossible("Some examples have no label: simple rules name the reasons.")
    if planted is None and (network is None or inputs is None):
        raise _Impossible("There is no model to ask about planted probes: simple rules name the reasons.")
    embedded = planted.embeddings if planted is not None else None
    if graph is None or (network is None and embedded is None):
        embeddings = graph = None  # what is not known of a probe must not be asked of a row
    if planted is None and logits_oos is not None and (heads is None or embeddings is None):
        raise _Impossible("No head can be asked about planted probes: simple rules name the reasons.")
    if planted is not None:
        spoiled = planted.spoiled
    else:
        spoiled = _spoiled(columns, targets, classes, logits_oos, fold, inputs, network, seed)
    chosen, n_classes = spoiled.plan, len(classes)
    if not len(chosen):
        raise _Impossible(TOO_FEW.format(len(targets)))
    logits, features_of = _forward(network if embedded is None else None, spoiled, batch_size)
    features_of = features_of if embedded is None else embedded
    is_flip = chosen.kind == "mislabelled"
    if planted is not None:
        logits = planted.logits
    elif heads is not None and logits_oos is not None and fold is not None and features_of is not None:
        logits = heads.predict(features_of, fold[chosen.source])
    if logits_oos is not None:
        logits = np.where(is_flip[:, None], logits_oos[chosen.source], logits)
    if embeddings is not None and features_of is not None:
        features_of = np.where(is_flip[:, None], np.asarray(embeddings[chosen.source], np.float32), features_of)
    real = _said(columns, logits_oos, targets)
    mine = facts.from_logits(logits, chosen.label)
    if embeddings is not None and graph is not None and features_of is not None:
        real, mine = _placed(real, mine, embeddings, graph, targets, features_of, chosen, n_classes, seed)
    if planted is not None and planted.dynamics is not None:
        real |= {name: columns[name] for name in DYNAMICS if name in columns}
        mine |= _dynamics(planted.dynamics, planted.window)
    if "energy" in real and not facts.has_energy(np.asarray(real["energy"])):
        real.pop("energy")  # of log-probabilities: it would be rounding noise, ranked
    known = [name for name in FEATURES if name in real and name in mine and np.isfinite(mine[name]).mean() > 0.9]
    rows = features(real, names=known)
    rows = Features(rows.values.astype(np.float16).astype(np.float32), rows.names)  # as they are kept for a refit
    examples = features(mine, reference=real, names=rows.names)
    regular, regular_kinds = regular_rows(real, most=max(50, int(is_flip.sum())), seed=seed)
    found = calibrated(
        rows,
        np.concatenate([examples.values, rows.values[regular]]),
        np.concatenate([chosen.kind.astype(object), regular_kinds]),
        seed=seed,
    )
    spoken = _spoken(columns, logits_oos, targets, "the model" if planted is not None or heads is None else UNSEEN)
    voters = targets[graph.indices] if graph is not None else None
    made = reason_columns(
        found, rows, spoken, table=columns, targets=targets, class_names=classes, neighbour_labels=voters, epochs=epochs
    )
    auroc = round(conflict_auroc(rows, Features(examples.values[is_flip], rows.names)), 4)
    info = {
        "how": "calibrated",
        "kinds": list(REASONS),
        "auroc": auroc,
        "n_probes": len(chosen),
        "is_trusted": auroc >= TRUSTED_FROM,
        **{name: found.model.measured[name] for name in ("macro_f1", "balanced_accuracy", "ece")},
        "n_tagged": 0,
        "note": _note(planted, auroc),
    }
    kept = {
        "values": rows.values.astype(np.float16),
        "names": np.array(rows.names),
        "examples": np.concatenate([examples.values, rows.values[regular]]),
        "kinds": np.concatenate([chosen.kind.astype(object), regular_kinds]).astype("U11"),
        "predicted": spoken.predicted.astype(np.int32),
        "sure": spoken.sure.astype(np.float32),
        "label_sure": spoken.label_sure.astype(np.float32),
        "second": spoken.second.astype(np.int32),
        "second_sure": spoken.second_sure.astype(np.float32),
        "voice": np.array(spoken.subject),
        "seed": np.array(seed),
        "epochs": np.array(-1 if epochs is None else epochs),
    }
    return Outcome(made, info, kept)


UNSEEN = "a model that had not seen it"


def conflict_auroc(rows: Features, flips: Features) -> float:
    """How well the evidence against a label finds planted flips among the rows: 1 = all before every row, .5 = chance.

    The evidence is the mean place of margin, votes for another class, and windowed AUM, as far as they are there.
    """
    used = [k for k, name in enumerate(rows.names) if name in CONFLICT]
    regular = np.sort(rows.values[:, used].mean(axis=1))
    planted = flips.values[:, used].mean(axis=1)
    below = (np.searchsorted(regular, planted, "left") + np.searchsorted(regular, planted, "right")) / 2
    return float(below.mean() / max(1, len(regular)))


def _note(planted: Planted | None, auroc: float) -> str:
    if auroc < TRUSTED_FROM:
        return "This model finds few of the wrong labels that were planted: do not rely on the reasons."
    if planted is None:
        return "Calibrated on probes that the model was not trained on; it may hide a wrong label that it has learned."
    return "Calibrated on probes planted in the trainings."


def _spoiled(
    columns: Mapping[str, np.ndarray], targets: np.ndarray, classes: list[str], logits_oos: np.ndarray | None,
    fold: np.ndarray | None, inputs: Inputs | None, network: Network | None, seed: int,
) -> Spoiled:  # fmt: skip
    assert inputs is not None
    assert network is not None
    chosen = probes_for(
        targets, len(classes), logits_oos=logits_oos, fold=fold, seed=seed, share=share_of(len(targets))
    )
    return spoil(chosen, inputs, columns["index"], is_picture=network.is_picture, seed=seed)


def _forward(network: Network | None, spoiled: Spoiled, batch_size: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Logits (P, K) and embeddings (P, D) of the probes; P rows of nothing without a model."""
    if network is None:
        return np.full((len(spoiled.plan), 1), np.nan), None
    logits, found = [], []
    with torch.inference_mode():
        for start in range(0, len(spoiled.plan), batch_size):
            at = np.arange(start, min(start + batch_size, len(spoiled.plan)))
            z, h = network.forward(rows_of(spoiled.values, at))
            logits.append(network.task.finite(z.float()).cpu().numpy())
            found += [h.float().cpu().numpy()] if h is not None else []
    return np.concatenate(logits), np.concatenate(found) if found else None


def _said(columns: Mapping[str, np.ndarray], logits_oos: np.ndarray | None, targets: np.ndarray) -> dict[str, Any]:
    if logits_oos is not None:
        return facts.from_logits(logits_oos, targets)
    names = ("margin", "entropy", "top2_gap", "energy", "predicted_prob", "predicted")
    return {name: columns[name] for name in names if name in columns}


def _spoken(
    columns: Mapping[str, np.ndarray], logits_oos: np.ndarray | None, targets: np.ndarray, voice: str
) -> ReasonPredictions:
    top, best = columns["top_classes"][:, :2].copy(), columns["top_probs"][:, :2].astype(np.float32)
    label_sure = columns["label_prob"].astype(np.float32)
    if logits_oos is not None:
        for start in range(0, len(targets), 65_536):
            part = slice(start, start + 65_536)
            known = np.flatnonzero(~np.isnan(logits_oos[part, 0])) + start
            z = torch.from_numpy(logits_oos[known]).float().softmax(dim=1)  # (B, K)
            values, order = z.topk(2, dim=1)
            top[known], best[known] = order.numpy(), values.numpy()
            label_sure[known] = z.numpy()[np.arange(len(known)), targets[known]]
    return ReasonPredictions(top[:, 0], best[:, 0], label_sure, top[:, 1], best[:, 1], voice)


def _placed(
    real: dict[str, Any], mine: dict[str, Any], embeddings: np.ndarray, graph: Graph, targets: np.ndarray,
    features_of: np.ndarray, chosen: Plan, n_classes: int, seed: int,
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """Both with what the embeddings say."""
    means, counts = prototypes(embeddings, targets, n_classes), np.bincount(targets, minlength=n_classes)
    spread = geometry.fit(embeddings, targets, n_classes, seed=seed)
    near, distances = nearest(features_of, embeddings, chosen, graph.k)
    flips = chosen.kind == "mislabelled"
    near[flips], distances[flips] = graph.indices[chosen.source[flips]], graph.distances[chosen.source[flips]]
    both = (
        (real, targets, embeddings, targets[graph.indices], graph.distances),
        (mine, chosen.label, features_of, targets[near], distances),
    )
    for table, labels, where, votes, apart in both:
        table |= facts.from_neighbours(votes, apart, labels, np.asarray(table["predicted"]), n_classes)
        table |= facts.from_prototypes(where, means, labels) | spread.columns(where, labels)
        table |= facts.share_of_class(labels, counts)
    return real, mine


def nearest(probes: np.ndarray, embeddings: np.ndarray, chosen: Plan, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows that point most nearly the way each probe does; neither its source nor its partner.

    probes (P, D); embeddings (N, D), read block by block. Returns row numbers (P, k) and cosine distances (P, k).
    """
    queries = torch.nn.functional.normalize(torch.from_numpy(np.asarray(probes, np.float32)), dim=1)
    best = torch.empty((len(queries), 0))
    rows = torch.empty((len(queries), 0), dtype=torch.int64)
    for start in range(0, len(embeddings), 16_384):
        block = torch.from_numpy(np.asarray(embeddings[start : start + 16_384], np.float32))
        near = queries @ torch.nn.functional.normalize(block, dim=1).T  # (P, B)
        for own in (chosen.source, chosen.partner):
            here = np.flatnonzero((own >= start) & (own < start + len(block)))
            near[here, own[here] - start] = -torch.inf
        best = torch.cat([best, near], dim=1)
        rows = torch.cat([rows, torch.arange(start, start + len(block)).expand(len(queries), -1)], dim=1)
        best, order = best.topk(min(k, best.shape[1]), dim=1)
        rows = rows.gather(1, order)
    return rows.numpy(), (1 - best).clamp(0, 2).numpy()


def _dynamics(recorded: Dynamics, window: int) -> dict[str, np.ndarray]:
    def outputs(part: slice) -> Outputs:
        return Outputs(
            ids=recorded.ids,
            epoch_confidences=torch.from_numpy(recorded.confidences[:, part]),
            epoch_margins=torch.from_numpy(recorded.margins[:, part]),
            epoch_hits=torch.from_numpy(recorded.hits[:, part]),
        )

    found = {name: scores.compute(name, outputs(slice(None))).numpy() for name in DYNAMICS[1:]}
    return found | {"aum_windowed": scores.compute("aum", outputs(slice(max(1, window)))).numpy()}
