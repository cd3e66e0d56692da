"""The form that starts a retraining: which set, which training, which arms, tested on what."""

from pathlib import Path
from typing import Any

import streamlit as st

from app import loaders, state, widgets, words
from app.views.retrain import box as retrain_box
from app.views.retrain import list_box, retrains
from app.wire import contents
from hem_core.errors import HemError
from hem_core.retrain.settings import ARMS, ARMS_OF_QUESTION, OF_ADD, QUESTIONS, RECIPES, Settings
from hem_core.runs.described_by import own_columns
from hem_core.sets.box_corrections import in_words
from hem_core.sets.run_of_set import UNSCORED, check_examples, find_run_of_set
from hem_core.store import sets
from hem_core.store.run import Run
from hem_core.tasks import MakesItems, of

SEEDS = 5
OPTIONAL = [arm for arm in ARMS if arm not in OF_ADD]
TRAIN_HELP = (
    "package.module:train, a function train(dataset, …) that returns the model; of seed, weights, sampler, loss_fn, "
    "recorder and progress it gets those that it names. It is imported from the folder in which the app was started."
)


def draw() -> None:
    """The form; the started retraining is shown in its place."""
    home = loaders.folder()
    known = [f"{name} v{version}" for name in sets.names(home) for version in reversed(sets.versions(home, name))]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("New retraining", anchor=False)
        asked = list_box.draw()
    if asked is not None:
        refill(asked)
        st.rerun()
    list_box.matched_sentence()
    st.caption("Trains with the set, with random examples in its place, and without it, and reports whether it helped.")
    if not known:
        _no_set()
        return
    left, right = st.columns([1, 1], gap="large")
    with left:
        chosen, manifest, run = _set(home, known)
        materials = _materials(chosen, run)
    with right:
        comparison = _comparison(chosen, manifest, run)
    settings = {"set": chosen, **materials, **comparison}
    is_free = run is None or retrain_box.draw(home, run, chosen, manifest, settings)
    _start_button(home, settings, is_free=is_free)


def _materials(chosen: str, run: Run | None) -> dict[str, Any]:
    """What trains and on what, as settings: the train function, the test data and the training data."""
    train = _text(
        "Train function",
        _asked().get("train") or (retrains.train_function(run) if run else ""),
        "package.module:train",
        key=f"retrain_train {chosen} {_turn()}",
        why=TRAIN_HELP,
    )
    _train_function(run, train)
    test = _text(
        "Test data",
        _asked().get("test") or "",
        "as said below; or a file",
        key=f"retrain_test {_turn()}",
        why="Held-out data of the same form as the training data. No arm is trained on them.",
    )
    data = _text(
        "Training data",
        _asked().get("data") or "",
        "where they are now, if they were moved since they were scored",
        key=f"retrain_data {_turn()}",
        why="The file or folder that the run was scored from, on the machine on which the app runs.",
    )
    if run:
        st.caption(f"Tested on {words.plain(retrains.test_words(run, test))}.")
    return {"train": train, "test": test or None, "data": data or None}


def _comparison(chosen: str, manifest: dict[str, Any], run: Run | None) -> dict[str, Any]:
    """What is compared with what, as settings: the arms, the recipe, the seeds and where the set should help."""
    place = st.container()  # what the recipe needs decides which arms can be chosen
    changes = [manifest.get(name) for name in ("corrected_labels", "excluded")]
    changes.append((manifest.get("corrections") or {}).get("boxes"))
    recipe = _recipe(chosen, changes_labels=any(changes))
    group = _group(run, recipe)
    question = str((manifest.get("list") or {}).get("question"))
    question = question if QUESTIONS.get(question) == recipe else ""
    with place:
        arms = {"control", *_arms(question), "curated"}
    arms = set(OF_ADD) if recipe == "add" else arms
    seeds = _seeds()
    where = _text(
        "Where it should help",
        _asked().get("where") or "",
        "usual: the classes that the set has more of; or SQL such as night = true",
        key=f"retrain_where {_turn()}",
        why="The targeted slice of the test, fixed before anything is trained: the verdict asks for a gain there.",
    )
    settings = {"arms": [arm for arm in ARMS if arm in arms], "recipe": recipe, "seeds": seeds, "where": where or None}
    return settings | ({"question": question} if question else {}) | ({"group": group} if group else {})


