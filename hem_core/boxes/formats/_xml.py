"""Untrusted XML, read without expanding entities: a file with a DOCTYPE is refused before it is parsed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.parsers import expat

from hem_core.errors import DataError


def parse(content: bytes) -> ET.Element:
    """The root element, comments included. Raises DataError for what is no XML, and for a DOCTYPE."""
    _refuse_doctype(content)
    builder = ET.TreeBuilder(insert_comments=True)
    try:
        return ET.fromstring(content, ET.XMLParser(target=builder))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise DataError(f"it is no XML: {error}") from error


def text(root: ET.Element, like: bytes) -> bytes:
    """An element as UTF-8, with what stands around it in the file that it replaces; b"" for a new file."""
    start, end = like.find(f"<{root.tag}".encode()), like.rfind(b">") + 1
    if start < 0 or not _is_utf8(like[:start]):
        return ET.tostring(root, encoding="utf-8", xml_declaration=bool(like)) + b"\n"
    root.tail = None
    return like[:start] + ET.tostring(root, encoding="unicode").encode() + like[_after(like, root.tag, end) :]


def _is_utf8(declaration: bytes) -> bool:
    return b"encoding" not in declaration or b"utf-8" in declaration.lower()


def _after(content: bytes, tag: str, otherwise: int) -> int:
    """Where the root element ends."""
    closing = f"</{tag}>".encode()
    return content.rindex(closing) + len(closing) if closing in content else otherwise


def _refuse_doctype(content: bytes) -> None:
    def refuse(*_parts: object) -> None:
        raise DataError("it has a DOCTYPE, which may define entities; remove it")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DataError(f"it is no XML: {error}") from error
