"""Things to do that come with a last day: documents that no longer hold, tokens that soon open nothing."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.people.models import Token
from publisher.people.roles import Permission
from publisher.people.tokens import expiring
from publisher.queue.expiry import expired
from publisher.web.rows import Chip
from publisher.web.todo.person import Person
from publisher.web.todo.sources import MOST, Entry, Source

SOON = timedelta(days=30)


def no_longer_in_force(who: Person) -> list[Entry]:
    """Each leads to where it is taken back, with the reason filled in."""
    found = expired(who.around.office, who.today).only("title", "in_force_until")[:MOST]
    return [
        Entry(
            one.title,
            f"{reverse('item-recall', args=[one.pk])}?because=expired",
            Chip("bad", _("no longer in force")),
            [_("In force until {day}: take it back, or give it a later day.").format(day=one.in_force_until)],
        )
        for one in found
    ]


def _tokens(who: Person) -> list[Token]:
    return expiring(who.around.office, now=who.around.now, within=SOON)


def tokens(who: Person) -> list[Entry]:
    return [_token(who, token) for token in _tokens(who)[:MOST]]


def _token(who: Person, token: Token) -> Entry:
    local = token.expires_at.astimezone(who.around.office.timezone)
    is_over = token.expires_at <= who.around.now
    chip = Chip("bad", _("expired")) if is_over else Chip("person", _("expires soon"))
    notes = [
        _("Until {time}.").format(time=f"{local:%Y-%m-%d %H:%M}"),
        _("Make a new one, give it to the program that uses it, then revoke this one."),
    ]
    return Entry(token.name, reverse("tokens"), chip, notes)


EXPIRING: tuple[Source, ...] = (
    Source(
        "expired",
        gettext_lazy("Documents that are out though they no longer hold"),
        (Permission.DECIDE_DELIVERIES,),
        no_longer_in_force,
    ),
    Source(
        "tokens",
        gettext_lazy("Access tokens that expire soon"),
        (Permission.MANAGE_TOKENS,),
        tokens,
        more=lambda _who: reverse("tokens"),
    ),
)
