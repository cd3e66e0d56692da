"""CSV, Parquet, JSON Lines, an Arrow table or a DataFrame: one row an example, of pictures, texts or features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hem_core import tag_sets
from hem_core.catalog import with_info
from hem_core.catalog._as_text import as_text
from hem_core.catalog._column_names import CLASSES, FOLDER
from hem_core.catalog._column_types import table_in_types, typed
from hem_core.catalog._compute import pc
from hem_core.catalog._features import KEPT, all_features, asked_for, named_features, plain
from hem_core.catalog._frame import INDEX, is_frame
from hem_core.catalog._guessed_columns import guessed_id, guessed_label, guessed_text
from hem_core.catalog._image_column import NAMES as IMAGE_NAMES
from hem_core.catalog._image_column import holds_pictures, image_paths, is_full_of_pictures, list_beside
from hem_core.catalog._label_kind import labels_are
from hem_core.catalog._predictions_file import predictions_by_id
from hem_core.catalog._table_file import Loaded, has_predictions, is_text, load, suffix_format
from hem_core.catalog._tag_labels import UNKNOWN, of_columns, of_sets
from hem_core.class_columns import LISTS, OF_A_MODEL, PREDICTED, PREFIXES, class_columns, of_prefix, usual
from hem_core.errors import DataError
from hem_core.media import claimed

ID_NAMES = ("id",)
LABEL_NAMES = ("label", "class", "target", "labels", "tags")
TEXT_NAMES = ("text", "sentence", "utterance", "question", "message")
WORDS_ALONE = ("question", "message")
"""Of a column with such a name, numbers are a feature: the answer to a question, not the question."""
NAMES = (*ID_NAMES, *LABEL_NAMES, *IMAGE_NAMES, *TEXT_NAMES, "split")


OPTIONS = ("images", "predictions")


def accepts(source: Any) -> bool:
    if isinstance(source, str | Path):
        return suffix_format(Path(source)) != ""
    return isinstance(source, pa.Table) or is_frame(source)


def is_parquet(source: Any) -> bool:
    """Whether it is the path of a Parquet file, by its suffix."""
    return isinstance(source, str | Path) and suffix_format(Path(source)) == "parquet"


def read(
    source: Any,
    *,
    id_column: str | None = None,
    label_column: str | None = None,
    image_column: str | None = None,
    text_column: str | None = None,
    feature_columns: str | Sequence[str] | None = None,
    images: str | Path | None = None,
    predictions: str | Path | None = None,
) -> pa.Table:
    """Columns `id`, `label` and one medium, by the default names or by the names given; all other columns are kept.

    `image`: a path below the file's folder. `text`: a string. Features: feature_columns ("age,job", a list, or "*" for
    every column that can be one) keep their names. A table that has none of the three and no predictions is taken as
    rows of all its columns: then `are_features_named` is false in its info, and `left_out` says what is no feature.
    Names of columns are found in upper or lower case.
    Ids, labels, paths, texts and `split` are text as it is written: of a CSV, "007", "NA" and "1e5" stay so, and only
    an empty cell is missing. The other columns of a CSV become numbers, truth values and dates where all cells are.
    Without an id column the ids are the index of a data frame that has a name, else the image path, else an index that
    is not 0 to n - 1 and never repeats, else the row number. images: the folder that image paths are relative to, by
    default the table's, or the working folder if they exist there alone. predictions: a file whose columns are added by
    id.
    Raises DataError when the file cannot be parsed, or a named or needed column is not there or of a wrong type.
    """
    path = Path(source) if isinstance(source, str | Path) else None
    asked = asked_for(feature_columns)
    named = _Named(id_column, label_column, image_column, text_column)
    loaded = _load(source, path, (*NAMES, *named.all, *asked))
    loaded, label_column, of_tags = _with_tags(loaded, label_column, source)
    asked = [next(iter(_matches(loaded.table, (name,))), name) for name in asked]
    folder = _folder_of(source, path)
    folders = (folder,) if images is None else (_folder_of_pictures(images), folder)
    chosen = _chosen(loaded, replace(named, label=label_column), asked, folders)
    _check_use(images, chosen, source)
    table = _typed(loaded, {*chosen.taken, chosen.input, "split", "content_hash"})
    facts: dict[str, Any] = {"notes": list(loaded.notes)}
    of_features = table
    if chosen.are_features:
        of_features = _with_codes_as_numbers(loaded, table, chosen.taken | set(KEPT))
        features = _features(of_features, path, asked, chosen)
        facts |= features if features["features"] else {}
    labels = as_text(_blank_is_missing(loaded.table[chosen.label]), chosen.label, "label")
    columns: dict[str, Any] = {"id": _ids(loaded.table, chosen.id), "label": labels}
    if chosen.image is not None:
        found = image_paths(as_text(loaded.table[chosen.image], chosen.image, "image"), chosen.image, folders)
        facts |= {"notes": facts["notes"] + found.notes} | ({"images": str(found.root)} if found.root != folder else {})
        columns["image"], folder = found.paths, found.root
        if chosen.id == chosen.image:
            _check_paths(columns["id"], chosen.image, path or "table")
    columns |= {"text": _texts(loaded, chosen.text)} if chosen.text is not None else {}
    taken = {*chosen.taken, chosen.input, *(OF_A_MODEL if is_parquet(source) else ())}  # they stay in the file
    columns |= {name: table[name] for name in table.column_names if name not in taken and name not in columns}
    columns |= {feature["name"]: plain(of_features[feature["name"]]) for feature in facts.get("features", [])}
    facts["notes"] += _padded(table, facts)
    added = predictions_by_id(predictions, columns["id"], columns) if predictions else {}
    return with_info(
        pa.table(columns | added),
        name=path.name.split(".")[0] if path else "table",
        source=str(path or "table"),
        root=str(folder),
        medium="none" if chosen.are_features and "features" not in facts else chosen.medium,
        **_label_facts(labels, of_tags, list(added), is_text=loaded.is_text),
        **facts,
    )


@dataclass(frozen=True, eq=False)
class TableColumns:
    """The columns of a table as they are in it, and which of them `read` takes for what by itself.

    id, label, image, text: None where there is no such column. head: the first rows, without lists of predictions.
    """

    names: tuple[str, ...]
    head: pa.Table
    n: int
    id: str | None = None
    label: str | None = None
    image: str | None = None
    text: str | None = None
    lists: tuple[str, ...] = ()
    """Columns of a Parquet file with the predictions of a row in a list."""
    guesses: Mapping[str, str] = field(default_factory=dict)
    """What `read` does not take by itself and a user is likely to mean: `label_column`, `text_column`, `id_column` ->
    the column."""


def columns_of(path: Path, *, rows: int = 5) -> TableColumns:
    """The columns of a table in a file, also where it lacks a label. Raises DataError when it cannot be parsed."""
    loaded = _load(path, path, NAMES)
    shown = [name for name in loaded.table.column_names if name != INDEX]
    head, lists = loaded.table.select(shown).slice(0, rows), _lists_in(path)
    found = TableColumns(tuple(shown), head, loaded.table.num_rows, lists=lists)
    guess = None
    try:
        has_label = _find(loaded.table, None, LABEL_NAMES, "label") is not None
        guess = None if has_label else guessed_label(loaded.table, may_have_comma=loaded.separator == ";")
        loaded, label, _facts = _with_tags(loaded, guess, path)
        chosen = _chosen(loaded, _Named(None, label, None, None), [], (path.resolve().parent,))
    except DataError:  # no label, say: the user names one
        return found
    text = guessed_text(loaded.table, but=chosen.label) if chosen.are_features else None
    id = chosen.id if chosen.id in shown else None
    made = {"label_column": guess, "text_column": text, "id_column": guessed_id(loaded.table) if id is None else None}
    guesses = {name: column for name, column in made.items() if column}
    named = chosen.label if guess is None else None
    return replace(found, id=id, label=named, image=chosen.image, text=chosen.text, guesses=guesses)


def _folder_of(source: Any, path: Path | None) -> Path:
    """Where paths of pictures begin: at the table's folder, or at that of the files which it was made of."""
    said = (source.schema.metadata or {}) if isinstance(source, pa.Table) else {}
    return Path(said[FOLDER].decode()) if FOLDER in said else (path or Path("table")).resolve().parent


