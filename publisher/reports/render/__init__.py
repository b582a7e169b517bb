"""Reports as files: the same document gives the same bytes in HTML, Word, Excel and PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from django.utils.module_loading import import_string

from publisher.reports.charting import ChartData
from publisher.reports.document import Document, Picture
from publisher.reports.render.sources import FigureSource, Sources

Form = Literal["html", "docx", "xlsx", "pdf"]

MEDIA_TYPES: dict[Form, str] = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
"""Form, which is also the extension of a file name → media type."""

_WRITERS: dict[Form, str] = {
    "html": "publisher.reports.render.page.page",
    "docx": "publisher.reports.render.word.word_file",
    "xlsx": "publisher.reports.render.excel.workbook",
    "pdf": "publisher.reports.render.paper.paper",
}
"""Loaded when used: a command that writes Word must not wait for the libraries of PDF, which may even be missing."""

__all__ = ["MEDIA_TYPES", "FigureSource", "Form", "Sources", "drawn", "render"]


def render(document: Document, form: Form, sources: Sources) -> bytes:
    """Write ``document`` as a file in which each figure leads to its source.

    Args:
        sources: by the key of the figure; one that is not in it is plain text. Without any there is no annex.
    Raises ConfigurationError: this machine lacks a library or a font the form needs.
    Raises NotRectangular: the spans of a table do not fit together.
    """
    write: Callable[[Document, Sources], bytes] = import_string(_WRITERS[form])
    return write(document, sources)


def drawn(chart: ChartData, *, caption: str, width_mm: float) -> Picture:
    """A chart as a picture for a document. Raises ConfigurationError: this machine has no Chinese font."""
    draw: Callable[..., Picture] = import_string("publisher.reports.render.charts.picture")
    return draw(chart, caption=caption, width_mm=width_mm)
