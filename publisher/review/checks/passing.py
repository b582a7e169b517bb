"""Errors the checks found and somebody passed over with a reason: in a decision, or when releasing directly."""

from __future__ import annotations

import json
from typing import Any

from publisher.items.models import Revision
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.review.checks.finding import Finding
from publisher.review.checks.scan import scan
from publisher.review.models import Decision

RELEASES = (Event.RELEASED_DIRECTLY, Event.RELEASED, Event.RELEASED_IN_EMERGENCY)


def new_errors(office: Office, revision: Revision) -> list[Finding]:
    """What the checks find now that keeps a revision from going out, and nobody has given a reason for.

    Raises BadConfiguration, DamagedAsset.
    """
    return [one for one in not_passed_over(office, revision, scan(office, revision)) if one.is_error]


def not_passed_over(office: Office, revision: Revision, found: list[Finding]) -> list[Finding]:
    """Those of the findings of a revision that nobody has given a reason for; asks only where there are errors."""
    passed = _passed_over(office, revision) if any(one.is_error for one in found) else []
    return [one for one in found if not one.is_error or _as_kept(one) not in passed]


def _passed_over(office: Office, revision: Revision) -> list[dict[str, Any]]:
    kept = list(Decision.objects.filter(review__revision=revision).values_list("findings", flat=True))
    about = LogEntry.objects.filter(office=office.slug, item=revision.item_id, revision=revision.number)
    kept += [entry.detail.get("findings", []) for entry in about.filter(event__in=RELEASES)]
    return [found for findings in kept for found in findings]


def _as_kept(error: Finding) -> Any:
    return json.loads(json.dumps(error.json(), default=str))
