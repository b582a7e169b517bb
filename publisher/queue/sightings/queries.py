"""Questions about what the looks showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet

from channels.errors import Text
from publisher.office import Office
from publisher.queue.models import LinkedPage, Metric, Sighted
from publisher.queue.sightings import links
from publisher.queue.states import Sight
from publisher.wording import error_sentence, sentence


def not_well(office: str) -> QuerySet[Sighted]:
    """What is gone, altered, or does not work where it is; or could not be looked at for a while. Longest first."""
    return Sighted.objects.filter(office=office, is_well=False).order_by("since", "pk")


def tally(office: Office, channels: list[str]) -> dict[str, Counter[str]]:
    """How many of each channel are in which state; without what was taken back."""
    rows = Sighted.objects.filter(office=office.slug, channel__in=channels).exclude(state=Sight.ENDED)
    counted: dict[str, Counter[str]] = {key: Counter() for key in channels}
    for row in rows.values("channel", "state").annotate(number=Count("pk")):
        counted[row["channel"]][row["state"]] = row["number"]
    return counted


def reasons(row: Sighted) -> list[str]:
    """What is the matter, in words."""
    said = [sentence(Text(one["template"], **one["values"])) for one in row.problems]
    return [*said, error_sentence(row.error)] if row.error else said


def sighted_json(row: Sighted, metrics: dict[str, int]) -> dict[str, Any]:
    """A sighting as the commands show it; ``metrics`` as ``newest_metrics`` has them."""
    return {
        "item": row.item_id,
        "channel": row.channel,
        "delivery": row.delivery_id,
        "state": row.state,
        "since": row.since.isoformat(),
        "looked_at": row.looked_at.isoformat() if row.looked_at else None,
        "problems": reasons(row),
        "metrics": metrics,
    }


def trouble(page: LinkedPage) -> str:
    """What is wrong with a page that something links to, in words; empty where nothing is."""
    return sentence(Text(page.trouble["template"], **page.trouble["values"])) if page.trouble else ""


def links_json(pages: Sequence[LinkedPage]) -> list[dict[str, Any]]:
    """Pages that do not open, with the first item that links to each, and how many publications do."""
    used = links.uses(pages)
    return [
        {
            "address": page.address,
            "since": page.since.isoformat() if page.since else None,
            "problem": trouble(page),
            "publications": used[page.pk][0],
            "item": used[page.pk][1].item_id,
        }
        for page in pages
        if page.pk in used
    ]


def newest_metrics(deliveries: list[int]) -> dict[int, dict[str, int]]:
    """The last value of each metric, by delivery."""
    found: dict[int, dict[str, int]] = {}
    for one in Metric.objects.filter(delivery__in=deliveries).order_by("day"):
        found.setdefault(one.delivery_id, {})[one.name] = one.value
    return found
