"""CSV and JSON as people have them: encodings, separators, odd headers, long cells, damaged rows."""

import bz2
import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hem_core.catalog as catalogs
from hem_core.errors import DataError

PLAIN = "id,age,label\n007,1.5,yes\n008,-2,no\n"
EXPECTED = [{"id": "007", "label": "yes", "age": 1.5}, {"id": "008", "label": "no", "age": -2.0}]


def stored(path, text, encoding="utf-8"):
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_an_encoding_of_unicode_and_any_line_end_give_the_same_table(tmp_path, encoding, newline):
    path = stored(tmp_path / "x.csv", PLAIN.replace("\n", newline), encoding)
    assert catalogs.read(path).to_pylist() == EXPECTED


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "x.txt", "x.tsv"])
def test_the_separator_is_found_whatever_the_suffix(tmp_path, separator, name):
    assert catalogs.read(stored(tmp_path / name, PLAIN.replace(",", separator))).to_pylist() == EXPECTED


@pytest.mark.parametrize("name", ["x.csv.gz", "x.Csv.GZ", "x.csv"])
def test_compression_is_told_by_the_first_bytes(tmp_path, name):
    assert catalogs.read(stored(tmp_path / name, gzip.compress(PLAIN.encode()))).to_pylist() == EXPECTED
    assert catalogs.read(stored(tmp_path / "y.csv.bz2", bz2.compress(PLAIN.encode()))).to_pylist() == EXPECTED


@pytest.mark.parametrize("name", ["X.PARQUET", "x.pq"])
def test_a_parquet_suffix_is_read_in_any_case(tmp_path, name):
    pq.write_table(pa.table({"id": ["007", "008"], "age": [1.5, -2], "label": ["yes", "no"]}), tmp_path / name)
    assert catalogs.read(tmp_path / name).to_pylist() == EXPECTED


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.ndjson", "x.json"])
def test_json_is_read_in_lines_or_as_one_list(tmp_path, name):
    lines = '{"id": "007", "age": 1.5, "label": "yes"}\n{"id": "008", "age": -2, "label": "no"}\n'
    data = gzip.compress(lines.encode()) if name.endswith("gz") else lines
    assert catalogs.read(stored(tmp_path / name, data)).to_pylist() == EXPECTED
    listed = "[" + lines.strip().replace("\n", ",") + "]"
    assert catalogs.read(stored(tmp_path / "y.json", listed)).to_pylist() == EXPECTED


def test_a_name_that_is_looked_for_decides_between_two_separators(tmp_path):
    path = stored(tmp_path / "x.csv", "Größe, cm;Label\n1,5;a\n2,5;b\n")
    assert catalogs.read(path).to_pylist() == [
        {"id": "0", "label": "a", "Größe, cm": 1.5},
        {"id": "1", "label": "b", "Größe, cm": 2.5},
    ]


def test_decimal_commas_of_a_semicolon_file_are_numbers_and_its_dots_thousands(tmp_path):
    text = "sep=;\nid;x;y;z;label\n1;0,5;1.234;0.5;a\n2;-1,25;12.345;0.25;b\n"
    table = catalogs.read(stored(tmp_path / "x.csv", text), feature_columns="x,y,z")
    assert table.select(["x", "y", "z"]).to_pylist() == [
        {"x": 0.5, "y": 1234.0, "z": 0.5},
        {"x": -1.25, "y": 12345.0, "z": 0.25},
    ]


def test_separators_and_line_breaks_inside_quotes_are_part_of_the_cell(tmp_path):
    path = stored(tmp_path / "x.csv", 'id;text;label\n1;"a; ""b"",\nc";x\n2;"d;;;;e";y\n')
    assert catalogs.read(path)["text"].to_pylist() == ['a; "b",\nc', "d;;;;e"]


def test_windows_1252_is_read_and_noted(tmp_path):
    path = stored(tmp_path / "x.csv", "id,text,label\n1,it’s a café – 5€,Bär\n", "cp1252")
    table = catalogs.read(path)
    assert (table["text"][0].as_py(), table["label"][0].as_py()) == ("it’s a café – 5€", "Bär")
    (note,) = catalogs.info(table)["notes"]
    assert note.startswith("x.csv is not UTF-8 and was read as Windows-1252, first on line 2;")


@pytest.mark.parametrize(
    ("text", "encoding"), [("猫,犬ソ", "shift-jis"), ("привет,мир", "cp1251"), ("中文,标签", "gbk")]
)
def test_other_encodings_are_refused_with_the_line(tmp_path, text, encoding):
    with pytest.raises(DataError, match=r"line 2 of '.*x.csv' is not UTF-8 \(byte 0x.*save the file as UTF-8"):
        catalogs.read(stored(tmp_path / "x.csv", f"text,label\n{text}\n", encoding))


