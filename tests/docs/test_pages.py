"""The documentation describes every item, in pages that are made of the item's own file."""

import importlib
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

import app.views
import hem_core.export
import hem_core.mining
import hem_core.selection.policies
import hem_core.tasks
from hem_core import folder, scores

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site():
    """The module that writes the generated pages."""
    sys.path.insert(0, str(ROOT / "docs"))
    yield importlib.import_module("pages")
    sys.path.remove(str(ROOT / "docs"))


def test_nothing_lacks_words(site):
    assert site.missing() == []


def test_every_item_has_a_page(site):
    packages = {
        "scores": scores,
        "formats": hem_core.export,
        "policies": hem_core.selection.policies,
        "tasks": hem_core.tasks,
        "views": app.views,
    }
    kinds = site.all_kinds()
    for kind, package in packages.items():
        assert sorted(kinds[kind].pages()) == folder.names(package)
    titles = {text.partition("\n")[0] for text in kinds["mining"].pages().values()}
    assert titles == {f"# {name}" for name in hem_core.mining.names()}


def test_nothing_is_described_on_two_pages(site):
    described = re.compile(r"^`+\{py:(?:function|class|module)\} ([\w.]+)", re.MULTILINE)
    pages = [text for kind in site.all_kinds().values() for text in kind.pages().values()]
    names = Counter(name for text in pages for name in described.findall(text))
    assert len(names) > 100
    assert [name for name, n in names.items() if n > 1] == []


def test_every_option_of_every_command_is_on_its_page(site):
    from typer.testing import CliRunner

    from hem_core.cli import hem

    pages = site.all_kinds()["commands"].pages()
    for name, page in pages.items():
        said = CliRunner().invoke(hem, [name, "--help"], env={"COLUMNS": "200"}).stdout
        options = set(re.findall(r"^│ \*? *(--[a-z-]+)", said, re.MULTILINE)) - {"--help"}
        assert options == set(re.findall(r"(--[a-z-]+)[^|]*` \|", page)), name


@pytest.mark.slow
def test_the_same_tree_gives_the_same_pages_and_an_index_of_each_kind(site, tmp_path):
    first = {path.relative_to(tmp_path / "a"): path.read_text() for path in site.write(tmp_path / "a")}
    again = {path.relative_to(tmp_path / "b"): path.read_text() for path in site.write(tmp_path / "b")}
    assert first == again
    assert not [path for path, text in first.items() if str(tmp_path) in text or str(ROOT) in text]
    assert "| [margin](margin.md) | How far the best other class is ahead" in first[Path("scores/index.md")]
    assert "| formula | max over k != y of z_k, minus z_y |" in first[Path("scores/margin.md")]
    assert "pd.read_parquet(FOLDER" in first[Path("formats/parquet.md")]
    assert "`margin.by`" in first[Path("policies/margin.md")]


@pytest.mark.parametrize(
    ("package", "name", "text", "wanted"),
    [
        (scores, "speechless_score", "def speechless_score(logits): ...", "score speechless_score: no formula"),
        (
            hem_core.selection.policies,
            "wordless",
            'def wordless(pool, n, *, by=""):\n    """The first n of the pool, in its order."""\n',
            "policy wordless: the docstring does not mention the option 'by'",
        ),
        (
            hem_core.export,
            "wordless",
            'README = "## Wordless"\ndef write(examples, folder): ...\n',
            "format wordless: README shows no code that reads it",
        ),
        (hem_core.tasks, "wordless", "", "task wordless: its file has no docstring"),
    ],
)
def test_a_new_item_without_words_is_named(site, package, name, text, wanted, tmp_path, monkeypatch):
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (tmp_path / f"{name}.py").write_text(text)
    assert any(line.startswith(wanted) for line in site.missing())


def test_a_new_page_of_the_app_and_an_option_without_help_are_named(site, tmp_path, monkeypatch):
    import hem_core.cli

    monkeypatch.setattr(app.views, "__path__", [*app.views.__path__, str(tmp_path / "views")])
    monkeypatch.setattr(hem_core.cli, "__path__", [*hem_core.cli.__path__, str(tmp_path)])
    (tmp_path / "views" / "silent").mkdir(parents=True)
    (tmp_path / "views" / "silent" / "__init__.py").write_text('"""Silent: one sentence alone."""')
    (tmp_path / "mute.py").write_text('def mute(n: int = 1) -> None:\n    """Do nothing."""\n')
    lines = site.missing()
    assert any(line.startswith("page silent: the docstring of app/views/silent says") for line in lines)
    assert "command mute: no help for --n" in lines


def test_the_pages_written_by_hand_are_in_the_site():
    index = (ROOT / "docs" / "index.md").read_text()
    for path in (ROOT / "docs").glob("*.md"):
        assert path.stem == "index" or f"\n{path.stem}\n" in index, f"docs/index.md does not list {path.name}"
