"""Policy documents whose time is up (有效期届满) and that readers still find."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from publisher.items.models import Item
from publisher.office import Office
from publisher.queue.models import Action, Delivery, RecallLine
from publisher.queue.states import State


def expired(office: Office, today: date) -> QuerySet[Item]:
    """Items that are out somewhere though they no longer hold, longest first; found by an index of what has a last day.

    Out on a channel is what was published or corrected there with success, and neither removed since nor the matter of
    a recall, which has its own evidence and may end with the decision that it stays.
    """
    removed = Delivery.objects.filter(
        item=OuterRef("item"),
        channel=OuterRef("channel"),
        pk__gt=OuterRef("pk"),
        action=Action.RECALL,
        state=State.DONE,
    )
    asked = RecallLine.objects.filter(
        recall__item=OuterRef("item"), channel=OuterRef("channel"), first__gt=OuterRef("pk")
    )
    out = Delivery.objects.filter(item=OuterRef("pk"), action__in=(Action.PUBLISH, Action.CORRECT), state=State.DONE)
    found = Item.objects.filter(office=office.slug, in_force_until__lt=today)
    return found.filter(Exists(out.filter(~Exists(removed), ~Exists(asked)))).order_by("in_force_until", "pk")


def is_expired(item: Item, today: date) -> bool:
    return item.in_force_until is not None and item.in_force_until < today
