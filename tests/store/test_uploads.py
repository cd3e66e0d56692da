"""Files given in the browser: stored once, under a name of ours."""

import contextlib
import io
import zipfile

import pytest

from hem_core.errors import RunError
from hem_core.store import uploads
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

    def make(files, name="photos.zip", compression=zipfile.ZIP_STORED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as made:
            for inside, text in files.items():
                made.writestr(inside, text)
        return keep_upload(tmp_path, name, file)

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


def test_what_other_systems_hide_in_an_archive_is_no_table(archive):
    assert unpacked(archive({"d/a.csv": "a", "d/._a.csv": "x", "d/b.csv/c.txt": ""})).name == "a.csv"
    assert unpacked(archive({"1.png": "x", "2.png": "y"}, "answers.csv.zip")).is_dir()
    assert unpacked(archive({"1.png": "x", "3.png": "y"}, "answers.csv.zip")).suffix == ""


@pytest.mark.parametrize("at", range(40, 240, 20))
def test_an_archive_with_spoiled_bytes_is_damaged_or_still_read(archive, tmp_path, at):
    whole = archive({"a.csv": "0123456789" * 400}, compression=zipfile.ZIP_LZMA).read_bytes()
    spoiled = whole[:at] + bytes(255 - byte for byte in whole[at : at + 8]) + whole[at + 8 :]
    upload = keep_upload(tmp_path, "spoiled.zip", io.BytesIO(spoiled))
    with contextlib.suppress(RunError):
        assert unpacked(upload).is_file()


def test_an_archive_of_too_many_files_is_refused(archive, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    with pytest.raises(RunError, match=r"its 3 files would take .* unpack it yourself"):
        unpacked(archive({"1": "", "2": "", "3": ""}))
