"""Calls and answers in XML: values that cannot break out of their place, answers as the JSON they would have been."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from lxml import etree

from channels.errors import SettingRefused
from channels.website.system.templates import PLACE

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, in whatever form."""

QUOTES = {'"': "&quot;", "'": "&apos;"}


def escaped(text: str) -> str:
    """Text for an element or an attribute."""
    return escape(NO_XML.sub("", text), QUOTES)


def require_xml(template: str, charset: str) -> None:
    """Raises SettingRefused: whatever is put in, it is no document; or it names what is no text."""
    names = {found["name"] for found in PLACE.finditer(template)}
    if "files" in names:
        raise SettingRefused("A list such as {files} has no form in XML: name single values.", files="{{files}}")
    try:
        _parsed(PLACE.sub("0", template).encode(charset, "xmlcharrefreplace"))
    except etree.XMLSyntaxError as error:
        raise SettingRefused("This is no XML ({reason}): correct it.", reason=error.msg) from None


def read(body: bytes) -> object:
    """An answer as names and texts; None where it is no XML. Elements of one name beside each other are a list."""
    try:
        root = _parsed(body)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return {_name(root.tag): _value(root)}


def _parsed(body: bytes) -> etree._Element:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _value(element: etree._Element) -> object:
    found: dict[str, object] = {f"@{_name(name)}": value for name, value in element.attrib.items()}
    for child in element.iterchildren("*"):
        name, value = _name(child.tag), _value(child)
        before = found.get(name)
        if isinstance(before, list):
            before.append(value)
        else:
            found[name] = value if before is None else [before, value]
    return found or (element.text or "").strip()


def _name(tag: object) -> str:
    return str(tag).rpartition("}")[2]
