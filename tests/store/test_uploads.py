"""Files given in the browser: stored once, under a name of ours."""

import io
import zipfile

import pytest

from hem_core.errors import RunError
from hem_core.store.uploads import keep_upload, plain_name, unpacked


def test_the_same_bytes_are_stored_once_and_another_suffix_is_another_file(tmp_path):
    first = keep_upload(tmp_path, "answers.csv", io.BytesIO(b"a,b\n"))
    assert first.read_bytes() == b"a,b\n"
    assert first.parent.parent == tmp_path / "uploads"
    assert keep_upload(tmp_path, "again.csv", io.BytesIO(b"a,b\n")) == first
    assert keep_upload(tmp_path, "answers.tsv", io.BytesIO(b"a,b\n")).parent == first.parent
    assert keep_upload(tmp_path, "answers.csv", io.BytesIO(b"c\n")).parent != first.parent


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\my table.csv", "my-table.csv"),
        (".hidden", "hidden"),
        ("..", "data"),
        ("données.csv", "donn-es.csv"),
        ("a" * 200 + ".parquet", "a" * 72 + ".parquet"),
    ],
)
def test_no_name_of_a_browser_is_trusted(tmp_path, name, plain):
    assert plain_name(name) == plain
    assert keep_upload(tmp_path, name, io.BytesIO(b"x")).parent.parent == tmp_path / "uploads"


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "uploads").write_text("a file in the way")
    with pytest.raises(RunError, match="cannot be kept"):
        keep_upload(tmp_path, "a.csv", io.BytesIO(b"x"))


@pytest.fixture
def archive(tmp_path):
    """archive({name: text}): an uploaded ZIP of these files."""

    def make(files):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            for name, text in files.items():
                made.writestr(name, text)
        return keep_upload(tmp_path, "photos.zip", file)

    return make


def test_an_archive_is_its_table_with_the_pictures_beside_it_or_its_folder(archive):
    table = unpacked(archive({"photos/predictions.csv": "a", "photos/images/1.png": "x", "__MACOSX/._a": ""}))
    assert table.name == "predictions.csv"
    assert (table.parent / "images" / "1.png").read_text() == "x"
    assert unpacked(archive({"cat/1.png": "x", "dog/2.png": "y"})).name == "photos"
    assert unpacked(table) == table


def test_an_archive_leads_nowhere_else_and_a_damaged_one_or_a_bomb_leaves_nothing(archive, tmp_path):
    inside = unpacked(archive({"../../../out.csv": "a", "b/c.txt": ""}))
    assert not (tmp_path.parent / "out.csv").exists()
    assert tmp_path / "uploads" in inside.parents
    broken = keep_upload(tmp_path, "broken.zip", io.BytesIO(b"PK no archive"))
    with pytest.raises(RunError, match=r"broken\.zip cannot be unpacked"):
        unpacked(broken)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros.csv", bytes(300 << 20))
    path = keep_upload(tmp_path, "bomb.zip", bomb)
    with pytest.raises(RunError, match="200 times"):
        unpacked(path)
    assert [one.name for one in path.parent.iterdir()] == ["bomb.zip"]
