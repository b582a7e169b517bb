"""A proof of the item as a PDF, set in columns as the newspaper may set it, with Chinese fonts inside."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from channels.base import ASSET
from channels.markup import place_pictures
from channels.newspaper.fitting import line_cells
from channels.newspaper.piece import Piece

POINTS = 9
"""小五, the size newspapers set in."""

PICTURE = "picture:"

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def proof_file(piece: Piece) -> bytes:
    """The bytes of a .pdf file, the same for the same item on one machine."""
    columns = piece.columns or 2
    body = place_pictures(piece.html, lambda sha256: f"{PICTURE}{sha256}")
    page = _environment.get_template("proof.html").render(
        piece=piece, body=body, columns=columns, points=POINTS, width=line_cells(columns, piece.line) * POINTS
    )
    written: bytes = HTML(string=page, url_fetcher=_Pictures(piece), base_url="about:blank").write_pdf(
        pdf_identifier=piece.key.encode()
    )
    return written


class _Pictures(URLFetcher):  # type: ignore[misc]  # weasyprint has no types
    """Gives the pictures of the item and nothing else: a proof calls nowhere."""

    def __init__(self, piece: Piece) -> None:
        super().__init__()
        self._piece = piece

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - weasyprint's own
        medium = self._piece.pictures.get(url.removeprefix(PICTURE).removeprefix(ASSET))
        if medium is None:
            raise ValueError(f"{url} is no picture of the item")
        return URLFetcherResponse(url, medium.content, {"Content-Type": medium.media_type})
