"""The pages of what is out and those it links to: which they are, and once a day whether they open.

Pages of the office's own websites are all asked for. Those of others are asked for politely: each once a day at most,
one of a host at a time, and so many a day; those that were not asked for the longest time come first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urldefrag, urljoin, urlsplit

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from publisher.office import Office
from publisher.queue.models import LinkedPage, LinkUse, Sighted
from publisher.queue.states import Sight
from publisher.review.checks.links import MOST, Asking, Outcome, Reply, addresses, is_below, leads_inside
from publisher.review.checks.passages import passages

DAY = timedelta(days=1)
AT_ONCE = 6
PATIENCE = 3
"""Days in a row on which a page did not answer, or failed, before people are told; one that is gone is told at once."""
RECENTLY = timedelta(days=2)
"""A page that gives no answer is told only where others gave one not longer ago: else it may be our own line."""
LOOKED_THROUGH = 200
"""How many that are due are looked through for different hosts."""


def own_sites(office: Office) -> tuple[str, ...]:
    """Where each of the office's websites begins."""
    begins = (str(getattr(entry.options, "base_url", "")) for entry in office.channels.values())
    return tuple(one for one in begins if one)


def take_up(office: Office, row: Sighted, now: datetime) -> None:
    """Note what a publication links to, in place of what an earlier one of the item did. In a transaction."""
    if row.linked == row.delivery_id:
        return
    found = list(_addresses(office, row))
    own = own_sites(office)
    pages = [
        LinkedPage(office=office.slug, digest=_digest(one), address=one, is_own=is_below(one, own), due_at=now)
        for one in found
    ]
    # In one order, so that two processes with the same addresses wait for each other.
    pages.sort(key=lambda page: page.digest)
    LinkedPage.objects.bulk_create(
        pages, update_conflicts=True, unique_fields=["office", "digest"], update_fields=["is_own"]
    )
    known = LinkedPage.objects.filter(office=office.slug, digest__in=[page.digest for page in pages])
    LinkUse.objects.filter(sighted=row).exclude(page__in=known).delete()
    LinkUse.objects.bulk_create([LinkUse(sighted=row, page=page) for page in known], ignore_conflicts=True)
    row.linked = row.delivery_id
    Sighted.objects.filter(pk=row.pk).update(linked=row.linked)


def _addresses(office: Office, row: Sighted) -> Iterator[str]:
    """Absolute addresses, without the place in the page, each once."""
    content = json.loads(row.delivery.product.canonical)
    own = own_sites(office)
    # The page itself too, where readers find it: the channel may have looked into its folder only.
    page = [row.delivery.url] if is_below(row.delivery.url, own) else []
    named = [*page, *addresses(passages(content["body"])), content["fields"].get("source_url", "")]
    found = dict.fromkeys(address for one in named if (address := _absolute(one, row.delivery.url)))
    yield from [one for one in found if is_below(one, own) or not leads_inside(one)][:MOST]


def _absolute(address: str, page: str) -> str:
    """Empty where it leads to no page: mail, a place in this page, a file that is named by its content."""
    try:
        whole = urldefrag(urljoin(page, address)).url
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return whole if address and parts.scheme in {"http", "https"} and parts.hostname else ""


def ask(office: Office, *, now: datetime, most: int) -> int:
    """Ask for some of the pages that are due; returns for how many. What another process asks for is left to it."""
    pages = [page for page in _chosen(office, now, most) if _claim(page, now)]
    asking = Asking(own=own_sites(office))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for page, reply in zip(pages, pool.map(lambda page: asking.reply(page.address), pages), strict=True):
            _note(page, reply, now)
            _judge(office, page, reply, now)
            page.save(update_fields=["answered_at", "since", "failures", "trouble", "is_bad"])
    return len(pages)


def _chosen(office: Office, now: datetime, most: int) -> Iterator[LinkedPage]:
    due = _in_use(office).filter(due_at__lte=now).order_by("due_at", "pk")
    yield from due.filter(is_own=True)[:most]
    room = min(most, _room(office, now))
    if room > 0:
        others = list(due.filter(is_own=False)[:LOOKED_THROUGH])
        hosts = {urlsplit(page.address).netloc: page for page in reversed(others)}
        yield from sorted(hosts.values(), key=lambda page: (page.due_at, page.pk))[:room]


