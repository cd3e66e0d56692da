"""Files given in the browser: stored once, under a name of ours."""

import io

import pytest

from hem_core.errors import RunError
from hem_core.store.uploads import keep_upload, plain_name


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