def test_one_bad_byte_in_utf8_is_no_other_encoding(tmp_path):
    with pytest.raises(DataError, match=r"line 3 of '.*x.csv' is not UTF-8 \(byte 0xff\); correct that line"):
        catalogs.read(stored(tmp_path / "x.csv", "id,label\n1,Bär\n2,".encode() + b"\xff\n"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is empty; the first row names the columns"),
        ("\n\n", "is empty"),
        ("id,label\n", "has no examples"),
        ("id,x,x,label\n1,2,3,a\n", "the column 'x' is in '.*' 2 times"),
        (
            'id,text,label\n1,"a\nb",x\n2,c,y,z\n3,d\n',
            r"line 4 of '.*' has 4 cells and the header 3 \(2 such rows\): 2,c",
        ),
        ('id,text,label\n1,a,x\n2,b,"y\n3,c,z\n', "the quotation mark that line 3 of '.*' opens is never closed"),
        ("id,text,label\n1,a\0b,x\n", r"line 2 of '.*' has a NUL byte; .*tr -d '\\000'"),
        ("id,Label,LABEL\n1,a,b\n", "the columns Label and LABEL could both be 'label'"),
        (b"PK\x03\x04rest", "is a zip archive or a spreadsheet, not text"),
        (b"PAR1rest", "is Parquet, not text"),
        (gzip.compress(PLAIN.encode() * 100, mtime=0)[:40], "cannot decompress '.*' as gzip"),
    ],
)
def test_a_damaged_file_is_one_line_that_says_where(tmp_path, text, error):
    with pytest.raises(DataError, match=error) as caught:
        catalogs.read(stored(tmp_path / "x.csv", text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"id": 1, "label": 2}\n{"id":\n', "line 2 of '.*' is not JSON"),
        ('{"id": 1, "label": 2}\n[1]\n', "line 2 of '.*' is a list; expected one object per line"),
        ('{"id": "\\ud800", "label": 2}\n', "half of a surrogate pair"),
        ('{"images": [1], "label": 2}\n', "is one object with images, label; expected one object per row"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_damaged_json_is_one_line_that_says_where(tmp_path, text, error):
    with pytest.raises(DataError, match=error):
        catalogs.read(stored(tmp_path / "x.json", text))


def test_a_cell_longer_than_a_block_is_read(tmp_path):
    long = "abc, " * 1_200_000
    table = catalogs.read(stored(tmp_path / "x.csv", f'id,text,label\n1,"{long}",a\n2,short,b\n'))
    assert [len(text) for text in table["text"].to_pylist()] == [6_000_000, 5]


def test_headers_with_spaces_other_cases_and_empty_ends_are_understood(tmp_path):
    path = stored(tmp_path / "x.csv", "ID, Text, Label,\n1, hello, x,\n2, so long, y,\n")
    assert catalogs.read(path).to_pylist() == [
        {"id": "1", "label": "x", "text": "hello"},
        {"id": "2", "label": "y", "text": "so long"},
    ]
    path = stored(tmp_path / "y.csv", ",Feature A,TARGET\n0,2,a\n1,3,b\n")
    table = catalogs.read(path, feature_columns="feature a")
    assert table.to_pylist() == [
        {"id": "0", "label": "a", "unnamed": 0, "Feature A": 2.0},
        {"id": "1", "label": "b", "unnamed": 1, "Feature A": 3.0},
    ]


def pictures(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(folder / name)


@pytest.mark.parametrize("name", ["image_path", "img", "filepath", "file_name", "Image_File", "photo", "uri", "xray"])
def test_a_column_of_picture_paths_is_found_by_its_name_or_its_values(tmp_path, name):
    pictures(tmp_path, "im/a.png")
    table = catalogs.read(stored(tmp_path / "x.csv", f"{name},age,label\nim/a.png,3,a\nim/gone.png,4,b\n"))
    facts = catalogs.info(table)
    assert (facts["medium"], facts["root"]) == ("image", str(tmp_path))
    assert table["id"].to_pylist() == table["image"].to_pylist() == ["im/a.png", "im/gone.png"]


def test_a_column_named_file_that_holds_no_pictures_is_a_feature(tmp_path):
    facts = catalogs.info(catalogs.read(stored(tmp_path / "x.csv", "filename,label\na.txt,x\nb.txt,y\n")))
    assert (facts["medium"], facts["features"]) == ("row", [{"name": "filename", "kind": "category"}])


def test_paths_below_the_working_folder_and_with_backslashes_are_found_and_noted(tmp_path, monkeypatch):
    pictures(tmp_path, "im/a.png")
    (tmp_path / "lists").mkdir()
    monkeypatch.chdir(tmp_path)
    table = catalogs.read(stored(tmp_path / "lists" / "x.csv", "path,label\nim\\a.png,a\n"))
    facts = catalogs.info(table)
    assert (table["id"][0].as_py(), table["image"][0].as_py(), facts["root"]) == (
        "im\\a.png",
        "im/a.png",
        str(tmp_path),
    )
    assert len(facts["notes"]) == 2
    absolute = f"uri,label\nfile://{tmp_path}/im/a.png,a\n"
    assert catalogs.read(stored(tmp_path / "y.csv", absolute))["image"].to_pylist() == [f"{tmp_path}/im/a.png"]


def test_addresses_and_pictures_inside_a_column_are_refused_with_the_way_out(tmp_path):
    with pytest.raises(
        DataError, match=r"holds addresses such as 'https://b/a.png'; HEM reads files, local or in a bucket: download"
    ):
        catalogs.read(stored(tmp_path / "x.csv", "image,label\nhttps://b/a.png,a\n"))
    inside = pa.table({"image": pa.array([{"bytes": b"x", "path": "a"}]), "label": ["a"]})
    with pytest.raises(DataError, match=r"the image column 'image' holds struct.*write the pictures to files"):
        catalogs.read(inside)


def test_a_table_of_predictions_alone_is_told_to_go_beside_its_data(tmp_path):
    (tmp_path / "p.csv").write_text("file name,pred,confidence\na.png,cat,0.9\n")
    with pytest.raises(DataError, match=r"no label column among file name, .*choose the data, and this file as --pred"):
        catalogs.read(tmp_path / "p.csv")
    (tmp_path / "x.csv").write_text("colour,size\nred,3\n")
    with pytest.raises(DataError, match=r"or name it with --label-column$"):
        catalogs.read(tmp_path / "x.csv")
