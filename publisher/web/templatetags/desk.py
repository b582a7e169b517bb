"""What templates ask of the office."""

from __future__ import annotations

from datetime import datetime

from django import template

from publisher.office import get_office

register = template.Library()


@register.simple_tag
def office_name() -> str:
    return get_office().name


@register.filter
def minute(moment: datetime) -> str:
    """Local time of the office, e.g. ``2026-11-20 09:05``."""
    return moment.astimezone(get_office().timezone).strftime("%Y-%m-%d %H:%M")
