"""What pages about an item say of taking it back."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from publisher.items.models import Item
from publisher.queue.models import Recall

register = template.Library()


@register.inclusion_tag("web/recalls/beside.html", takes_context=True)
def recalls_beside(context: Context, item: Item) -> dict[str, Any]:
    """Its recalls, and the ways to another one and to a correction."""
    found = list(Recall.objects.filter(item=item).order_by("-pk"))
    open_ones = [recall for recall in found if recall.closed_at is None]
    return {
        "item": item,
        "recalls": found,
        "is_open": bool(open_ones),
        "may": context.get("may"),
        "is_out": context.get("row") is None or bool(context["row"].deliveries),
    }