def _load(source: Any, path: Path | None, names: Collection[str]) -> Loaded:
    """The table; where it is in a bucket and names pictures, the folder around it has been listed."""
    loaded = load(source, path, names)
    list_beside(path, loaded.table)
    return loaded


def _lists_in(path: Path) -> tuple[str, ...]:
    from pyarrow import parquet

    return tuple(name for name in parquet.read_schema(path).names if name in OF_A_MODEL) if is_parquet(path) else ()


def _folder_of_pictures(images: str | Path) -> Path:
    if not Path(images).is_dir():
        raise DataError(f"no folder is at '{images}', which --images names; check the path")
    return Path(images).resolve()


def _check_use(images: str | Path | None, chosen: _Chosen, source: Any) -> None:
    if images is not None and chosen.image is None:
        where = f"'{source}'" if isinstance(source, str | Path) else "the table"
        raise DataError(f"--images '{images}' is for image paths, and {where} has no column of them")


def _label_facts(
    labels: pa.ChunkedArray, of_tags: dict[str, Any], predicted: list[str], *, is_text: bool
) -> dict[str, Any]:
    """What is known of the labels; of_tags: the facts of sets, {} for single labels, where a CSV has empty cells.

    predicted: the columns that a file of predictions added.
    """
    blank = {"has_blank_labels": True} if is_text and labels.null_count and not of_tags else {}
    added = {"prediction_columns": predicted} if predicted else {}
    return {"classes": None, "labels_are": labels_are(labels), **blank, **added, **of_tags}


