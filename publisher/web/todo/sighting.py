"""Things to do about what the daily looks showed: what is gone, altered, or does not open."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.people.roles import Permission
from publisher.queue.models import LinkedPage, Sighted
from publisher.queue.sightings import links, queries
from publisher.queue.states import Sight
from publisher.web import words
from publisher.web.rows import Chip
from publisher.web.todo.person import Person
from publisher.web.todo.sources import MOST, Entry, Source


def not_well(who: Person) -> list[Entry]:
    found = queries.not_well(who.around.office.slug).select_related("delivery__revision")[:MOST]
    return [_entry(who, row) for row in found]


def dead_links(who: Person) -> list[Entry]:
    """Each page once, however many link to it."""
    found = list(links.bad(who.around.office)[:MOST])
    used = links.uses(found)
    return [_link(who, page, *used[page.pk]) for page in found if page.pk in used]


def _link(who: Person, page: LinkedPage, many: int, first: Sighted) -> Entry:
    notes = [queries.trouble(page), words.channel_name(who.around.office, first.channel)]
    if many > 1:
        notes.append(_("{count} further publications link to it.").format(count=many - 1))
    title = first.delivery.revision.title
    return Entry(title, reverse("item", args=[first.item_id]), Chip("person", _("dead link")), notes, page.since)


def _entry(who: Person, row: Sighted) -> Entry:
    notes = [words.channel_name(who.around.office, row.channel), *queries.reasons(row)]
    chip = Chip("bad" if row.state in (Sight.MISSING, Sight.ALTERED) else "person", str(Sight(row.state).label))
    return Entry(row.delivery.revision.title, reverse("item", args=[row.item_id]), chip, notes, row.since)


SIGHTING: tuple[Source, ...] = (
    Source(
        "not-well",
        gettext_lazy("What is out and is not as it should be"),
        (Permission.DECIDE_DELIVERIES, Permission.EDIT_ANY_DRAFT),
        not_well,
    ),
    Source(
        "dead-links",
        gettext_lazy("Links in what is out that lead nowhere"),
        (Permission.DECIDE_DELIVERIES, Permission.EDIT_ANY_DRAFT),
        dead_links,
    ),
)
