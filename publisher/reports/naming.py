"""What people call the cuts of a count and their values."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.items.models import Disclosure
from publisher.log.events import Event
from publisher.office import Office

CUT_NAMES: Mapping[str, Promise] = {
    "channel": gettext_lazy("Channel"),
    "kind": gettext_lazy("Kind of channel"),
    "class": gettext_lazy("Column class"),
    "column": gettext_lazy("Column"),
    "year": gettext_lazy("Year"),
    "quarter": gettext_lazy("Quarter"),
    "month": gettext_lazy("Month"),
    "day": gettext_lazy("Day"),
    "section": gettext_lazy("Section"),
    "person": gettext_lazy("Person"),
    "origin": gettext_lazy("Own or taken over"),
    "source": gettext_lazy("Source"),
    "disclosure": gettext_lazy("Disclosure"),
    "event": gettext_lazy("Event"),
    "issue": gettext_lazy("Issue"),
    "evidence": gettext_lazy("Evidence"),
}


def value_name(office: Office, cut: str, value: str | int) -> str:
    """A value of a cut as people call it; keys that are no longer known stay as they are."""
    text = str(value)
    match cut:
        case "channel" if text in office.channels:
            return office.channels[text].name
        case "column" if text in office.columns:
            return office.columns[text].name
        case "event" if text in Event.values:
            return str(Event(text).label)
        case "disclosure" if text in Disclosure.values:
            return str(Disclosure(text).label)
        case "origin":
            return _("own") if text == "own" else _("taken over")
        case "source" if not text:
            return _("own")
        case "section" | "person" | "disclosure" if not text:
            return _("not stated")
    return text