def _with_tags(loaded: Loaded, named: str | None, source: Any) -> tuple[Loaded, str | None, dict[str, Any]]:
    """The table with one text a row where its labels are sets of tags, the label column, and the facts of the sets."""
    tags = of_columns(loaded.table, named) if named is not None else None
    if tags is not None:
        table, label, facts = tags
        return replace(loaded, table=table), label, facts
    label = _find(loaded.table, named, LABEL_NAMES, "label")
    lists = _lists(loaded.table, label) if label is not None else None
    if label is None or lists is None:
        return loaded, named, {}
    metadata = source.schema.metadata if isinstance(source, pa.Table) else None
    classes = (metadata or {}).get(CLASSES)
    names = classes.decode().split("\n") if classes else None
    open_ = _lists(loaded.table, label + UNKNOWN) if label + UNKNOWN in loaded.table.column_names else None
    made = of_sets(lists, names, str(source) if isinstance(source, str | Path) else "table", open_)
    place = loaded.table.column_names.index(label)
    table = loaded.table.set_column(place, label, pa.array(made.texts, pa.string()))
    table = table.drop_columns([label + UNKNOWN]) if open_ is not None else table
    return replace(loaded, table=table), named, made.facts


def _lists(table: pa.Table, name: str) -> list[Any] | None:
    """The values of a column of lists or objects; of texts beside a column of unknown tags, as JSON writes lists."""
    column = table[name]
    if pa.types.is_nested(column.type):
        return column.to_pylist()
    if not (name.endswith(UNKNOWN) or name + UNKNOWN in table.column_names) or not is_text(column.type):
        return None
    texts = [text.strip() if text and text.strip() else None for text in column.to_pylist()]
    found = [tag_sets.listed(text) if text is not None else None for text in texts]
    return found if all(text is None or each is not None for text, each in zip(texts, found, strict=True)) else None


@dataclass(frozen=True)
class _Named:
    """Columns that the user named; None where the default names hold."""

    id: str | None
    label: str | None
    image: str | None
    text: str | None

    @property
    def all(self) -> list[str]:
        return [name for name in (self.id, self.label, self.image, self.text) if name]


@dataclass(frozen=True)
class _Chosen:
    """The columns that make up an example."""

    id: str | None
    label: str
    image: str | None
    text: str | None
    of_others: str | None
    """The medium of an input that is neither a picture nor a text nor features."""

    @property
    def input(self) -> str | None:
        return self.text if self.image is None else self.image

    @property
    def are_features(self) -> bool:
        return self.input is None and self.of_others is None

    @property
    def medium(self) -> str:
        named = "image" if self.image is not None else "text" if self.text is not None else None
        return named or self.of_others or "row"

    @property
    def taken(self) -> set[str | None]:
        """Columns that are no features."""
        return {self.id, self.label, INDEX}


