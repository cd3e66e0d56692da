"""A text file as UTF-8, whatever it was saved in: compressed or not, with a byte order mark, UTF-16, Windows-1252."""

from __future__ import annotations

import codecs
import re
import zlib
from pathlib import Path

import pyarrow as pa

from hem_core.errors import DataError
from hem_core.paths import read_file

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}
NOT_TEXT = {b"PK\x03\x04": "a zip archive or a spreadsheet", b"PAR1": "Parquet", b"\xd0\xcf\x11\xe0": "a spreadsheet"}
HEAD = 65_536
FOREIGN = re.compile(rb"[\x80-\xff]{4}")
"""So many letters beyond ASCII in a row are a word in Cyrillic, Greek or Chinese, not one of Western Europe."""
WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽžŸ‘’“”–—…€°£§«»•·©®™\xa0¡¿ºª²³µ½±×´"
)
"""What stands in Western texts beyond ASCII; other letters of Windows-1252 are a sign of another encoding."""
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def read_utf8(path: Path) -> tuple[bytes, list[str]]:
    """The file's text in UTF-8 without a byte order mark, and what is worth noting about it.

    Raises DataError, with the line where there is one, for a file that cannot be decompressed, decoded, or is no text.
    """
    data = _unpacked(path)
    for magic, what in NOT_TEXT.items():
        if data.startswith(magic):
            raise DataError(f"'{path}' is {what}, not text; save the table as CSV in UTF-8, or name it by its format")
    encoding, start = _encoding(data)
    notes: list[str] = []
    if encoding == "utf-8":
        text, notes = _utf8(data[start:], path)
    else:
        text = _decoded(data[start:], encoding, path).encode()
    if b"\x00" in text:
        raise DataError(
            f"line {_line(text, text.index(0))} of '{path}' has a NUL byte; the file may be cut or binary. "
            "Remove the NUL bytes, for instance with tr -d '\\000'"
        )
    return text, notes


def _unpacked(path: Path) -> bytes:
    data = read_file(path)
    compression = next((name for magic, name in MAGIC.items() if data.startswith(magic)), None)
    if compression is None:
        return data
    try:
        with pa.input_stream(pa.BufferReader(data), compression=compression) as stream:
            return stream.read()
    except (OSError, pa.ArrowException, zlib.error) as error:
        raise DataError(f"cannot decompress '{path}' as {compression}: {error}; the file may be cut") from error


def _encoding(data: bytes) -> tuple[str, int]:
    """The encoding by its mark, or by where the NUL bytes of the first letters are; and where the text begins."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name, len(mark)
    head = data[: HEAD - HEAD % 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) > 3 and max(even, odd) > len(head) // 8 and min(even, odd) * 20 < max(even, odd):
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return "utf-8", 0


def _decoded(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"'{path}' is not valid {encoding.upper()}: {error.reason}; save it as UTF-8") from error


def _utf8(data: bytes, path: Path) -> tuple[bytes, list[str]]:
    """The text, from Windows-1252 where it is no UTF-8 at all. Raises DataError for damaged UTF-8 and the like."""
    try:
        data.decode()
        return data, []
    except UnicodeDecodeError as error:
        line, byte = _line(data, error.start), data[error.start]
    wrong = f"line {line} of '{path}' is not UTF-8 (byte 0x{byte:02x})"
    if _MULTIBYTE.search(data):  # so the rest is UTF-8, and would be turned into other letters
        raise DataError(f"{wrong}; correct that line, or save the file as UTF-8")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise DataError(f"{wrong}, nor Windows-1252; save the file as UTF-8") from error
    beyond = [letter for letter in text if letter > "\x7f"]
    odd = sum(letter not in WESTERN for letter in beyond)
    if FOREIGN.search(data) or odd * 10 > len(beyond):
        raise DataError(f"{wrong}, and does not look like Windows-1252; save the file as UTF-8")
    return text.encode(), [
        f"{path.name} is not UTF-8 and was read as Windows-1252, first on line {line}; if letters look wrong, save it "
        "as UTF-8."
    ]


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