def _seeds() -> int:
    seeds = int(
        st.number_input(
            "Seeds",
            1,
            50,
            int(_asked().get("seeds") or SEEDS),
            key=f"retrain_seeds {_turn()}",
            help="Trainings of each arm. 5 or more.",
        )
    )
    if seeds < SEEDS:
        st.caption(f"With {words.count(seeds, 'seed')} chance is hard to tell from the set: 5 are usual.")
    return seeds


def _start_button(home: Path, settings: dict[str, Any], *, is_free: bool) -> None:
    """The button that starts it, and what keeps it from being pressed; is_free: nothing speaks against the set."""
    train, arms, seeds = settings["train"], settings["arms"], settings["seeds"]
    problem = retrains.problem_of(train) if train else ""
    if problem:
        st.error(words.plain(problem), icon=":material/error:")
    title = f"Start {words.count(len(arms) * seeds, 'training')}"
    is_ready = bool(train) and not problem and is_free
    if st.button(title, type="primary", icon=":material/play_arrow:", disabled=not is_ready, key="retrain_start"):
        _start(home, settings | ({"force": True} if retrain_box.is_forced(settings["set"]) else {}))
    if not train:
        st.caption("Name a train function above: the arms are trained with it.")
    st.caption(f"{' · '.join(arms)}, {words.count(seeds, 'seed')} each, equal steps; in a process of its own.")


def _text(title: str, value: str, placeholder: str, *, key: str, why: str) -> str:
    return st.text_input(title, value=value, placeholder=placeholder, key=key, help=why).strip()


def _train_function(run: Run | None, train: str) -> None:
    """What is needed where the run names no train function: a file to copy, and what to type."""
    if train or run is None:
        return
    st.info(
        "This run does not name a train function (it was scored from weights or predictions), and a retraining needs "
        "one: a Python function that trains your model on a data set and returns it.",
        icon=":material/code:",
    )
    with st.expander("A file to start from", icon=":material/description:", expanded=True):
        st.caption(words.plain(f"1. Save this as {Path.cwd() / 'mine.py'}, with your own model in it."))
        st.code(contents.medium(run.examples).train_template, language="python")
        st.caption("2. Type `mine:train` as the train function above.")


def refill(settings: dict[str, Any]) -> None:
    """Show the form as a retraining was asked for, when it is drawn again."""
    state.remember("retrain_asked", settings)
    state.remember("retrain_form_turn", _turn() + 1)
    state.remember("retrain_set", "{} v{}".format(*sets.named(loaders.folder(), str(settings["set"]))))


def _asked() -> dict[str, Any]:
    settings = state.recall("retrain_asked")
    return settings if isinstance(settings, dict) else {}


def _turn() -> int:
    return int(str(state.recall("retrain_form_turn", 0)))


def _no_set() -> None:
    if not loaders.workspace().is_writable():
        widgets.failure(HemError(widgets.READ_ONLY))
        return
    with st.container(border=True, width=720):
        st.markdown("**No set yet**")
        st.text(
            "A retraining compares a saved set with random examples and with no set at all. Make one first, or prove a "
            "list that you have."
        )
        if st.button("Build a set", icon=":material/inventory_2:", type="primary"):
            state.go("sets")


