"""The Word file by the newspaper's own template, with the fields of docxtpl in it."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import BadZipFile

from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from channels.errors import ProductRefused
from channels.markup import NOT_XML
from channels.newspaper.piece import Piece
from channels.newspaper.plain import text_lines
from channels.newspaper.word import without_dates


def templated_file(piece: Piece, template: Path) -> bytes:
    """The bytes of a .docx file. Raises ProductRefused: the template is not there, or not what it should be."""
    fields = {
        "title": piece.title,
        "column_title": piece.column_title,
        "byline": piece.byline,
        "office": piece.office_name,
        "date": f"{piece.made_at:%Y}年{piece.made_at.month}月{piece.made_at.day}日",
        "characters": piece.characters,
        "paragraphs": list(text_lines(piece.content)),
        "text": "\n".join(text_lines(piece.content)),
        "captions": [piece.caption(sha256) for sha256 in piece.pictures],
    }
    try:
        document = DocxTemplate(str(template))
        document.render(_clean(fields), SandboxedEnvironment(), autoescape=True)
        buffer = io.BytesIO()
        document.save(buffer)
    except (OSError, ValueError, KeyError, BadZipFile, OpcError, TemplateError) as error:
        raise ProductRefused(
            "The newspaper's template {path} cannot be used ({reason}): correct it, or the setting template.",
            path=template,
            reason=str(error) or type(error).__name__,
        ) from error
    return without_dates(buffer.getvalue())


def _clean(value: object) -> object:
    if isinstance(value, str):
        return NOT_XML.sub("", value)
    if isinstance(value, dict):
        return {name: _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list) else value