def _in_use(office: Office) -> QuerySet[LinkedPage]:
    """Pages that something links to that is still out."""
    used = LinkUse.objects.filter(page=OuterRef("pk")).exclude(sighted__state=Sight.ENDED)
    return LinkedPage.objects.filter(Exists(used), office=office.slug)


def put_off(office: Office, now: datetime) -> None:
    """Let pages that nothing links to any more not stand before those that are to be asked for."""
    used = _in_use(office).filter(pk=OuterRef("pk"))
    LinkedPage.objects.filter(~Exists(used), office=office.slug, due_at__lte=now).update(due_at=now + DAY)


def _room(office: Office, now: datetime) -> int:
    """How many pages of others may still be asked for today."""
    if not office.looks.links:
        return 0
    today = now.astimezone(office.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = LinkedPage.objects.filter(office=office.slug, is_own=False, asked_at__gte=today)
    return office.looks.links_per_day - asked.count()


def _claim(page: LinkedPage, now: datetime) -> bool:
    """Before it is asked for: whoever is killed meanwhile has asked for it today."""
    mine = LinkedPage.objects.filter(pk=page.pk, due_at=page.due_at).update(due_at=now + DAY, asked_at=now)
    return mine == 1


def _note(page: LinkedPage, reply: Reply, now: datetime) -> None:
    if reply.outcome not in {Outcome.SILENT, Outcome.INSIDE}:
        page.answered_at = now
    # What has an address inside for us, a public one may have for others: nothing is said of it.
    if reply.text is None or reply.outcome is Outcome.INSIDE:
        page.since, page.failures, page.trouble = None, 0, None
        return
    page.since = page.since or now
    page.failures += 1
    page.trouble = {"template": reply.text.template, "values": reply.text.values}


def _judge(office: Office, page: LinkedPage, reply: Reply, now: datetime) -> None:
    is_certain = page.is_bad or reply.outcome is Outcome.GONE or page.failures >= PATIENCE
    page.is_bad = page.trouble is not None and is_certain
    if page.is_bad and reply.outcome is Outcome.SILENT:
        alike = LinkedPage.objects.filter(office=office.slug, is_own=page.is_own, answered_at__gte=now - RECENTLY)
        page.is_bad = alike.exclude(pk=page.pk).exists()


def bad(office: Office) -> QuerySet[LinkedPage]:
    """The pages of which people are told, those first that have been so for the longest time."""
    return _in_use(office).filter(is_bad=True).order_by("since", "pk")


def uses(pages: Iterable[LinkedPage]) -> dict[int, tuple[int, Sighted]]:
    """How many publications link to each of these pages, and the first of them."""
    found = LinkUse.objects.filter(page__in=list(pages)).exclude(sighted__state=Sight.ENDED).values("page")
    counted = {
        row["page"]: (row["many"], row["first"]) for row in found.annotate(many=Count("pk"), first=Min("sighted"))
    }
    rows = Sighted.objects.select_related("delivery__revision").in_bulk([first for _many, first in counted.values()])
    return {page: (many, rows[first]) for page, (many, first) in counted.items()}


def bad_of(rows: Iterable[Sighted]) -> dict[int, list[LinkedPage]]:
    """The same for each of these sightings."""
    found: dict[int, list[LinkedPage]] = {}
    uses = LinkUse.objects.filter(sighted__in=list(rows), page__is_bad=True).exclude(sighted__state=Sight.ENDED)
    for use in uses.select_related("page").order_by("pk"):
        found.setdefault(use.sighted_id, []).append(use.page)
    return found


def is_out_of_reach(office: Office, now: datetime) -> bool:
    """Whether no page of others has given an answer lately, though several were asked for more than once."""
    others = LinkedPage.objects.filter(office=office.slug, is_own=False)
    tried = others.filter(failures__gte=PATIENCE, asked_at__gte=now - RECENTLY)
    return tried[:PATIENCE].count() == PATIENCE and not others.filter(answered_at__gte=now - RECENTLY).exists()


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
