"""A newspaper's column: each item is handed over as one package, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from zoneinfo import ZoneInfo

from channels.base import Article, Capabilities, Channel, Place, Probe, Problem, Product, Receipt, Sighting, Steps
from channels.errors import Text
from channels.issues import IssuePlan, Room
from channels.newspaper.handing.folder import FolderWay
from channels.newspaper.handing.package import Handing, package
from channels.newspaper.handing.way import Way
from channels.newspaper.options import FOLDER, MAIL, SFTP, NewspaperOptions
from channels.newspaper.preview import preview
from channels.newspaper.render import check, gauges, render, shorter, size
from channels.preview import Gauge, OwnField, Preview

MOST_ITEMS = 20
"""In one issue of a column, where the office says nothing else."""


class NewspaperChannel(Channel):
    """One column of one newspaper. Handed over is not printed: the issue is recorded when it has come out."""

    kind = "newspaper"
    Options = NewspaperOptions

    def __init__(self, key: str, options: NewspaperOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self.way = way_of(options, place)

    @property
    def capabilities(self) -> Capabilities:
        takes: frozenset[OwnField] = frozenset({"title", "html"})
        proofs = self.way.proofs
        return Capabilities(
            outcome="handed_over",
            absence_after_s=proofs.absence_after_s,
            look_after_s=proofs.look_after_s,
            correct=True,
            recall=True,
            until_deadline=True,
            notice=True,
            takes=takes,
        )

    @property
    def issues(self) -> IssuePlan:
        options = self.options.issues
        room = Room(options.items or MOST_ITEMS, self.options.capacity_chars, options.pictures)
        return IssuePlan(options, room)

    def size(self, fields: Mapping[str, str]) -> Room:
        return size(fields)

    def render(self, article: Article) -> Product:
        return render(article, self.options, self.place.home)

    def check(self, product: Product) -> list[Problem]:
        return [*check(product, self.options), *self.way.check(product)]

    def preview(self, product: Product, *, at: datetime) -> Preview:
        """The column as it might be set, and the package that is handed over, of which each file is final."""
        at = at.replace(microsecond=0)
        local = at.astimezone(ZoneInfo(self.place.timezone))
        files = package(product, Handing(at.astimezone(UTC).isoformat()))
        return preview(product, files, local, name=self.name, capacity=self.options.capacity_chars)

    def shorter(self, html: str) -> str:
        return shorter(html, self.options)

    def gauges(self, article: Article) -> Sequence[Gauge]:
        return gauges(article, self.options)

    def publish(self, product: Product, steps: Steps) -> Receipt:
        """Hand the package over. Raises as the base says; a second time changes nothing."""
        return self.way.publish(product, steps)

    def find(self, product: Product, steps: Steps) -> Receipt | None:
        """The proof that it was handed over, as far as this way can show it."""
        return self.way.find(product, steps)

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt:
        """Replace what was handed over, as long as the newspaper has not closed its page."""
        return self.way.correct(receipt, product, steps)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Withdraw what was handed over. Raises PersonNeeded: asked for, and only the newspaper can say."""
        return self.way.withdraw(receipt, steps)

    def find_recall(self, receipt: Receipt, steps: Steps) -> Receipt | None:
        return self.way.find_withdrawal(receipt, steps)

    def look(self, receipt: Receipt) -> Sighting:
        return self.way.look(receipt)

    def taking_back(self) -> Text:
        if self.options.deliver.startswith(MAIL):
            return Text("The newspaper is asked by mail to leave it out; a person notes what it answers.")
        return Text("The package is taken out of the newspaper's folder, and a notice there says why.")

    def correcting(self) -> Text:
        if self.options.deliver.startswith(MAIL):
            return Text("A second mail replaces the first one and says so.")
        return Text("The package in the newspaper's folder is replaced, and a notice there says so.")

    def by_hand(self, title: str, url: str) -> Sequence[Text]:  # noqa: ARG002 - a paper has no address
        return (
            Text("Call {name} at once and ask whether “{title}” has gone to print.", name=self.name, title=title),
            Text("If not, have it taken out, move the package away from the folder, then hand in who promised it."),
            Text("If it is printed, submit a correction notice below; it goes into the column's next issue."),
            Text("When the notice has been printed, hand in the issue with its day and a picture of it."),
        )

    def probe(self) -> list[Probe]:
        return self.way.probe()


WAYS = {MAIL: "channels.newspaper.handing.mail:mail_way", SFTP: "channels.newspaper.handing.sftp:sftp_way"}
"""Loaded where they are wanted: most newspapers take a folder."""


def way_of(options: NewspaperOptions, place: Place) -> Way:
    """How the packages of a newspaper get there."""
    for scheme, name in WAYS.items():
        if options.deliver.startswith(scheme):
            module, _, function = name.partition(":")
            way: Way = getattr(import_module(module), function)(options, place)
            return way
    return FolderWay(place.home / options.deliver.removeprefix(FOLDER), place, options.timeout_s)