def _set(home: Path, known: list[str]) -> tuple[str, dict[str, Any], Run | None]:
    wanted = state.recall("retrain_set")
    place = known.index(wanted) if isinstance(wanted, str) and wanted in known else 0
    chosen = st.selectbox(
        "Set", known, index=place, format_func=lambda text: _title(home, text), key=f"retrain_set {wanted} {_turn()}"
    )
    name, version = sets.named(home, chosen)
    manifest = loaders.manifest(home / "sets" / name / f"v{version}" / "manifest.json")
    run = str(manifest.get("run") or "")
    try:
        opened = _run_of(manifest, run)
        if not isinstance(of(opened.info), MakesItems):  # a set of boxes is one of the images that they are in
            check_examples(manifest, "hem retrain")
    except HemError as error:
        widgets.failure(error)
        return chosen, manifest, None
    corrected = int(manifest.get("corrected_labels") or 0)
    boxes = manifest.get("corrections")
    noted = f"corrected {in_words(boxes)}" if boxes else words.count(corrected, "corrected label")
    parts = [str(manifest.get("rule_in_words") or ""), f"run {run}", noted]
    st.caption(words.plain(" · ".join(part for part in parts if part)))
    return chosen, manifest, opened


def _run_of(manifest: dict[str, Any], name: str) -> Run:
    """The run that a set was made from; data that were never scored are no run of the workspace."""
    found = find_run_of_set(loaders.workspace(), manifest) if manifest.get(UNSCORED) else None
    return found or loaders.run(name)


def _title(home: Path, text: str) -> str:
    name, version = sets.named(home, text)
    n = loaders.manifest(home / "sets" / name / f"v{version}" / "manifest.json").get("n") or 0
    return f"{text} · {words.count(int(n), 'example')}"


def _arms(question: str) -> list[str]:
    """The chosen arms; those that the answer to a question of a list rests on are not chosen but given."""
    usual = ARMS_OF_QUESTION[question] if question else _asked().get("arms", ["random"])
    chosen = st.pills(
        "Arms beside control and curated",
        OPTIONAL,
        selection_mode="multi",
        default=[arm for arm in OPTIONAL if arm in usual],
        disabled=bool(question),
        key=f"retrain_arms {_turn()} {question}".strip(),
        help="\n".join(f"- **{arm}**: {words.plain(about)}" for arm, about in ARMS.items() if arm != "base"),
    )
    return list(chosen)


def _recipe(of_set: str, *, changes_labels: bool) -> str:
    """What is done with the set; of one that changes no label, the labels alone would be the control again."""
    names = list(RECIPES)
    chosen = st.selectbox(
        "What the curated arm does with the set",
        names,
        index=names.index(_asked().get("recipe") or Settings.recipe),
        format_func=lambda name: f"{name}: {RECIPES[name]}",
        key=f"retrain_recipe {of_set} {_turn()}",
    )
    if chosen == "labels" and not changes_labels:
        st.caption("This set changes no label and rules nothing out: curated would train as the control does.")
    return chosen


def _group(run: Run | None, recipe: str) -> str | None:
    """The column that names the groups, where the recipe goes by groups or is still open."""
    if run is None or not run.classes or recipe not in ("auto", "groups"):
        return None
    columns = own_columns(run.examples)
    if not columns:
        return None
    unnamed = "none" if recipe == "auto" else "that of the slice that is the furthest behind"
    names = ["", *columns]
    asked = _asked().get("group")
    chosen = st.selectbox(
        "Group column",
        names,
        index=names.index(asked) if asked in names else 0,
        format_func=lambda name: name or unnamed,
        key=f"retrain_group {recipe} {_turn()}",
        help="The groups are each class with each value of this column. With a column the training is for the worst "
        "group: the smaller groups weigh more, and the report begins with the groups.",
    )
    return chosen or None


def _start(home: Path, settings: dict[str, Any]) -> None:
    try:
        name = retrains.start(home, settings)
    except HemError as error:
        widgets.failure(error)
        return
    state.forget("retrain_asked")
    state.set_retrain(name)
    st.rerun()
