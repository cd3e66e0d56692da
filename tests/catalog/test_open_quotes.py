"""A quotation mark that is left open makes one cell of many rows; a text of many lines is one cell."""

import time

import pytest

from hem_core import catalog as catalogs
from hem_core.errors import DataError

SEPARATORS = {",": "x.csv", ";": "x.csv", "\t": "x.tsv", "|": "x.txt"}
MANY = "".join(f"{k},row {k},{'cat' if k % 2 else 'dog'}\n" for k in range(10, 3_000))


def read(tmp_path, text, name="x.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return catalogs.read(path)


def rows(*lines):
    return "\n".join(["id,text,label", *lines]) + "\n"


BEFORE = ("1,a,cat", "2,b,dog", "3,c,cat", "4,d,dog")
OPEN = {
    "closed by the next cell that is quoted": (
        rows(*BEFORE, '5,"open,cat', "6,b,dog", '7,"fine",cat'),
        "line 6 of '.*' opens is closed in the middle of a cell of line 8",
    ),
    "closed in front of a separator": (
        rows(*BEFORE, '5,"open,cat', '6,nine inch",dog'),
        "line 6 of '.*' opens is closed on line 7, and the text in between looks like rows",
    ),
    "closed thousands of lines later": (
        rows(*BEFORE) + '5,"open,cat\n' + MANY + '9000,nine inch",dog\n9001,x,cat\n',
        "line 6 of '.*' opens is closed on line 2,997, and the text in between looks like rows",
    ),
    "thousands of lines without an end": (
        rows(*BEFORE) + '5,"open,cat\n' + MANY,
        "line 6 of '.*' opens is never closed",
    ),
    "in the last column": (
        rows(*BEFORE, '5,e,"cat', '6,f,dog"', "7,g,cat"),
        "line 6 of '.*' opens is closed on line 7, and the text in between looks like rows",
    ),
    "in the first column": (
        rows(*BEFORE, '"5,e,cat', '6",f,dog', "7,g,cat"),
        "line 6 of '.*' opens is closed on line 7",
    ),
    "after a text of several lines": (
        rows(*BEFORE, '5,"two', 'lines",cat', '6,"open,dog', '7,nine inch",cat'),
        "line 8 of '.*' opens is closed on line 9",
    ),
    "where rows are too long for it": (
        rows(*BEFORE, '5,"open,cat', '6,"six,seven",dog', "7,g,cat"),
        "line 6 of '.*' opens is closed in the middle of a cell of line 7",
    ),
}


@pytest.mark.parametrize("case", OPEN)
@pytest.mark.parametrize("separator", SEPARATORS)
def test_rows_that_an_open_quotation_mark_swallows_are_refused_with_its_line(tmp_path, case, separator):
    text, error = OPEN[case]
    with pytest.raises(DataError, match=error) as caught:
        read(tmp_path, text.replace(",", separator), SEPARATORS[separator])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("first", "end"), [("sep=,\n", "\r\n"), ("\n", "\r")])
def test_the_line_is_that_of_the_file_whatever_ends_lines_and_stands_before_the_header(tmp_path, first, end):
    text = first + rows(*BEFORE, '5,"open,cat', '6,nine inch",dog')
    with pytest.raises(DataError, match=r"line 7 of '.*' opens is closed on line 8"):
        read(tmp_path, text.replace("\n", end), encoding="utf-16")


LEGITIMATE = {
    "an address": '5,"12 Main St, Springfield\nIllinois, USA",cat',
    "a poem": '5,"Roses are red,\nviolets are blue,\nsugar is sweet,\nand so are you",dog',
    "quotation marks inside": '5,"she said ""yes,\nI will"", and left",cat',
    "a small table": '5,"a,b\n1,2\n3,4",cat',
    "a space after the quotation mark": '5,"one\ntwo" ,cat',
    "an empty line inside": '5,"one\n\nthree",cat',
    "the last cell of the file": '5,e,"cat\n"',
    "a mark for inches": '5,nine" inch,cat',
}


@pytest.mark.parametrize("line", LEGITIMATE.values(), ids=LEGITIMATE)
def test_a_text_of_several_lines_is_one_cell(tmp_path, line):
    assert read(tmp_path, rows(*BEFORE, line, "6,f,dog")).num_rows == 6


def test_a_cell_of_very_many_lines_is_noted(tmp_path):
    table = read(tmp_path, rows(*BEFORE, '5,"' + "word\n" * 300 + '",cat'))
    assert catalogs.info(table)["notes"] == [
        "One cell of x.csv takes the lines 6 to 306: is its quotation mark closed?"
    ]


def test_twenty_thousand_texts_of_several_lines_are_checked_in_a_second(tmp_path):
    lines = [f'{k},"one, two,\nthree, ""four""\nfive, six",{"cat" if k % 2 else "dog"}' for k in range(20_000)]
    began = time.monotonic()
    assert read(tmp_path, rows(*lines)).num_rows == 20_000
    assert time.monotonic() - began < 10  # alone: 1