def _chosen(loaded: Loaded, named: _Named, asked: list[str], folders: Sequence[Path]) -> _Chosen:
    """The columns of an example. Raises DataError when there is no label, or the label would be the input."""
    label = _find(loaded.table, named.label, LABEL_NAMES, "label")
    if label is None:
        raise DataError(
            f"no label column among {_listed(loaded.table)}; expected one of {', '.join(LABEL_NAMES)}, "
            f"or name it with --label-column{_beside_data(loaded.table)}"
        )
    image, text, of_others = _inputs(loaded, named.image, named.text, asked, folders)
    if (text if image is None else image) == label:
        raise DataError(f"column '{label}' holds the labels, and the model would read its own answer; name another")
    id = _find(loaded.table, named.id, ID_NAMES, "id") or _index(loaded, image)
    return _Chosen(id, label, image, text, of_others)


def _beside_data(table: pa.Table) -> str:
    """What else to do with predictions that have no label; "" for other tables."""
    is_predicted = any(usual(name) in (*PREDICTED, *LISTS) for name in table.column_names)
    is_predicted |= any(of_prefix(table.column_names, prefix) for prefix in PREFIXES)
    return "; if this file holds predictions alone, choose the data, and this file as --predictions" * is_predicted


def _typed(loaded: Loaded, texts: Collection[str | None]) -> pa.Table:
    """The table with its columns in their types; those of `texts`, and all of a typed source, stay as they are."""
    if not loaded.is_text:
        return loaded.table
    rest = [name for name in loaded.table.column_names if name not in texts]
    return table_in_types(loaded.table, rest, may_have_comma=loaded.separator == ";")[0]


def _with_codes_as_numbers(loaded: Loaded, table: pa.Table, texts: Collection[str | None]) -> pa.Table:
    """The table with columns such as 00123, which are text for filters, as the numbers that a feature can be."""
    for index, name in enumerate(table.column_names):
        if loaded.is_text and name not in texts and is_text(table.schema.field(name).type):
            table = table.set_column(index, name, typed(table[name], keeps_zeros=False))
    return table


def _padded(table: pa.Table, facts: dict[str, Any]) -> list[str]:
    """What to note of features that are numbers although they are written like codes, and are text for filters."""
    numbers = [feature["name"] for feature in facts.get("features", []) if feature["kind"] == "number"]
    codes = [name for name in numbers if is_text(table.schema.field(name).type)]
    return [f"The feature {name} has leading zeros and is read as a number." for name in codes]


def _ids(table: pa.Table, id: str | None) -> Any:
    if id is None:
        return pa.array([str(row) for row in range(table.num_rows)], pa.string())
    return as_text(_blank_is_missing(table[id], keeps_spaces=True), id, "id")


def _check_paths(paths: pa.ChunkedArray, name: str, source: Path | str) -> None:
    """Raise DataError for paths that cannot be the ids, as they are where there is no other column for these."""
    if paths.null_count:
        raise DataError(
            f"{paths.null_count} rows of '{source}' have no path in '{name}', which also gives the ids; remove these "
            "rows, or add a column id"
        )
    repeated = len(paths) - len(paths.unique())
    if repeated:
        raise DataError(
            f"{repeated} rows of '{source}' repeat a path of '{name}', which also gives the ids; ids must be unique: "
            "remove these rows, or add a column id"
        )


def _index(loaded: Loaded, image: str | None) -> str | None:
    """The column of the ids where none is named so: a named index, the image path, an index that has no name."""
    return loaded.index if loaded.index not in (None, INDEX) or image is None else image


def _texts(loaded: Loaded, column: str) -> pa.ChunkedArray:
    texts = loaded.table[column].cast(pa.string())
    return pc.fill_null(texts, "") if loaded.is_text else texts


def _blank_is_missing(column: pa.ChunkedArray, *, keeps_spaces: bool = False) -> pa.ChunkedArray:
    """A column whose empty strings are null; strings of white space alone too, unless they are kept."""
    if not is_text(column.type):
        return column
    words = column if keeps_spaces else pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(words, ""), pa.scalar(None, column.type), column)


