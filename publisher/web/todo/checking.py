"""Things to do about what the checks find in what is out."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.people.roles import Permission
from publisher.review.models import LiveFindings
from publisher.web.rows import Chip
from publisher.web.todo.person import Person
from publisher.web.todo.sources import MOST, Entry, Source
from publisher.wording import sentence


def _with_errors(who: Person) -> QuerySet[LiveFindings]:
    return LiveFindings.objects.filter(office=who.around.office.slug, errors__gt=0)


def errors_out(who: Person) -> list[Entry]:
    """Items that are out with errors nobody has given a reason for: to be corrected or taken back."""
    found = _with_errors(who).order_by("-errors", "-item").only("item", "title", "errors", "looked_at")[:MOST]
    return [
        Entry(
            one.title,
            reverse("item-findings", args=[one.item]),
            Chip("bad", sentence(Text("Errors: {number}", number=one.errors))),
            since=one.looked_at,
        )
        for one in found
    ]


CHECKING = (
    Source(
        "errors-out",
        gettext_lazy("Items that are out with errors the checks found"),
        (Permission.DECIDE_DELIVERIES, Permission.EDIT_ANY_DRAFT),
        errors_out,
        more=lambda _who: reverse("findings"),
    ),
)
