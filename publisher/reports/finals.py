"""Final reports: questions about what was frozen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from publisher.items.actions import asset_store
from publisher.office import Office
from publisher.reports.models import FinalReport

TEXT, PUBLIC_WORD = "text", "public_docx"
"""Among the files: the plain text, and the Word file for the public, which does not say who entered what."""


class Frozen:
    """A final report read back: its figures and its files, as they were."""

    def __init__(self, report: FinalReport) -> None:
        self.report = report

    @cached_property
    def content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = json.loads(self.report.content)
        return content

    @property
    def numbers(self) -> dict[str, Decimal]:
        """The figures that are numbers, by key."""
        return {key: Decimal(figure["number"]) for key, figure in self._figures.items() if figure.get("number")}

    @property
    def texts(self) -> dict[str, str]:
        """The free texts, filled in, by key."""
        return {key: figure["text"] for key, figure in self._figures.items() if figure["kind"] == "text"}

    @property
    def text(self) -> str:
        """The report as plain HTML, as an item is made from. Raises DamagedAsset."""
        return asset_store().read(self.content["files"][TEXT]).decode()

    @property
    def public_word(self) -> bytes:
        """The Word file for the public. Raises DamagedAsset."""
        return asset_store().read(self.content["files"][PUBLIC_WORD])

    def file(self, form: str) -> bytes | None:
        """The bytes of ``html``, ``docx``, ``xlsx`` or ``pdf``; None: none was made then. Raises DamagedAsset."""
        if form == "html":
            return self.report.html.encode()
        sha256 = self.content["files"].get(form)
        return asset_store().read(sha256) if sha256 else None

    @property
    def _figures(self) -> Mapping[str, Any]:
        return {figure["key"]: figure for figure in self.content["figures"]}


def final(office: Office, year: int, form: str, *, version: int | None = None) -> Frozen | None:
    """A final report, the newest version unless one is asked for; None: there is none."""
    found = FinalReport.objects.filter(office=office.slug, year=year, form=form)
    if version is not None:
        found = found.filter(version=version)
    newest = found.order_by("-version").first()
    return Frozen(newest) if newest else None


def versions(office: Office, year: int, form: str) -> list[FinalReport]:
    """All final versions of a report, oldest first; what they say is read when it is asked for."""
    found = FinalReport.objects.filter(office=office.slug, year=year, form=form).order_by("version")
    return list(found.defer("content", "html"))