def _inputs(
    loaded: Loaded, image_column: str | None, text_column: str | None, features: list[str], folders: Sequence[Path]
) -> tuple[str | None, str | None, str | None]:
    """The column of images, that of texts, or the medium that claims the table; three None where it holds features.

    What is named wins over what is found by its name.
    """
    table = loaded.table
    named = {"--image-column": image_column, "--text-column": text_column, "--feature-columns": features}
    given = [option for option, value in named.items() if value]
    if len(given) > 1:
        raise DataError(f"{' and '.join(given)} name two media; an example is a picture, a text or a row: keep one")
    if image_column:
        return _find(table, image_column, (), "image"), None, None
    if text_column:
        column = str(_find(table, text_column, (), "text"))
        if not is_text(table.schema.field(column).type):
            raise DataError(
                f"text column '{text_column}' is of {table.schema.field(column).type}; "
                "texts are strings: convert the column to text first"
            )
        return None, column, None
    if features:
        return None, None, None
    return _found_inputs(loaded, folders)


def _found_inputs(loaded: Loaded, folders: Sequence[Path]) -> tuple[str | None, str | None, str | None]:
    """The inputs by the names of columns and by what they hold."""
    table = loaded.table
    of_others = claimed(table.schema)
    if of_others is not None:
        return None, None, of_others
    for name in _matches(table, IMAGE_NAMES):
        column = table[name]
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
            raise DataError(
                f"the image column '{name}' holds {column.type}; HEM reads paths of image files: write the pictures to "
                "files and their paths into this column, or name another one with --image-column"
            )
        if is_text(column.type) and holds_pictures(column, name, folders):
            return name, None, None
    for name in _matches(table, TEXT_NAMES):
        column = table[name]
        is_number = loaded.is_text and name.casefold() in WORDS_ALONE and not is_text(typed(column).type)
        if is_text(column.type) and not is_number:
            return None, name, None
    others = [name for name in table.column_names if is_text(table.schema.field(name).type)]
    picture_column = next((name for name in others if is_full_of_pictures(table[name], folders)), None)
    return picture_column, None, None


def _features(table: pa.Table, path: Path | None, names: list[str], chosen: _Chosen) -> dict[str, Any]:
    taken = chosen.taken
    if names and names != ["*"]:
        return {"features": named_features(table, names, taken=taken), "are_features_named": True, "left_out": {}}
    if not names and (has_predictions(path, table) or _has_class_columns(table, chosen.label)):
        return {"features": []}
    features, left_out = all_features(table, taken=taken)
    if names and not features:
        raise DataError(f"no column can be a feature among {_listed(table)}; name them one by one")
    return {"features": features, "are_features_named": bool(names), "left_out": left_out}


def _has_class_columns(table: pa.Table, label: str) -> bool:
    """Whether columns are probabilities or logits of the classes; a best class alone can be a feature."""
    found = class_columns(table, Counter(as_text(table[label], label, "label").drop_null().to_pylist()))
    return found is not None and bool(found.of)


def _find(table: pa.Table, named: str | None, defaults: tuple[str, ...], what: str) -> str | None:
    """The column that is named, or the first that has a default name, in upper or lower case."""
    if named is None:
        return next(iter(_matches(table, defaults)), None)
    column = next(iter(_matches(table, (named,))), None)
    if column is None:
        raise DataError(f"no {what} column '{named}'; there are: {_listed(table)}")
    return column


def _matches(table: pa.Table, names: Sequence[str]) -> list[str]:
    """The columns that have one of these names, in their order; where none is written so, in upper or lower case.

    Raises DataError where two columns differ from a name by their case alone.
    """
    columns = []
    for name in names:
        alike = [column for column in table.column_names if column.casefold() == name.casefold()]
        if name in alike:
            columns.append(name)
        elif len(alike) > 1:
            raise DataError(f"the columns {' and '.join(alike)} could both be '{name}'; rename one of them")
        else:
            columns += alike
    return columns


def _listed(table: pa.Table) -> str:
    return ", ".join(name for name in table.column_names if name != INDEX)
