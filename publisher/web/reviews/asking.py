"""What somebody decided on the form of a review's page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.http import QueryDict

from publisher.review.deciding import Opinion, Remark
from publisher.review.models import Decision
from publisher.web.reviews.text import Piece

REMARK = re.compile(r"^remark-(\d{1,5})$")


def opinion_of(data: QueryDict, pieces: Sequence[Piece]) -> Opinion | None:
    """What was sent, or None where no verdict was among it."""
    verdict = data.get("verdict", "")
    if verdict not in (Decision.Verdict.APPROVE, Decision.Verdict.SEND_BACK, Decision.Verdict.REJECT):
        return None
    step = data.get("step", "")
    return Opinion(
        Decision.Verdict(verdict),
        digest=data.get("digest", ""),
        step=int(step) if step.isdecimal() and len(step) < 4 else 0,
        comment=data.get("comment", ""),
        remarks=remarks_of(data, pieces),
        despite=data.get("despite", ""),
    )


def remarks_of(data: QueryDict, pieces: Sequence[Piece]) -> list[Remark]:
    """The remarks that say something, each with what stands at its place."""
    quotes = {piece.number: piece.quote for piece in pieces}
    found = [(int(place[1]), str(data[name])) for name in data if (place := REMARK.match(name))]
    return [Remark(number, quotes[number], text) for number, text in sorted(found) if text.strip() and number in quotes]
