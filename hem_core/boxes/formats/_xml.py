"""XML of a stranger, read without ever expanding an entity: a file with a DOCTYPE is refused before it is parsed."""

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
    """An element as UTF-8, with the declaration and the last line end of the file that it replaces."""
    has_declaration = like.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml")
    content = ET.tostring(root, encoding="utf-8", xml_declaration=has_declaration)
    return content + (b"\n" if not like or like.endswith(b"\n") else b"")


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
